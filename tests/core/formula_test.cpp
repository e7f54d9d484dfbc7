#include "report/formula.hpp"

#include "catch.hpp"
#include "report/term.hpp"

using namespace plimsoll;

namespace {

Values with(Symbol symbol, u64 value) {
  Values v;
  v[symbol] = value;
  return v;
}

}  // namespace

TEST_CASE("a formula computes what its text says", "[formula]") {
  Values v = with(Symbol::L, 32);
  v[Symbol::n_kv] = 8;
  v[Symbol::d_head] = 128;
  static constexpr Formula cache{"2 * L * n_kv * d_head"};
  CHECK(cache.evaluate(v).value == 65536);
  CHECK(cache.text() == "2 * L * n_kv * d_head");
}

TEST_CASE("products bind tighter than sums, and parentheses tighter still", "[formula]") {
  Values v = with(Symbol::L, 2);
  v[Symbol::h] = 3;
  static constexpr Formula plain{"L + h * L"};
  static constexpr Formula grouped{"(L + h) * L"};
  CHECK(plain.evaluate(v).value == 8);
  CHECK(grouped.evaluate(v).value == 10);
}

TEST_CASE("division rounds down and ceil_div up", "[formula]") {
  const Values v = with(Symbol::L, 7);
  static constexpr Formula down{"L / 2"};
  static constexpr Formula up{"ceil_div(L, 2)"};
  static constexpr Formula least{"min(L, 5) + max(L, 5)"};
  CHECK(down.evaluate(v).value == 3);
  CHECK(up.evaluate(v).value == 4);
  CHECK(least.evaluate(v).value == 12);
}

TEST_CASE("a result above 2^64, below zero or divided by nothing is an overflow, not a wrong number", "[formula]") {
  static constexpr Formula square{"h * h"};
  static constexpr Formula below{"L - h"};
  static constexpr Formula by_zero{"h / L"};
  CHECK(square.evaluate(with(Symbol::h, 1ULL << 40)).overflowed);
  CHECK(below.evaluate(with(Symbol::h, 1)).overflowed);
  CHECK(by_zero.evaluate(with(Symbol::h, 1)).overflowed);
  CHECK_FALSE(square.evaluate(with(Symbol::h, 1ULL << 31)).overflowed);
}

TEST_CASE("a sum node is its children added and a peak node its largest child", "[term]") {
  static constexpr Formula one{"L"};
  TermTree tree(true);
  tree.open("root", Combine::sum);
  tree.open("peak", Combine::peak);
  tree.leaf("small", one, with(Symbol::L, 3), {});
  tree.leaf("large", one, with(Symbol::L, 5), {});
  CHECK(tree.close() == 5);
  tree.leaf("rest", one, with(Symbol::L, 10), {});
  CHECK(tree.close() == 15);
  const Term root = tree.take();
  REQUIRE(root.children.size() == 2);
  CHECK(root.children[0].children.size() == 2);
  CHECK(root.children[1].formula->inputs.at(0).value == 10);
}

TEST_CASE("a tree without explanation gives the same totals", "[term]") {
  static constexpr Formula one{"L"};
  TermTree tree(false);
  tree.open("root", Combine::sum);
  tree.open("peak", Combine::peak);
  tree.leaf("small", one, with(Symbol::L, 3), {});
  tree.leaf("large", one, with(Symbol::L, 5), {});
  tree.close();
  CHECK(tree.close() == 5);
  CHECK(tree.take().children.empty());
}
