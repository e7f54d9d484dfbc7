#pragma once
/// What must hold of every report: nothing is lost or counted twice between a leaf and the total.

#include "formula_reader.hpp"
#include "session.hpp"

namespace plimsoll::test {

/// A leaf is what its formula says, a sum its children added (nothing at a moment when nothing comes and goes), a peak its largest child.
inline void check_node(const Term& term) {
  INFO(term.id);
  if (term.combine == Combine::leaf) {
    CHECK(term.children.empty());
    REQUIRE(term.formula.has_value());
    INFO(term.formula->text);
    CHECK(FormulaReader(*term.formula).value() == term.bytes);
    CHECK_FALSE(term.formula->source.empty());
    CHECK(term.formula->low.value_or(term.bytes) <= term.bytes);
    CHECK(term.formula->high.value_or(term.bytes) >= term.bytes);
    return;
  }
  CHECK_FALSE(term.formula.has_value());
  u64 sum = 0;
  u64 largest = 0;
  for (const Term& child : term.children) {
    check_node(child);
    sum += child.bytes;
    largest = child.bytes > largest ? child.bytes : largest;
  }
  CHECK(term.bytes == (term.combine == Combine::peak ? largest : sum));
}

/// Totals, segments, bases and ranks of a report agree with its tree.
inline void check_totals(const Report& report) {
  CHECK(report.needed_bytes > 0);
  CHECK(report.tree.id == "needed");
  CHECK(report.tree.bytes == report.needed_bytes);
  check_node(report.tree);
  u64 segments = 0;
  for (const Segment& segment : report.segments) segments += segment.bytes;
  CHECK(segments == report.needed_bytes);
  const ByBasis& sure = report.by_basis;
  CHECK(sure.exact + sure.documented + sure.measured + sure.assumed == report.needed_bytes);
  CHECK(report.needed_low_bytes <= report.needed_bytes);
  CHECK(report.needed_high_bytes >= report.needed_bytes);
  u64 most = 0;
  u64 ranks = 0;
  for (const RankNeed& rank : report.ranks) {
    most = rank.needed_bytes > most ? rank.needed_bytes : most;
    ranks += rank.count;
  }
  CHECK(most == report.needed_bytes);
  CHECK(ranks == report.request.parallel.tensor_parallel_size);
}

/// A request's report agrees with itself and with the quick total.
inline void check_report(const Ask& asked) {
  const Report report = asked.report();
  check_totals(report);
  CHECK(asked.needed() == report.needed_bytes);
}

}  // namespace plimsoll::test
