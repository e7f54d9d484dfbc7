#include "training/training_estimate.hpp"

#include <array>

#include "plan.hpp"
#include "training/training_buffers.hpp"
#include "training/training_kernels.hpp"

namespace plimsoll {
namespace {

constexpr Formula master_copy{"P_t * b_m"}, gradient_buffer{"P_t * b_g"}, reserved_share{"m * p_r / 1000"};

std::vector<TrainedTensor> trained_on(const Plan& plan, const RankShare& rank, u32 bytes_per_element, bool explain) {
  const auto every = [bytes_per_element](const Tensor&) -> std::optional<u32> { return bytes_per_element; };
  return trained_tensors(plan.model->inventory, plan.model->spec, rank, every, explain);
}

u64 elements_of(const std::vector<TrainedTensor>& tensors) {
  Checked sum;
  for (const TrainedTensor& tensor : tensors) sum = sum + tensor.elements() * tensor.count;
  return sum.value;
}

u64 first_layer_parameters(const LoadedModel& model) {
  const u16 first = model.spec.decoder().kind_of_layer.front();
  Checked sum;
  for (const Tensor& tensor : model.inventory.tensors)
    if (tensor.in_layer() && tensor.stack_index == 0 && tensor.kind == first && tensor.role != Role::buffer) sum = sum + tensor.elements() * tensor.experts;
  return sum.value;
}

/// The gradients in the type of the master weights, which the optimizer steps with.
u64 add_master_gradients(TermTree& tree, const TrainingPlan& training, u64 parameters) {
  Values v;
  v[Symbol::P_t] = parameters;
  v[Symbol::b_m] = training.stepped_bytes;
  return tree.leaf("master_gradients", master_copy, v, {.source = training.recipe->source, .basis = training.recipe->basis});
}

}  // namespace

StepStates add_step_states(TermTree& tree, const Plan& plan, const RankShare& rank) {
  const TrainingPlan& training = plan.training();
  StepStates out;
  out.weights_bytes = add_weights(tree, plan.model->spec, plan.model->inventory, rank, plan.weight_formats);
  const std::vector<TrainedTensor> trained = trained_on(plan, rank, training.stepped_bytes, tree.explains());
  out.trained_parameters = elements_of(trained);
  u64 master = 0;
  if (!training.recipe->master_weights.empty()) {
    Values v;
    v[Symbol::P_t] = out.trained_parameters;
    v[Symbol::b_m] = training.stepped_bytes;
    master = tree.leaf("master_weights", master_copy, v, {.source = training.recipe->source, .basis = training.recipe->basis});
  }
  out.optimizer_bytes = add_optimizer_states(tree, training.optimizer, trained, StatePlace::device);
  TermTree elsewhere(false);
  elsewhere.open("host", Combine::sum);
  add_optimizer_states(elsewhere, training.optimizer, trained, StatePlace::unified);
  add_optimizer_states(elsewhere, training.optimizer, trained, StatePlace::host);
  out.host_bytes = elsewhere.close();
  TrainedPart part{.parameters = out.trained_parameters, .gradient_bytes = training.gradient_bytes};
  for (const TrainedTensor& tensor : trained) part.embedding = part.embedding || tensor.is_embedding;
  part.first_layer = first_layer_parameters(*plan.model);
  out.state.parts.push_back(part);
  out.state.gradients_before_step = training.accumulates;
  out.state.gradients_stand = training.recipe->gradients_stay;
  u64 gradients = 0;
  if (out.state.gradients_stand) {
    Values v;
    v[Symbol::P_t] = out.trained_parameters;
    v[Symbol::b_g] = training.gradient_bytes;
    gradients = tree.leaf("gradients", gradient_buffer, v, {.source = training.recipe->source, .basis = training.recipe->basis});
  }
  const bool quantises = training.pass.precision == TrainingPrecision::fp8;
  const u64 quantised = quantises ? add_fp8_weights(tree, plan.model->spec, plan.model->inventory, rank) : 0;
  out.standing_bytes = out.weights_bytes + master + gradients + quantised + out.optimizer_bytes;
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
  StepTotals out;
  out.buffers_bytes = add_buffers(tree, plan.model->spec, pass);
  out.moments = add_step_moments(tree, plan.model->spec, pass, states.state);
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
