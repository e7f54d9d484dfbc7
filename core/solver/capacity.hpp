#pragma once
/// Inverse questions: the longest context and the most sequences that a device carries. Owns no formula: it searches the estimate.

#include "estimate.hpp"

namespace plimsoll {

/// Largest value for which the fullest rank stays within the plan's device, found by bisection: what a pass needs never
/// shrinks when tokens or sequences are added (tests/core/properties_test.cpp).
///
/// Assumes  the plan has a device; the other settings stay as they are
/// Tested   tests/core/capacity_test.cpp: the answer fits, one more does not
Capacity capacity_of(const Plan& plan);
Answer longest_context(const Plan& plan);
Answer most_sequences_of(const Plan& plan);

}  // namespace plimsoll
