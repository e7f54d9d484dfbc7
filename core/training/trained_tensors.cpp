#include "messages.hpp"
#include "training/modules.hpp"
#include "training/optimizer_states.hpp"

namespace plimsoll {
namespace {

constexpr std::size_t most_axes = 8;

bool is_embedding(Role role) { return role == Role::embedding || role == Role::position_embedding; }

bool is_head(const Tensor& tensor, const ModelSpec& model) {
  return tensor.role == Role::lm_head || (tensor.role == Role::embedding && model.tie_word_embeddings);
}

/// A tensor from its shape: the last two axes apart, those before them together. Sets `overflowed` when they cannot be counted.
template <class Shape>
TrainedTensor from_shape(const Shape& shape, std::size_t axes, u32 bytes_per_element, bool& overflowed) {
  TrainedTensor tensor{.axes = static_cast<u8>(axes), .bytes_per_element = bytes_per_element};
  Checked leading{1};
  for (std::size_t i = 0; i + 2 < axes; ++i) leading = leading * shape[i];
  tensor.leading = leading.value;
  if (axes >= 2) tensor.rows = shape[axes - 2];
  if (axes >= 1) tensor.cols = shape[axes - 1];
  overflowed = leading.overflowed || tensor.elements().overflowed;
  return tensor;
}

std::string shape_text(const std::vector<u64>& shape) {
  std::string text = "[";
  for (const u64 size : shape) text += (text.size() > 1 ? ", " : "") + digits(size);
  return text + "]";
}

Result<TrainedTensor> asked_tensor(const OptimizerTensor& asked, const Catalog& catalog) {
  const std::string where = "request.tensor";
  PLIMSOLL_TRY(const StorageFormat* format, catalog.format(asked.dtype, where + ".dtype"));
  if (format->whole_bytes() == 0) return make_error(Say::unknown_word, where + ".dtype", {cut(asked.dtype, 80), "fp32, bf16, fp16"});
  if (asked.shape.size() > most_axes) return make_error(Say::above_most, where + ".shape", {digits(asked.shape.size()), digits(most_axes)});
  bool overflowed = false;
  TrainedTensor tensor = from_shape(asked.shape, asked.shape.size(), format->whole_bytes(), overflowed);
  if (overflowed) return make_error(Say::too_big, where + ".shape");
  tensor.is_embedding = asked.role && is_embedding(*asked.role);
  return tensor;
}

u64& sum_for(OptimizerStates& answer, const OptimizerState& state) {
  if (state.shared) return answer.shared_bytes;
  switch (state.place) {
    case StatePlace::device: return answer.device_bytes;
    case StatePlace::unified: return answer.unified_bytes;
    case StatePlace::host: return answer.host_bytes;
  }
  return answer.device_bytes;
}

/// Whether the class holds this part of every expert in one parameter: [experts, 2 * intermediate, hidden] of gates and ups together,
/// [experts, hidden, intermediate] of downs.
bool is_fused(const Tensor& tensor) { return tensor.routed && tensor.experts > 1; }

std::string fused_name(Tensor tensor) {
  tensor.part = tensor.role == Role::expert_down ? "down_proj" : "gate_up_proj";
  tensor.suffix = {};
  tensor.experts = tensor.stacked = 1;
  return starred_name(tensor);
}

/// The parameter that a checkpoint's tensor of one expert becomes.
TrainedTensor fused(const Tensor& tensor, TrainedTensor one, u64 layers, bool explain) {
  one.axes = 3;
  one.leading = tensor.experts;
  one.count = layers;
  if (tensor.role == Role::expert_gate) one.rows *= 2;
  if (explain) one.label = fused_name(tensor);
  return one;
}

}  // namespace

std::vector<TrainedTensor> trained_tensors(const TensorInventory& inventory, const ModelSpec& model, const RankShare& rank, const TrainedBytes& bytes,
                                           bool explain, const PartsByLayer& frozen) {
  std::vector<TrainedTensor> trained;
  const std::vector<Part> parts = parts_of(inventory);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const Tensor& tensor = inventory.tensors[i];
    if (tensor.apart != Apart::no || tensor.role == Role::buffer) continue;
    const auto bytes_per_element = bytes(tensor);
    const u64 layers = tensor.layers - layers_with(frozen, model, tensor, parts[i]);
    if (!bytes_per_element || layers == 0) continue;
    bool overflowed = false;  // an inventory that can be counted has no such tensor
    TrainedTensor one = from_shape(shape_on_rank(tensor, model, rank), tensor.rank, *bytes_per_element, overflowed);
    one.count = layers * tensor.experts;
    one.is_embedding = is_embedding(tensor.role);
    one.is_head = is_head(tensor, model);
    one.is_target = tensor.in_layer();
    if (explain) one.label = starred_name(tensor);
    if (!is_fused(tensor)) {
      trained.push_back(std::move(one));
    } else if (tensor.role != Role::expert_up) {  // an up is in its gate's parameter
      trained.push_back(fused(tensor, std::move(one), layers, explain));
    }
  }
  return trained;
}

Result<OptimizerStates> optimizer_states(const OptimizerStatesRequest& request, const Catalog& catalog) {
  PLIMSOLL_TRY(const OptimizerSetup setup, optimizer_setup(request.optimizer, catalog, "request.optimizer"));
  PLIMSOLL_TRY(const TrainedTensor tensor, asked_tensor(request.tensor, catalog));
  if (!setup.takes(tensor)) return make_error(Say::optimizer_refuses, "request.tensor.shape", {setup.optimizer->name, shape_text(request.tensor.shape)});
  OptimizerStates answer;
  Checked all;
  for (const StateSize& size : states_of(setup, tensor)) {
    const Checked bytes = size.formula->evaluate(size.values);
    all = all + bytes;
    const OptimizerState state{size.rule->key, bytes.value, size.place, size.rule->shared, size.formula->text()};
    sum_for(answer, state) += bytes.value;
    answer.states.push_back(state);
  }
  if (setup.implementation->transient) {
    TermTree tree(false);
    answer.transient_bytes = add_step_transient(tree, setup, {tensor});
    all = all + Checked{0, tree.overflowed()};
  }
  if (all.overflowed) return make_error(Say::too_big, "request.tensor.shape");
  return answer;
}

}  // namespace plimsoll
