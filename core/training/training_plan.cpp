#include "training/training_plan.hpp"

#include <algorithm>

#include "messages.hpp"
#include "plan.hpp"
#include "training/activations.hpp"
#include "training/adapters.hpp"
#include "training/step_choices.hpp"
#include "training/training_kernels.hpp"
#include "wire_json.hpp"

namespace plimsoll {
namespace {

constexpr u64 usual_length = 2048, usual_rank = 16;
constexpr std::string_view usual_stack = "transformers", usual_precision = "bf16", usual_optimizer = "torch-adamw", usual_quantisation = "nf4_double_quant";

/// A program's own targets may be modules that a model lacks: then those that it has are taken, and said.
void fit_program_targets(Plan& plan, TrainingWorkload& asked, std::string_view program) {
  const std::string where = "request.workload.lora";
  const ModelSpec& model = plan.model->spec;
  const auto setting = lora_setting(*asked.lora, model, plan.model->inventory, where);
  if (setting.ok()) return;
  std::vector<std::string> fitting = fitting_targets(*asked.lora, model, plan.model->inventory);
  LoraChoice fitted = *asked.lora;
  fitted.target_modules = fitting;
  if (!lora_setting(fitted, model, plan.model->inventory, where).ok()) return;  // something else is wrong with it, and is said
  asked.lora = std::move(fitted);
  std::string names;
  for (const std::string& name : fitting) names += (names.empty() ? "" : ", ") + name;
  plan.notices.push_back(make_notice(Say::program_targets, where + ".target_modules", {program, names}));
}

/// What some programs make of "all-linear" themselves.
void list_linear_names(const Plan& plan, TrainingWorkload& asked) {
  if (!asked.lora || asked.lora->target_modules != std::vector<std::string>{"all-linear"}) return;
  std::vector<std::string> names = linear_names(plan.model->spec, plan.model->inventory);
  if (!names.empty()) asked.lora->target_modules = std::move(names);
}

/// The format of weights: a trained weight has the recipe's, a frozen one may be quantised, as its program does by itself.
std::optional<Error> decide_weight_format(Plan& plan, const TrainingWorkload& asked, const PrecisionRecipe& recipe, const TrainingStack& stack) {
  std::optional<std::string>& format = plan.request.weight_format;
  if (asked.method == TrainingMethod::qlora) {
    if (!format) format = std::string(stack.value(asked.method, "weight_format").string().value_or(usual_quantisation));
    if (enum_from<ComputeDtype>(*format)) return make_error(Say::base_not_quantised, "request.weight_format", {*format});
    return std::nullopt;
  }
  if (format && *format != recipe.weights)
    return make_error(Say::trained_in_recipe_format, "request.weight_format", {*format, recipe.id, recipe.weights});
  format = std::string(recipe.weights);
  return std::nullopt;
}

u32 bytes_of_format(const Catalog& catalog, std::string_view id) {
  const auto format = catalog.format(id, "");
  return format.ok() ? format.value()->whole_bytes() : 0;
}

/// A length that nobody asked for is at most what the model was made for.
void shorten(Plan& plan, TrainingWorkload& asked, u64 length) {
  const u64 longest = plan.model->spec.max_position_embeddings;
  asked.sequence_length = std::min(length, longest);
  if (longest < length) plan.notices.push_back(make_notice(Say::context_clamped, "request.workload.sequence_length", {digits(longest)}));
}

std::optional<Error> decide_lengths(Plan& plan, TrainingWorkload& asked) {
  const u64 longest = plan.model->spec.max_position_embeddings;
  const std::string where = "request.workload.sequence_length";
  if (!asked.sequence_length) {
    shorten(plan, asked, usual_length);
  } else if (*asked.sequence_length > longest) {
    plan.notices.push_back(make_notice(Say::past_model_length, where, {digits(*asked.sequence_length), digits(longest)}));
  }
  if (auto error = above(*asked.sequence_length, most_tokens, where)) return error;
  if (!asked.micro_batch_size) asked.micro_batch_size = 1;
  if (!asked.gradient_accumulation_steps) asked.gradient_accumulation_steps = 1;
  if (*asked.micro_batch_size == 0) return make_error(Say::below_least, "request.workload.micro_batch_size", {"0", "1"});
  if (auto error = above(*asked.micro_batch_size, most_sequences, "request.workload.micro_batch_size")) return error;
  return above(*asked.gradient_accumulation_steps, most_sequences, "request.workload.gradient_accumulation_steps");
}

void decide_kernels(Plan& plan, TrainingPass& pass, TrainingWorkload& asked) {
  const std::string where = "request.workload.kernels";
  const ModelSpec& model = plan.model->spec;
  pass.kernels = *(asked.kernels = asked.kernels.value_or(TrainingKernels::transformers));
  if (effective_kernels(model, pass.kernels) != pass.kernels) plan.notices.push_back(make_notice(Say::kernels_unpatched, where, {model.model_type}));
  if (pass.compiled()) plan.notices.push_back(make_notice(Say::kernels_assumed, where));
}

/// Which layers run again as a whole, or which parts of every layer.
void decide_recomputation(TrainingPass& pass, TrainingWorkload& asked) {
  if (pass.recompute != RecomputeGranularity::full) {
    asked.recompute_method.reset();
    asked.recompute_num_layers.reset();
  } else {
    pass.recompute_method = *(asked.recompute_method = asked.recompute_method.value_or(RecomputeMethod::uniform));
    pass.recompute_num_layers = *(asked.recompute_num_layers = asked.recompute_num_layers.value_or(1));
  }
  if (pass.recompute != RecomputeGranularity::selective) {
    asked.recompute_modules.reset();
  } else {
    pass.recompute_modules = *(asked.recompute_modules = asked.recompute_modules.value_or(std::vector{RecomputeModule::core_attn}));
  }
}

/// What the pass does, as asked; and back into the request as decided.
void decide_pass(Plan& plan, TrainingPlan& decided, TrainingWorkload& asked) {
  TrainingPass& pass = decided.pass;
  pass.micro_batch_size = *asked.micro_batch_size;
  pass.sequence_length = *asked.sequence_length;
  pass.precision = decided.recipe->compute;
  decide_kernels(plan, pass, asked);
  const TrainingAttention attention = asked.attention.value_or(TrainingAttention::sdpa);
  pass.attention = effective_attention(plan.model->spec, attention);
  if (pass.attention != attention)
    plan.notices.push_back(make_notice(Say::eager_only, "request.workload.attention", {name_of(pass.attention)}));
  asked.attention = pass.attention;
  pass.recompute = *(asked.recompute_granularity = asked.recompute_granularity.value_or(RecomputeGranularity::none));
  decide_recomputation(pass, asked);
  pass.offloading = *(asked.activation_offloading = asked.activation_offloading.value_or(ActivationOffloading::none));
  pass.loss = *(asked.loss = asked.loss.value_or(LossImplementation::transformers));
  pass.reentrant = *(asked.use_reentrant = asked.use_reentrant.value_or(false));
  pass.padded = *(asked.padded = asked.padded.value_or(false));
  if (pass.kernels == TrainingKernels::transformer_engine) asked.kept_logits = KeptLogits::none;  // its forward pass returns the loss
  pass.kept_logits = *(asked.kept_logits = asked.kept_logits.value_or(KeptLogits::none));
}

/// Adapters of a frozen base, and back into the request as decided.
std::optional<Error> decide_adapters(Plan& plan, TrainingPlan& decided, TrainingWorkload& asked) {
  if (decided.method == TrainingMethod::full) {
    asked.lora.reset();
    return std::nullopt;
  }
  asked.frozen.reset();  // the base is, whole
  LoraChoice& lora = asked.lora ? *asked.lora : asked.lora.emplace();
  const bool keeps_masters = !decided.recipe->master_weights.empty();  // such a recipe trains adapters as it trains weights
  if (!lora.adapter_dtype) lora.adapter_dtype = keeps_masters ? enum_from<ComputeDtype>(decided.recipe->weights).value_or(ComputeDtype::bf16) : ComputeDtype::fp32;
  if (!lora.r) lora.r = usual_rank;
  if (!lora.target_modules && !lora.target_parameters) lora.target_modules = std::vector<std::string>{"all-linear"};
  if (!lora.lora_dropout) lora.lora_dropout = false;
  if (!lora.use_dora) lora.use_dora = false;
  auto setting = lora_setting(lora, plan.model->spec, plan.model->inventory, "request.workload.lora");
  if (!setting.ok()) return setting.error();
  decided.pass.lora = std::move(setting.value());
  for (std::size_t i = 0; i < EnumNames<Role>::names.size(); ++i) {
    const Product& product = plan.weight_formats.of_linear(static_cast<Role>(i)).product;
    if (product.way == ProductWay::direct) continue;
    decided.pass.lora->quantised.add({static_cast<Role>(i)});
    decided.pass.lora->scale_elements = product.scale_elements;
    if (product.way == ProductWay::int8) decided.pass.lora->int8.add({static_cast<Role>(i)});
  }
  decided.pass.lora->saved_bytes = decided.pass.weight_bytes();
  if (!asked.enable_input_require_grads) asked.enable_input_require_grads = decided.pass.recompute == RecomputeGranularity::full;
  decided.pass.lora->input_gradients = *asked.enable_input_require_grads;
  return std::nullopt;
}

}  // namespace

std::optional<Error> fill_training_defaults(Plan& plan, TrainingWorkload& asked) {
  if (!asked.stack) asked.stack = std::string(usual_stack);
  const auto stack = plan.catalog->stack(*asked.stack, "request.workload.stack");
  if (!stack.ok()) return stack.error();
  const bool length_asked = asked.sequence_length.has_value(), targets_asked = asked.lora && asked.lora->target_modules;
  if (asked.objective == TrainingObjective::ppo && !asked.recompute_granularity)
    asked.recompute_granularity = RecomputeGranularity::none;  // PPOTrainer.train turns none on, whatever gradient_checkpointing says
  const auto value_of = [&](std::string_view name) { return stack.value()->value(asked.method, name); };
  const std::string place = "catalog.stacks." + *asked.stack;
  if (auto error = complete_value({nullptr, place}, wire_type<TrainingWorkload>, &asked, value_of)) return error;
  if (stack.value()->linear_names) list_linear_names(plan, asked);
  if (!length_asked && asked.sequence_length) shorten(plan, asked, *asked.sequence_length);
  if (!targets_asked && asked.lora && asked.lora->target_modules) fit_program_targets(plan, asked, stack.value()->name);
  if (!asked.precision) asked.precision = std::string(usual_precision);
  const auto recipe = plan.catalog->precision(*asked.precision, "request.workload.precision");
  if (!recipe.ok()) return recipe.error();
  TrainingPlan& decided = plan.workload.emplace<TrainingPlan>();
  decided.method = asked.method;
  decided.recipe = recipe.value();
  return decide_weight_format(plan, asked, *decided.recipe, *stack.value());
}

std::optional<Error> decide_training(Plan& plan, TrainingWorkload& asked) {
  TrainingPlan& decided = *std::get_if<TrainingPlan>(&plan.workload);
  const PrecisionRecipe& recipe = *decided.recipe;
  decided.weight_bytes = bytes_of_format(*plan.catalog, recipe.weights);
  decided.gradient_bytes = bytes_of_format(*plan.catalog, recipe.gradients);
  decided.stepped_bytes = recipe.master_weights.empty() ? decided.weight_bytes : bytes_of_format(*plan.catalog, recipe.master_weights);
  if (auto error = decide_lengths(plan, asked)) return error;
  decide_pass(plan, decided, asked);
  if (auto error = decide_adapters(plan, decided, asked)) return error;
  if (auto error = decide_frozen(plan, decided, asked)) return error;
  if (auto error = check_kernels(plan.model->spec, decided.pass, asked.method, recipe)) return error;
  if (auto error = decide_objective(plan, decided, asked)) return error;
  if (auto error = decide_packing(decided, asked)) return error;
  if (auto error = decide_step(decided, asked)) return error;
  if (!asked.optimizer) asked.optimizer = OptimizerChoice{.id = std::string(usual_optimizer)};
  auto optimizer = optimizer_setup(*asked.optimizer, *plan.catalog, "request.workload.optimizer");
  if (!optimizer.ok()) return optimizer.error();
  decided.optimizer = std::move(optimizer.value());
  asked.optimizer->implementation = std::string(decided.optimizer.implementation->id);
  return std::nullopt;
}

}  // namespace plimsoll
