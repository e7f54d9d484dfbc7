// Trainer and TRL's arguments; register_optim_in_bwd_hooks of torchtune.
#include "training/step_choices.hpp"

#include <algorithm>

#include "messages.hpp"
#include "plan.hpp"
#include "training/frozen.hpp"

namespace plimsoll {
namespace {

constexpr u64 usual_completion = 512, usual_response = 53;  // max_completion_length of TRL's GRPOConfig, response_length of its PPOConfig

/// Another model, or the same one again.
std::optional<Error> decide_teacher(Plan& plan, TrainingPlan& decided, const TrainingWorkload& asked) {
  const std::string where = "request.workload.teacher";
  decided.other = plan.model;
  if (asked.teacher) {
    auto teacher = load_model(*asked.teacher, *plan.catalog);
    if (!teacher.ok()) return teacher.error();
    decided.other = std::move(teacher.value());
    if (decided.other->spec.vocab_size != plan.model->spec.vocab_size)
      return make_error(Say::teacher_vocabulary, where, {digits(decided.other->spec.vocab_size), digits(plan.model->spec.vocab_size)});
  }
  plan.notices.push_back(make_notice(Say::teacher_type_assumed, where, {decided.recipe->weights}));
  return std::nullopt;
}

/// The kind of AutoModelForSequenceClassification with one label: the head gives each token a number, and is nobody's embedding.
std::shared_ptr<const LoadedModel> scoring(const LoadedModel& base) {
  auto model = std::make_shared<LoadedModel>(base);
  model->spec.head_name = "score";
  model->spec.head_outputs = 1;
  model->spec.head_bias = model->spec.tie_word_embeddings = false;
  model->inventory = inventory_of(model->spec);
  model->stored.reset();
  return model;
}

/// A reference unless adapters can be turned off, and two models that score.
std::optional<Error> decide_ppo(Plan& plan, TrainingPlan& decided, TrainingWorkload& asked) {
  const std::string where = "request.workload.reward_model";
  if (asked.optimizer_in_backward.value_or(false)) return make_error(Say::objective_refuses, "request.workload.objective", {"ppo", "optimizer_in_backward"});
  if (decided.recipe->gradients_stay || !decided.recipe->master_weights.empty())
    return make_error(Say::objective_refuses, "request.workload.objective", {"ppo", "precision " + std::string(decided.recipe->id)});
  std::shared_ptr<const LoadedModel> base = plan.model;
  if (asked.reward_model) {
    PLIMSOLL_TRY(base, load_model(*asked.reward_model, *plan.catalog));
    if (base->spec.vocab_size != plan.model->spec.vocab_size)
      return make_error(Say::reward_vocabulary, where, {digits(base->spec.vocab_size), digits(plan.model->spec.vocab_size)});
  }
  decided.scorer = scoring(*base);
  PLIMSOLL_TRY(const QuantizationRecipe* recipe, plan.catalog->quantization(decided.recipe->weights, where));
  PLIMSOLL_TRY(decided.scorer_formats, precision_plan(*recipe, decided.recipe->weights, *plan.catalog, where));
  if (!decided.pass.lora) decided.other = plan.model;
  if (decided.pass.lora) decided.pass.lora->dropout = false;  // disable_dropout_in_model
  asked.gradient_clipping = false;                            // PPOTrainer.train never clips
  plan.notices.push_back(make_notice(Say::value_model_assumed, where, {decided.recipe->weights}));
  return std::nullopt;
}

/// Tokens that were generated.
std::optional<Error> decide_completion(Plan& plan, TrainingPlan& decided, TrainingWorkload& asked) {
  TrainingPass& pass = decided.pass;
  const u64 most = std::max<u64>(pass.sequence_length, 2) - 1;
  if (!asked.max_completion_length) asked.max_completion_length = std::min(pass.ppo() ? usual_response : usual_completion, most);
  if (*asked.max_completion_length > most) return make_error(Say::above_most, "request.workload.max_completion_length", {digits(*asked.max_completion_length), digits(most)});
  pass.completion_length = *asked.max_completion_length;
  plan.notices.push_back(make_notice(Say::generation_not_counted, "request.workload.objective"));
  return std::nullopt;
}

}  // namespace

std::optional<Error> decide_frozen(const Plan& plan, TrainingPlan& decided, TrainingWorkload& asked) {
  TrainingPass& pass = decided.pass;
  if (asked.frozen) {
    auto frozen = frozen_parts(*asked.frozen, plan.model->spec, plan.model->inventory, "request.workload.frozen");
    if (!frozen.ok()) return frozen.error();
    pass.frozen = std::move(frozen.value());
  }
  if (decided.method != TrainingMethod::full) return std::nullopt;
  if (pass.frozen.empty() || pass.trains_word_embeddings()) {
    asked.enable_input_require_grads.reset();
    return std::nullopt;
  }
  pass.input_gradients = *(asked.enable_input_require_grads = asked.enable_input_require_grads.value_or(pass.recompute == RecomputeGranularity::full));
  if (pass.reentrant && pass.recompute == RecomputeGranularity::full && !pass.input_gradients && !pass.trains_embeddings())
    return make_error(Say::no_gradient_reaches, "request.workload.enable_input_require_grads");
  return std::nullopt;
}

std::optional<Error> decide_objective(Plan& plan, TrainingPlan& decided, TrainingWorkload& asked) {
  TrainingPass& pass = decided.pass;
  const std::string where = "request.workload.objective";
  pass.objective = *(asked.objective = asked.objective.value_or(TrainingObjective::sft));
  if (pass.objective != TrainingObjective::grpo && !pass.ppo()) asked.max_completion_length.reset();
  if (!pass.ppo()) asked.reward_model.reset();
  if (pass.objective != TrainingObjective::distillation) asked.teacher.reset();
  if (pass.objective == TrainingObjective::sft) return std::nullopt;
  const std::string_view name = name_of(pass.objective);
  if (pass.kernels == TrainingKernels::transformer_engine || pass.kernels == TrainingKernels::compiled)
    return make_error(Say::objective_refuses, where, {name, "kernels " + std::string(name_of(pass.kernels))});
  if (asked.packing.value_or(false)) return make_error(Say::objective_refuses, where, {name, "packing"});
  pass.kept_logits = *(asked.kept_logits = KeptLogits::none);
  pass.loss = *(asked.loss = LossImplementation::transformers);
  if (pass.objective == TrainingObjective::grpo || pass.ppo())
    if (auto error = decide_completion(plan, decided, asked)) return error;
  if (pass.objective == TrainingObjective::dpo && !pass.lora) decided.other = plan.model;
  if (pass.objective == TrainingObjective::distillation) return decide_teacher(plan, decided, asked);
  if (pass.ppo()) return decide_ppo(plan, decided, asked);
  return std::nullopt;
}

std::optional<Error> decide_packing(TrainingPlan& decided, TrainingWorkload& asked) {
  TrainingPass& pass = decided.pass;
  pass.packed = *(asked.packing = asked.packing.value_or(false));
  if (!pass.packed) return std::nullopt;
  if (pass.attention != TrainingAttention::flash_attention_2) return make_error(Say::packing_needs_flash, "request.workload.attention", {name_of(pass.attention)});
  pass.padded = *(asked.padded = false);
  return std::nullopt;
}

std::optional<Error> decide_step(TrainingPlan& decided, TrainingWorkload& asked) {
  decided.accumulates = *asked.gradient_accumulation_steps > 1;
  decided.steps_in_backward = *(asked.optimizer_in_backward = asked.optimizer_in_backward.value_or(false));
  if (decided.steps_in_backward) {
    const std::string where = "request.workload.optimizer_in_backward";
    if (decided.accumulates) return make_error(Say::steps_in_backward_refuse, where, {"gradient_accumulation_steps above 1"});
    if (decided.recipe->gradients_stay) return make_error(Say::steps_in_backward_refuse, where, {"precision " + std::string(decided.recipe->id)});
    asked.gradient_clipping = false;  // the norm of all gradients would need them all
  }
  decided.clips = *(asked.gradient_clipping = asked.gradient_clipping.value_or(true));
  return std::nullopt;
}

}  // namespace plimsoll
