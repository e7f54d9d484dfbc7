#include "report/ledger.hpp"

#include "catch.hpp"

using namespace plimsoll;

namespace {

constexpr LedgerItem rows_item{"test.rows", Formula("m"), "test", 0};
constexpr LedgerItem other_account{"test.other", Formula("m"), "test", 1};

Values bytes(u64 value) {
  Values v;
  v[Symbol::m] = value;
  return v;
}

}  // namespace

TEST_CASE("the peak is the highest sum of what is held together", "[ledger]") {
  Ledger ledger(false);
  {
    const Hold first = ledger.hold(rows_item, bytes(10));
    ledger.spike(rows_item, bytes(7));
    const Hold second = ledger.hold(rows_item, bytes(5));
    CHECK(ledger.peak_bytes() == 17);
  }
  const Hold third = ledger.hold(rows_item, bytes(16));
  CHECK(ledger.peak_bytes() == 17);
}

TEST_CASE("assigning holds the new storage beside the old one, as x = f(x) does", "[ledger]") {
  Ledger ledger(false);
  Hold x = ledger.hold(rows_item, bytes(10));
  x = ledger.hold(rows_item, bytes(4));
  CHECK(ledger.peak_bytes() == 14);
  x = ledger.hold(rows_item, bytes(9));
  CHECK(ledger.peak_bytes() == 14);
}

TEST_CASE("a moved hold drops once", "[ledger]") {
  Ledger ledger(false);
  Hold a = ledger.hold(rows_item, bytes(10));
  Hold b = std::move(a);
  b.drop();
  b.drop();
  const Hold c = ledger.hold(rows_item, bytes(3));
  CHECK(c.holds());
  CHECK(!b.holds());
  CHECK(ledger.peak_bytes() == 10);
}

TEST_CASE("accounts and lines are those of the peak", "[ledger]") {
  Ledger ledger(true);
  Hold a = ledger.hold(rows_item, bytes(10));
  {
    const Hold b = ledger.hold(other_account, bytes(6));
    const Hold nothing = ledger.hold(rows_item, bytes(0));
  }
  const Hold c = ledger.hold(rows_item, bytes(1));
  CHECK(ledger.peak_of(0) == 10);
  CHECK(ledger.peak_of(1) == 6);
  REQUIRE(ledger.lines_at_peak().size() == 2);
  CHECK(ledger.lines_at_peak()[0].item == &rows_item);
  CHECK(ledger.lines_at_peak()[1].bytes == 6);
}

TEST_CASE("an overflow stays known", "[ledger]") {
  Ledger ledger(false);
  const Hold a = ledger.hold(rows_item, bytes(~0ULL));
  CHECK(!ledger.overflowed());
  ledger.spike(rows_item, bytes(2));
  CHECK(ledger.overflowed());
}
