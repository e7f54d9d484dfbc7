#pragma once
/// Choices of a training step that stand on their own. Each writes what it decided back into the request.

#include <optional>

#include "result.hpp"
#include "training/training_plan.hpp"

namespace plimsoll {

/// Frozen parts of a trained base, and whether a gradient is asked for what comes out of its embeddings.
///
/// Errors  those of frozen_parts; unsupported_combination where the reentrant checkpoint would give no layer a gradient
/// Tested  tests/core/frozen_test.cpp
std::optional<Error> decide_frozen(const Plan& plan, TrainingPlan& decided, TrainingWorkload& asked);

/// What is trained for, what stands beside the model for it, and how much of a sequence was generated.
///
/// Assumes  a reference is the model as it was loaded, or with adapters the base without them; grpo without a reference, as beta is 0; the
///          forward pass of a reference or a teacher is lower than the loss after it; ppo's reward and value model are the reward_model, or the
///          model itself, with a head of one output, in the recipe's type; the value model is trained whole beside adapters too, recomputes nothing
///          (PolicyAndValueWrapper turns that on for the policy alone), and nothing is clipped; modules of dropout drop nothing
/// Errors   unsupported_combination for kernels that compute the loss themselves, packing, a teacher or a reward model of another vocabulary, and
///          of ppo steps in backward and master weights;
///          out_of_range for a completion longer than its sequence; those of load_model
/// Source   trl-dpo, trl-grpo, trl-ppo, trl-gkd
/// Tested   tests/core/objective_test.cpp
std::optional<Error> decide_objective(Plan& plan, TrainingPlan& decided, TrainingWorkload& asked);

/// Packed rows.
///
/// Errors  unsupported_combination for attention other than flash_attention_2: it needs a mask of all tokens against all
/// Tested  tests/core/step_choices_test.cpp
std::optional<Error> decide_packing(TrainingPlan& decided, TrainingWorkload& asked);

/// When gradients are clipped, and when parameters are stepped.
///
/// Errors  unsupported_combination for steps in backward with gradient accumulation, or with gradients that stay
/// Source  torchtune-full-8b
/// Tested  tests/core/step_choices_test.cpp
std::optional<Error> decide_step(TrainingPlan& decided, TrainingWorkload& asked);

}  // namespace plimsoll
