#include "report/term.hpp"

#include "catch.hpp"

using namespace plimsoll;

namespace {

constexpr Formula amount{"m"};

Values bytes(u64 value) {
  Values v;
  v[Symbol::m] = value;
  return v;
}

/// A sum of one leaf of each basis and a peak of two.
Term example() {
  TermTree tree(true);
  tree.open("root", Combine::sum);
  tree.leaf("exact", amount, bytes(1), {.source = "s"});
  tree.leaf("documented", amount, bytes(10), {.source = "s", .basis = Basis::documented});
  tree.leaf("measured", amount, bytes(100), {.source = "s", .basis = Basis::measured, .low = 60, .high = 150});
  tree.open("peak", Combine::peak);
  tree.leaf("low", amount, bytes(500), {.source = "s", .basis = Basis::documented});
  tree.leaf("high", amount, bytes(1000), {.source = "s", .basis = Basis::assumed, .low = 900, .high = 1300});
  tree.close();
  tree.close();
  return tree.take();
}

}  // namespace

TEST_CASE("bytes are counted by how sure they are, and of a peak only its largest part", "[term]") {
  ByBasis sums;
  add_by_basis(example(), sums);
  CHECK(sums.exact == 1);
  CHECK(sums.documented == 10);
  CHECK(sums.measured == 100);
  CHECK(sums.assumed == 1000);
}

TEST_CASE("the spread takes every measured leaf at either end", "[term]") {
  const Term root = example();
  CHECK(root.bytes == 1111);
  CHECK(spread_of(root).low == 1 + 10 + 60 + 900);
  CHECK(spread_of(root).high == 1 + 10 + 150 + 1300);
}

TEST_CASE("a leaf keeps its formula, the values of its symbols and its label", "[term]") {
  static constexpr Formula rows{"L * rows * cols + L"};
  Values v;
  v[Symbol::L] = 2;
  v[Symbol::rows] = 3;
  v[Symbol::cols] = 4;
  TermTree tree(true);
  tree.open("root", Combine::sum, "the whole");
  CHECK(tree.leaf("leaf", rows, v, {.source = "source", .label = "a.*.weight"}) == 26);
  tree.close();
  const Term root = tree.take();
  CHECK(root.label == "the whole");
  const Term& leaf = root.children.at(0);
  CHECK(leaf.label == "a.*.weight");
  REQUIRE(leaf.formula.has_value());
  CHECK(leaf.formula->text == "L * rows * cols + L");
  CHECK(leaf.formula->source == "source");
  CHECK(leaf.formula->basis == Basis::exact);
  REQUIRE(leaf.formula->inputs.size() == 3);
  CHECK(leaf.formula->inputs[0].symbol == "L");
  CHECK(leaf.formula->inputs[0].name == "layers");
  CHECK(leaf.formula->inputs[2].value == 4);
}

TEST_CASE("an overflow of one leaf or of their sum is an overflow of the tree", "[term]") {
  for (const bool explain : {true, false}) {
    TermTree leaf(explain);
    leaf.open("root", Combine::sum);
    static constexpr Formula square{"m * m"};
    leaf.leaf("huge", square, bytes(1ULL << 40), {});
    leaf.close();
    CHECK(leaf.overflowed());
    TermTree sum(explain);
    sum.open("root", Combine::sum);
    sum.leaf("half", amount, bytes(1ULL << 63), {});
    sum.leaf("half", amount, bytes(1ULL << 63), {});
    sum.close();
    CHECK(sum.overflowed());
    TermTree peak(explain);
    peak.open("root", Combine::peak);
    peak.leaf("half", amount, bytes(1ULL << 63), {});
    peak.leaf("half", amount, bytes(1ULL << 63), {});
    CHECK(peak.close() == 1ULL << 63);
    CHECK_FALSE(peak.overflowed());
  }
}
