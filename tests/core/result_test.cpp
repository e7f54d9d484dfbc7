#include "result.hpp"

#include "catch.hpp"
#include "messages.hpp"

using namespace plimsoll;

namespace {

Result<int> half(int number) {
  if (number % 2 != 0) return make_error(Say::width_not_even, "number", {"odd", "2"});
  return number / 2;
}

Result<int> quarter(int number) {
  PLIMSOLL_TRY(const int once, half(number));
  PLIMSOLL_TRY(const int twice, half(once));
  return twice;
}

}  // namespace

TEST_CASE("a result holds a value or an error", "[result]") {
  CHECK(half(4).ok());
  CHECK(half(4).value() == 2);
  CHECK_FALSE(half(3).ok());
  CHECK(half(3).error().code == ErrorCode::does_not_divide);
}

TEST_CASE("the first error of a chain is the one that comes back", "[result]") {
  REQUIRE(quarter(8).ok());
  CHECK(quarter(8).value() == 2);
  CHECK_FALSE(quarter(6).ok());
  CHECK(quarter(6).error().where == "number");
}
