#include "units.hpp"

#include "catch.hpp"

using namespace plimsoll;

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
