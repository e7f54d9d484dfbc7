#include "hardware/fit.hpp"

#include "catch.hpp"

using namespace plimsoll;

TEST_CASE("up to 900 thousandths it fits, above it is tight", "[fit]") {
  CHECK(verdict_of(900, 1000).outcome == Outcome::fits);
  CHECK(verdict_of(901, 1000).outcome == Outcome::tight);
  CHECK(verdict_of(9000, 10000).outcome == Outcome::fits);
  CHECK(verdict_of(9001, 10000).outcome == Outcome::tight);  // a part of a thousandth counts as a whole one
  CHECK(verdict_of(9001, 10000).used_permille == 901);
}

TEST_CASE("exactly all of it still fits, tightly, and one byte more does not", "[fit]") {
  const Verdict full = verdict_of(1000, 1000);
  CHECK(full.outcome == Outcome::tight);
  CHECK(full.headroom_bytes == 0);
  CHECK(full.used_permille == 1000);
  const Verdict over = verdict_of(1001, 1000);
  CHECK(over.outcome == Outcome::does_not_fit);
  CHECK(over.headroom_bytes == -1);
  CHECK(over.used_permille == 1001);
}

TEST_CASE("a real size keeps every byte", "[fit]") {
  const u64 usable = 24'210ULL << 20;
  CHECK(verdict_of(usable, usable).outcome == Outcome::tight);
  CHECK(verdict_of(usable + 1, usable).outcome == Outcome::does_not_fit);
  CHECK(verdict_of(usable / 10 * 9, usable).outcome == Outcome::fits);
  CHECK(verdict_of(usable - 5, usable).headroom_bytes == 5);
  CHECK(verdict_of(usable, usable).usable_bytes == usable);
  CHECK(verdict_of(usable, usable).needed_bytes == usable);
}

TEST_CASE("nothing needed fits, and nothing usable carries nothing", "[fit]") {
  CHECK(verdict_of(0, 1000).outcome == Outcome::fits);
  CHECK(verdict_of(0, 1000).used_permille == 0);
  CHECK(verdict_of(1, 0).outcome == Outcome::does_not_fit);
}
