#pragma once
/// Every rule of thumb beside what a plan really takes.

#include "estimate.hpp"
#include "rules/thumb.hpp"

namespace plimsoll {

/// What the comparisons of one plan share.
struct RuleCase {
  const Plan& plan;
  const RankEstimate& estimate;  ///< explained
  Thumb thumb;
  u64 exact_count = 0;
  u64 count = 0;  ///< the parameters that a rule multiplies: of the name, where the model has one

  /// What the name's count adds to the exact one, at so many bytes each.
  [[nodiscard]] i64 nominal_bytes(u64 bytes_each) const { return (static_cast<i64>(exact_count) - static_cast<i64>(count)) * static_cast<i64>(bytes_each); }
};

/// Rules R1 to R6, the techniques O3 and O4 and the tools U1, U3 and U4 for the model of a plan: what the rule gives, the exact bytes of the
/// same thing, and the reasons why they differ. A rule that does not speak of the case says so and compares nothing.
///
/// Assumes  one rank, else the weights are not compared: a rule speaks of the whole model
/// Source   intro-article
/// Tested   tests/core/thumb_test.cpp, tests/core/training_rules_test.cpp, tests/cases/rules_of_thumb.json
std::vector<RuleComparison> compare_rules(const Plan& plan, const RankEstimate& estimate);

/// R2 to R5 and U3 of a training step.
///
/// Formula  R2: weights + master weights + states, with gradients where they are there, as a range; R3: allocated at the highest moment;
///          R4: (activations + loss) / all that is allocated at the end of the forward pass; R5: needed without weights, master weights,
///          states, gradients and activations; U3: what the device shows beside what was allocated
/// Tested   tests/core/training_rules_test.cpp
void compare_training_rules(const RuleCase& asked, std::vector<RuleComparison>& out);

/// O3 and O4 of a training step: the same step planned with and without the technique.
///
/// Units    bytes; the layers' share counts what they keep between forward and backward
/// Tested   tests/core/training_rules_test.cpp
void compare_techniques(const RuleCase& asked, std::vector<RuleComparison>& out);

}  // namespace plimsoll
