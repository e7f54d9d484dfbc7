#include "units.hpp"

#include <type_traits>

#include "catch.hpp"

using namespace plimsoll;

namespace {

template <class A, class B>
concept Addable = requires(A a, B b) { a + b; };

}  // namespace

static_assert(!std::is_convertible_v<Bytes, Tokens> && !Addable<Bytes, Tokens>, "bytes and tokens do not mix");
static_assert(!Addable<Bytes, int>, "a bare number is not a number of bytes");
static_assert(1_KiB == Bytes{1024} && 1_MiB == Bytes{1'048'576} && 1_GiB == Bytes{1'073'741'824} && 1_GB == Bytes{1'000'000'000});

TEST_CASE("a decimal gigabyte is smaller than a binary one", "[units]") {
  CHECK(24_GB < (24_GiB));
  CHECK(80_GiB > (80_GB));
}

TEST_CASE("a sum above 2^64 is remembered, also through later steps", "[units]") {
  const Checked most = ~0ULL;
  CHECK_FALSE((most + 0).overflowed);
  CHECK((most + 1).overflowed);
  CHECK(((most + 1) * 0).overflowed);
  CHECK((Checked{1} + (most + 1)).overflowed);
  CHECK(ceil_div(most + 1, 2).overflowed);
}

TEST_CASE("a product above 2^64 is an overflow and the largest product below it is not", "[units]") {
  const Checked half = 1ULL << 32;
  CHECK((half * half).overflowed);
  CHECK_FALSE((half * Checked{(1ULL << 32) - 1}).overflowed);
  CHECK((half * Checked{(1ULL << 32) - 1}).value == 0xFFFFFFFF00000000ULL);
}

TEST_CASE("a size below zero is an overflow", "[units]") {
  CHECK((Checked{3} - 4).overflowed);
  CHECK_FALSE((Checked{4} - 4).overflowed);
  CHECK((Checked{4} - 4).value == 0);
}

TEST_CASE("ceil_div rounds up, division rounds down, neither divides by zero", "[units]") {
  CHECK(ceil_div(0, 8).value == 0);
  CHECK(ceil_div(1, 8).value == 1);
  CHECK(ceil_div(8, 8).value == 1);
  CHECK(ceil_div(9, 8).value == 2);
  CHECK(ceil_div(~0ULL, 2).value == 1ULL << 63);
  CHECK((Checked{9} / 8).value == 1);
  CHECK(ceil_div(1, 0).overflowed);
  CHECK((Checked{1} / 0).overflowed);
}
