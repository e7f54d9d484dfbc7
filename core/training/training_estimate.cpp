#include "training/training_estimate.hpp"

#include <algorithm>
#include <array>

#include "plan.hpp"
#include "storage/quantised_products.hpp"
#include "training/activations.hpp"
#include "training/adapters.hpp"
#include "training/training_buffers.hpp"
#include "training/training_kernels.hpp"

namespace plimsoll {
namespace {

constexpr Formula master_copy{"P_t * b_m"}, gradient_buffer{"P_t * b_g"}, reserved_share{"m * p_r / 1000"};

/// What is trained, in the type that the optimizer steps: of full training every parameter, else adapters and copies beside a frozen base.
std::vector<TrainedTensor> trained_on(const Plan& plan, const RankShare& rank, const std::optional<LoraSetting>& lora, bool explain) {
  const TrainingPlan& training = plan.training();
  const LoadedModel& model = *plan.model;
  if (!lora) {
    const auto every = [&](const Tensor&) -> std::optional<u32> { return training.stepped_bytes; };
    return trained_tensors(model.inventory, model.spec, rank, every, explain, training.pass.frozen);
  }
  std::vector<TrainedTensor> adapters = adapter_tensors(model.inventory, model.spec, rank, *lora, explain);
  if (!training.recipe->master_weights.empty())
    for (TrainedTensor& tensor : adapters) tensor.bytes_per_element = training.stepped_bytes;
  return adapters;
}

u64 elements_of(const std::vector<TrainedTensor>& tensors) {
  Checked sum;
  for (const TrainedTensor& tensor : tensors) sum = sum + tensor.elements() * tensor.count;
  return sum.value;
}

/// Tensors of full training: their gradients have one width.
TrainedPart whole_part(const std::vector<TrainedTensor>& trained, u32 gradient_bytes, bool embedding) {
  TrainedPart all{.parameters = elements_of(trained), .gradient_bytes = gradient_bytes, .embedding = embedding};
  for (const TrainedTensor& tensor : trained) {
    if (tensor.is_embedding) all.before_layers += tensor.elements().value;
    all.head = all.head || tensor.is_head;
    all.count(tensor.count, tensor.elements().value);
  }
  return all;
}

/// Trained tensors by the width of their gradients.
std::vector<TrainedPart> parts_of(const Plan& plan, const std::vector<TrainedTensor>& trained) {
  const TrainingPlan& training = plan.training();
  if (!training.pass.lora) return {whole_part(trained, training.gradient_bytes, training.pass.trains_word_embeddings())};
  std::vector<TrainedPart> parts;
  for (const TrainedTensor& tensor : trained) {
    const u32 width = training.recipe->gradients_stay ? training.gradient_bytes : tensor.bytes_per_element;
    auto part = std::find_if(parts.begin(), parts.end(), [width](const TrainedPart& one) { return one.gradient_bytes == width; });
    if (part == parts.end()) part = parts.insert(parts.end(), {.gradient_bytes = width});
    part->parameters += (tensor.elements() * tensor.count).value;
    part->embedding = part->embedding || tensor.is_embedding;
    if (tensor.is_embedding) part->before_layers += (tensor.elements() * tensor.count).value;
    part->head = part->head || tensor.is_head;
    part->count(tensor.count, tensor.elements().value);
  }
  return parts;
}

/// What a product with a quantised weight multiplies in: its input's type.
ComputeDtype product_dtype(const TrainingPass& pass) {
  if (pass.precision == TrainingPrecision::amp_fp16) return ComputeDtype::fp16;
  return pass.precision == TrainingPrecision::fp32 ? ComputeDtype::fp32 : ComputeDtype::bf16;
}

/// What a recipe keeps of every trained parameter through the whole step.
u64 add_kept(TermTree& tree, const TrainingPlan& training, u64 trained_parameters) {
  Values v;
  v[Symbol::P_t] = trained_parameters;
  v[Symbol::b_m] = training.stepped_bytes;
  v[Symbol::b_g] = training.gradient_bytes;
  const Claim claim{.source = training.recipe->source, .basis = training.recipe->basis};
  u64 bytes = 0;
  if (!training.recipe->master_weights.empty()) bytes += tree.leaf("master_weights", master_copy, v, claim);
  if (training.recipe->gradients_stay) bytes += tree.leaf("gradients", gradient_buffer, v, claim);
  return bytes;
}

/// A model that stands beside the trained one, with its rotary frequencies.
u64 add_model(TermTree& tree, std::string_view id, const LoadedModel& model, const PrecisionPlan& formats, const TrainingPass& pass, const RankShare& rank) {
  tree.open(id, Combine::sum);
  add_weights(tree, model.spec, model.inventory, rank, formats);
  add_model_buffers(tree, model.spec, pass);
  return tree.close();
}

/// A reference or a teacher; of ppo the model that gives rewards and the one that expects them.
u64 add_other_models(TermTree& tree, const Plan& plan, const RankShare& rank) {
  const TrainingPlan& training = plan.training();
  u64 bytes = 0;
  if (training.other)
    bytes += add_model(tree, training.pass.objective == TrainingObjective::distillation ? "teacher_model" : "reference_model", *training.other, plan.weight_formats,
                       training.pass, rank);
  if (training.scorer)
    for (const std::string_view id : {"reward_model", "value_model"}) bytes += add_model(tree, id, *training.scorer, training.scorer_formats, training.pass, rank);
  return bytes;
}

/// The value model is trained whole, whatever the policy's method is.
std::vector<TrainedTensor> trained_beside(const Plan& plan, const RankShare& rank, bool explain) {
  const TrainingPlan& training = plan.training();
  if (!training.scorer) return {};
  const auto every = [&](const Tensor&) -> std::optional<u32> { return training.stepped_bytes; };
  std::vector<TrainedTensor> tensors = trained_tensors(training.scorer->inventory, training.scorer->spec, rank, every, explain);
  for (TrainedTensor& tensor : tensors) {
    tensor.is_head = false;  // one row
    if (explain) tensor.label = "value_model." + tensor.label;
  }
  return tensors;
}

/// Its pass: PolicyAndValueWrapper turns recomputation on for the policy alone.
SecondModel second_model(const TrainingPlan& training, const std::vector<TrainedTensor>& tensors) {
  SecondModel second{.model = &training.scorer->spec, .pass = training.pass, .parts = {whole_part(tensors, training.gradient_bytes, true)}};
  second.pass.scores = true;
  second.pass.recompute = RecomputeGranularity::none;
  second.pass.offloading = ActivationOffloading::none;
  second.pass.lora.reset();
  second.pass.frozen = {};
  return second;
}

/// Optimizer states that are not on the device.
u64 states_elsewhere(const OptimizerSetup& setup, const std::vector<TrainedTensor>& trained) {
  TermTree tree(false);
  tree.open("host", Combine::sum);
  add_optimizer_states(tree, setup, trained, StatePlace::unified);
  add_optimizer_states(tree, setup, trained, StatePlace::host);
  return tree.close();
}

/// The gradients in the type of the master weights, which the optimizer steps with.
u64 add_master_gradients(TermTree& tree, const TrainingPlan& training, u64 parameters) {
  Values v;
  v[Symbol::P_t] = parameters;
  v[Symbol::b_m] = training.stepped_bytes;
  return tree.leaf("master_gradients", master_copy, v, {.source = training.recipe->source, .basis = training.recipe->basis});
}

u64 offloaded_bytes(const ModelSpec& model, const TrainingPass& pass) {
  TermTree tree(false);
  tree.open("host", Combine::sum);
  SavedTrace(model, pass).add_offloaded(tree);
  return tree.close();
}

}  // namespace

StepStates add_step_states(TermTree& tree, const Plan& plan, const RankShare& rank) {
  const TrainingPlan& training = plan.training();
  const LoadedModel& model = *plan.model;
  StepStates out;
  out.weights_bytes = add_weights(tree, model.spec, model.inventory, rank, plan.weight_formats);
  out.standing_bytes = out.weights_bytes;
  out.standing_bytes += add_other_models(tree, plan, rank);
  if (training.pass.lora) out.standing_bytes += add_adapters(tree, model.inventory, model.spec, rank, *training.pass.lora);
  const std::vector<TrainedTensor> own = trained_on(plan, rank, training.pass.lora, tree.explains()), beside = trained_beside(plan, rank, tree.explains());
  std::vector<TrainedTensor> trained = own;
  trained.insert(trained.end(), beside.begin(), beside.end());
  out.trained_parameters = elements_of(trained);
  out.frozen_parameters = training.pass.lora ? model.inventory.parameter_count : model.inventory.parameter_count - elements_of(own);
  out.standing_bytes += add_kept(tree, training, out.trained_parameters);
  out.optimizer_bytes = add_optimizer_states(tree, training.optimizer, trained, StatePlace::device);
  out.standing_bytes += out.optimizer_bytes;
  out.host_bytes = states_elsewhere(training.optimizer, trained);
  out.state.parts = parts_of(plan, own);
  if (training.scorer) out.state.second = second_model(training, beside);
  out.state.gradients_before_step = training.accumulates;
  out.state.gradients_stand = training.recipe->gradients_stay;
  out.state.clips = training.clips;
  out.state.steps_in_backward = training.steps_in_backward;
  out.state.add_transient_of_matrix = [&training, trained](TermTree& moments, bool head) {
    std::vector<TrainedTensor> one;
    for (const TrainedTensor& tensor : trained)
      if (head ? tensor.is_head : tensor.is_embedding) one.push_back(tensor);
    return add_step_transient(moments, training.optimizer, one);
  };
  if (training.pass.precision == TrainingPrecision::fp8) out.standing_bytes += add_fp8_weights(tree, model.spec, model.inventory, rank);
  if (training.method == TrainingMethod::qlora)
    out.state.add_product = [&plan, rank](TermTree& moments, const TrainingPass& pass) {
      const ProductSetting setting{.dtype = product_dtype(pass), .micro_batch_size = pass.micro_batch_size, .sequence_length = pass.sequence_length};
      return add_largest_product(moments, "forward.product", plan.model->spec, plan.model->inventory, rank, plan.weight_formats, setting);
    };
  out.state.add_optimizer_transient = [&training, trained, parameters = out.trained_parameters](TermTree& moments) {
    const u64 copies = training.recipe->master_gradients.empty() ? 0 : add_master_gradients(moments, training, parameters);
    return copies + add_step_transient(moments, training.optimizer, trained);
  };
  return out;
}

StepTotals add_step(TermTree& tree, const Plan& plan, const StepStates& states, u64 sequence_length, u64 micro_batch_size) {
  TrainingPass pass = plan.training().pass;
  pass.sequence_length = sequence_length;
  pass.micro_batch_size = micro_batch_size;
  TrainedState state = states.state;
  if (state.second) {
    state.second->pass.sequence_length = sequence_length;
    state.second->pass.micro_batch_size = micro_batch_size;
  }
  StepTotals out;
  out.buffers_bytes = add_buffers(tree, plan.model->spec, pass);
  if (pass.offloading != ActivationOffloading::none) out.offloaded_bytes = offloaded_bytes(plan.model->spec, pass);
  out.moments = add_step_moments(tree, plan.model->spec, pass, state);
  const std::array<std::pair<std::string_view, u64>, 7> moments{{{"moment.before_forward", out.moments.before_forward},
      {"moment.forward_peak", out.moments.forward_peak}, {"moment.loss", out.moments.loss}, {"moment.backward_peak", out.moments.backward_peak},
      {"moment.end_of_backward", out.moments.end_of_backward}, {"moment.optimizer_step", out.moments.optimizer_step},
      {"moment.after_step", out.moments.after_step}}};
  for (const auto& [id, bytes] : moments) {
    if (bytes <= out.peak_bytes) continue;
    out.peak_bytes = bytes;
    out.worst_moment = id;
  }
  return out;
}

u64 add_allocator_reserve(TermTree& tree, const AllocatorReserve& reserve, u64 allocated_bytes) {
  Values v;
  v[Symbol::m] = allocated_bytes;
  v[Symbol::p_r] = reserve.permille;
  Values low = v, high = v;
  low[Symbol::p_r] = reserve.low_permille;
  high[Symbol::p_r] = reserve.high_permille;
  return tree.leaf("allocator_reserve", reserved_share, v,
                   {.source = reserve.source, .basis = Basis::measured, .low = reserved_share.evaluate(low).value, .high = reserved_share.evaluate(high).value});
}

}  // namespace plimsoll
