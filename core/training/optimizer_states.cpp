#include "training/optimizer_states.hpp"

#include <algorithm>

namespace plimsoll {
namespace {

constexpr Formula full{"n * numel * b_s"}, full_several{"n * n_s * numel * b_s"}, two_in_a_byte{"n * ceil_div(numel, 2)"};
constexpr Formula row{"n * rows * b_s"}, row_each{"n * n_exp * rows * b_s"};
constexpr Formula column{"n * cols * b_s"}, column_each{"n * n_exp * cols * b_s"};
constexpr Formula scalar{"n * b_s"};
constexpr Formula block{"n * ceil_div(numel, g_s) * b_s"}, block_several{"n * n_s * ceil_div(numel, g_s) * b_s"};
constexpr Formula table{"n * n_t * b_s"}, shared_table{"n_t * b_s"};
constexpr Formula projector{"n * min(r_s, min(rows, cols)) * min(rows, cols) * b_s"};
constexpr Formula low_rank{"n * min(r_s, min(rows, cols)) * max(rows, cols) * b_s"};
constexpr Formula copies_of_tensor{"n * numel * b_w"};

const Formula& formula_of(const StateRule& rule, const TrainedTensor& tensor) {
  switch (rule.shape) {
    case StateShape::full: return rule.dtype == StateDtype::int4 ? two_in_a_byte : rule.copies > 1 ? full_several : full;
    case StateShape::row: return tensor.leading > 1 ? row_each : row;
    case StateShape::column: return tensor.leading > 1 ? column_each : column;
    case StateShape::scalar: return scalar;
    case StateShape::block: return rule.copies > 1 ? block_several : block;
    case StateShape::table: return rule.shared ? shared_table : table;
    case StateShape::projector: return projector;
    case StateShape::low_rank: return low_rank;
  }
  return full;
}

u32 element_bytes(StateDtype dtype, const TrainedTensor& tensor) {
  switch (dtype) {
    case StateDtype::parameter: return tensor.bytes_per_element;
    case StateDtype::fp32: return 4;
    default: return 1;
  }
}

StatePlace place_of(const StateRule& rule, const OptimizerSetup& setup, const TrainedTensor& tensor) {
  for (const StateMove& move : rule.moves)
    if (setup.has(move.when) && tensor.elements().value >= move.from_elements) return move.place;
  return rule.place;
}

Values values_of(const StateRule& rule, const OptimizerSetup& setup, const TrainedTensor& tensor) {
  Values v;
  v[Symbol::n] = tensor.count;
  v[Symbol::numel] = tensor.elements().value;
  v[Symbol::n_exp] = tensor.leading;
  v[Symbol::rows] = tensor.rows;
  v[Symbol::cols] = tensor.cols;
  v[Symbol::b_s] = element_bytes(rule.dtype, tensor);
  v[Symbol::n_s] = rule.copies;
  v[Symbol::g_s] = setup.block;
  v[Symbol::n_t] = setup.optimizer->quantisation ? setup.optimizer->quantisation->table_entries : 0;
  v[Symbol::r_s] = setup.rank;
  return v;
}

constexpr std::string_view node_of(StatePlace place) {
  switch (place) {
    case StatePlace::device: return "optimizer_states";
    case StatePlace::unified: return "optimizer_states_unified";
    case StatePlace::host: return "optimizer_states_host";
  }
  return {};
}

void add_state(TermTree& tree, const StateSize& state, const Optimizer& optimizer, const std::string& label) {
  tree.leaf("optimizer_states.state", *state.formula, state.values, {.source = optimizer.source, .basis = optimizer.basis, .label = label});
}

/// One state as a node, a leaf for each tensor that has it in this place.
void add_rule(TermTree& tree, const StateRule& rule, const OptimizerSetup& setup, const std::vector<TrainedTensor>& tensors, StatePlace place) {
  bool opened = false;
  for (const TrainedTensor& tensor : tensors) {
    if (!setup.takes(tensor) || !setup.holds(rule.only, tensor) || place_of(rule, setup, tensor) != place) continue;
    if (!opened) tree.open("optimizer_states.kind", Combine::sum, tree.explains() ? std::string(rule.key) : std::string());
    opened = true;
    const StateSize state{&rule, place, &formula_of(rule, tensor), values_of(rule, setup, tensor)};
    add_state(tree, state, *setup.optimizer, rule.shared ? std::string() : tensor.label);
    if (rule.shared) break;
  }
  if (opened) tree.close();
}

bool is_chosen(const StateRule& rule, const OptimizerSetup& setup) { return rule.when.empty() || setup.has(rule.when); }

void add_copies(TermTree& tree, u64 copies, const TrainedTensor& tensor, u64 count, const Optimizer& optimizer) {
  Values v;
  v[Symbol::n] = (Checked{copies} * count).value;
  v[Symbol::numel] = tensor.elements().value;
  v[Symbol::b_w] = tensor.bytes_per_element;
  tree.leaf("optimizer_transient.copies", copies_of_tensor, v, {.source = optimizer.source, .basis = optimizer.basis, .label = tensor.label});
}

u64 bytes_of_one(const TrainedTensor& tensor) { return (tensor.elements() * tensor.bytes_per_element).value; }

/// A loop over tensors makes `copies` of one while the last copy of the one before still has its name: the place where that is most.
void add_loop(TermTree& tree, u64 copies, const std::vector<const TrainedTensor*>& tensors, const Optimizer& optimizer) {
  std::size_t most_at = 0;
  u64 most = 0;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const u64 bytes = (Checked{copies} * bytes_of_one(*tensors[i]) + (i > 0 ? bytes_of_one(*tensors[i - 1]) : 0)).value;
    if (bytes <= most) continue;
    most = bytes;
    most_at = i;
  }
  add_copies(tree, copies, *tensors[most_at], 1, optimizer);
  if (most_at > 0) add_copies(tree, 1, *tensors[most_at - 1], 1, optimizer);
}

}  // namespace

std::vector<StateSize> states_of(const OptimizerSetup& setup, const TrainedTensor& tensor) {
  std::vector<StateSize> states;
  for (const StateRule& rule : setup.optimizer->states)
    if (is_chosen(rule, setup) && setup.holds(rule.only, tensor))
      states.push_back({&rule, place_of(rule, setup, tensor), &formula_of(rule, tensor), values_of(rule, setup, tensor)});
  return states;
}

u64 add_optimizer_states(TermTree& tree, const OptimizerSetup& setup, const std::vector<TrainedTensor>& tensors, StatePlace place) {
  tree.open(node_of(place), Combine::sum);
  for (const StateRule& rule : setup.optimizer->states)
    if (is_chosen(rule, setup)) add_rule(tree, rule, setup, tensors, place);
  return tree.close();
}

u64 add_step_transient(TermTree& tree, const OptimizerSetup& setup, const std::vector<TrainedTensor>& tensors) {
  tree.open("optimizer_transient", Combine::sum);
  const auto& transient = setup.implementation->transient;
  std::vector<const TrainedTensor*> taken;
  for (const TrainedTensor& tensor : tensors)
    if (setup.takes(tensor)) taken.push_back(&tensor);
  if (transient && transient->copies > 0 && !taken.empty()) {
    if (transient->of_largest) {
      add_loop(tree, transient->copies, taken, *setup.optimizer);
    } else {
      for (const TrainedTensor* tensor : taken) add_copies(tree, transient->copies, *tensor, tensor->count, *setup.optimizer);
    }
  }
  return tree.close();
}

}  // namespace plimsoll
