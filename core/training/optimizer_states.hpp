#pragma once
/// Bytes of what an optimizer keeps: of one tensor, and of every trained tensor of a model.

#include <functional>

#include "catalog/catalog.hpp"
#include "model/tensor_inventory.hpp"
#include "parallel/placement.hpp"
#include "report/term.hpp"
#include "training/optimizer_request.hpp"
#include "training/parts.hpp"

namespace plimsoll {

/// A trained tensor, and how many there are of it. Axes before the last two are one.
struct TrainedTensor {
  u64 count = 1;
  u64 leading = 1, rows = 1, cols = 1;
  u8 axes = 0;
  u32 bytes_per_element = 0;  ///< of the parameter that the optimizer is given: of a master copy where there is one
  bool is_embedding = false;
  bool is_head = false;
  bool is_target = true;      ///< a matrix that a projecting optimizer is pointed at
  std::string label{};

  [[nodiscard]] Checked elements() const { return Checked{leading} * rows * cols; }
};

/// An optimizer with its options, checked.
struct OptimizerSetup {
  const Optimizer* optimizer = nullptr;
  const OptimizerImplementation* implementation = nullptr;
  std::vector<std::string_view> options;  ///< chosen ones, and the implementation: conditions name both
  u64 rank = 0, block = 0;

  [[nodiscard]] bool has(std::string_view word) const;
  [[nodiscard]] bool holds(StateTensors which, const TrainedTensor& tensor) const;
  /// Whether the library steps such a tensor at all.
  [[nodiscard]] bool takes(const TrainedTensor& tensor) const;
};

/// Checks a choice against the catalogue.
///
/// Errors  unknown_id for an optimizer, option or implementation that is not there, or a size that it has no use for; missing_field
///         for a rank that it needs
/// Tested  tests/core/optimizer_states_test.cpp
Result<OptimizerSetup> optimizer_setup(const OptimizerChoice& choice, const Catalog& catalog, const std::string& where);

/// One state of one tensor: a formula with its values.
struct StateSize {
  const StateRule* rule = nullptr;
  StatePlace place{};
  const Formula* formula = nullptr;
  Values values;
};

/// The states of a tensor, in the order of the catalogue's rules.
///
/// Shapes   full: numel; row and column: without one of the last two axes; block: ceil(numel / block); projector and low_rank: of a
///          matrix projected to min(rank, shorter side)
/// Units    bytes, of all `count` tensors; of a shared state once
/// Assumes  what the entry's source does: blocks run over the flat tensor, a state in 4 bit has two elements in a byte
/// Tested   tests/core/optimizer_states_test.cpp, and by conformance against states read from the libraries
std::vector<StateSize> states_of(const OptimizerSetup& setup, const TrainedTensor& tensor);

/// Adds the node of one place (`optimizer_states`, `optimizer_states_unified`, `optimizer_states_host`): a node for each state with
/// a leaf for each tensor. Returns the sum. A tensor that the optimizer does not take has no states.
u64 add_optimizer_states(TermTree& tree, const OptimizerSetup& setup, const std::vector<TrainedTensor>& tensors, StatePlace place);

/// Adds the node `optimizer_transient`: what a step holds beside the states, nothing where that is not known. Returns the sum.
///
/// Formula  copies of every trained tensor at once, or of one while a copy of the tensor before it is left, where that is most
u64 add_step_transient(TermTree& tree, const OptimizerSetup& setup, const std::vector<TrainedTensor>& tensors);

/// The bytes of an element of a trained tensor as the optimizer gets it; nothing for a tensor that is frozen.
using TrainedBytes = std::function<std::optional<u32>(const Tensor&)>;

/// The tensors of one rank that are trained: parameters that run, without buffers, in the layers where they are not frozen. Labels only
/// when it explains.
///
/// Shapes   as the class of Transformers 5 holds them: a layer's experts are two parameters of three axes, gates and ups in one
/// Source   transformers-moe
/// Tested   tests/core/optimizer_states_test.cpp; conformance with recorded steps of Qwen3 30B-A3B
std::vector<TrainedTensor> trained_tensors(const TensorInventory& inventory, const ModelSpec& model, const RankShare& rank, const TrainedBytes& bytes,
                                           bool explain, const PartsByLayer& frozen = {});

/// The states of one tensor, for the wire.
Result<OptimizerStates> optimizer_states(const OptimizerStatesRequest& request, const Catalog& catalog);

}  // namespace plimsoll
