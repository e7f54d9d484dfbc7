#pragma once
/// What is decided about training.

#include <memory>
#include <optional>

#include "model/load_model.hpp"
#include "result.hpp"
#include "storage/precision_plan.hpp"
#include "training/optimizer_states.hpp"
#include "training/precision.hpp"
#include "training/training_pass.hpp"
#include "training/training_request.hpp"

namespace plimsoll {

struct Plan;

struct TrainingPlan {
  TrainingMethod method{};
  const PrecisionRecipe* recipe = nullptr;
  TrainingPass pass;
  OptimizerSetup optimizer;
  std::shared_ptr<const LoadedModel> other;  ///< stands beside the trained model: a reference, a teacher
  std::shared_ptr<const LoadedModel> scorer;  ///< ppo's reward model and its value model, which are of one kind
  PrecisionPlan scorer_formats{};             ///< the recipe's, also beside a quantised base
  bool clips = false;         ///< gradients by their norm
  bool steps_in_backward = false;
  bool accumulates = false;  ///< gradients of earlier micro batches are there when a step's last one starts

  /// Bytes of an element: of a trained weight, of its gradient, of what the optimizer steps.
  u32 weight_bytes = 2, gradient_bytes = 2, stepped_bytes = 2;
};

/// Fills what the request leaves out from the stack's defaults, then the library's: the recipe is needed before weights have formats.
///
/// Errors  unknown_id for a stack or a recipe
std::optional<Error> fill_training_defaults(Plan& plan, TrainingWorkload& asked);

/// Decides recipe, optimizer, lengths and what the pass does, and writes the decisions back into the request.
///
/// Errors  out_of_range, unknown_id, missing_field, unsupported_combination
/// Tested  tests/core/training_plan_test.cpp
std::optional<Error> decide_training(Plan& plan, TrainingWorkload& asked);

}  // namespace plimsoll
