#pragma once
/// The whole answer to a request: estimate, verdict, capacity, advice, rules of thumb.

#include "plan.hpp"

namespace plimsoll {

/// Errors  overflow; those of make_plan come earlier
Result<Report> make_report(const Plan& plan);

/// Needed bytes only: microseconds.
Result<Totals> make_totals(const Plan& plan);

}  // namespace plimsoll
