#pragma once
/// The whole answer to a request: estimate, verdict, capacity, advice, rules of thumb.

#include "plan.hpp"

namespace plimsoll {

/// Errors  overflow; those of make_plan come earlier
Result<Report> make_report(const Plan& plan);

/// The parts of the stacked bar: what stands through all moments, the parts of the highest one, overhead; in the order of the tree.
std::vector<Segment> segments_of(const Term& tree, std::string_view worst_moment);

/// Needed bytes only: microseconds.
Result<Totals> make_totals(const Plan& plan);

}  // namespace plimsoll
