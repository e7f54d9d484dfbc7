#pragma once
/// A checkpoint's tensors against the model's: which of them each is, and what differs.

#include <vector>

#include "model/tensor_inventory.hpp"
#include "request.hpp"

namespace plimsoll {

/// Tensors of a checkpoint that belong to one of the model.
struct StoredTensors {
  std::size_t tensor = 0;   ///< in TensorInventory::tensors
  std::string name, type;
  u64 count = 1, bytes = 0; ///< bytes of one
  bool constant = false;    ///< of the file alone: rotary factors in GGUF; `tensor` is meaningless
};

struct StoredWeights {
  std::vector<StoredTensors> tensors;
  std::vector<TensorDifference> differences;
  bool sizes_known = true;  ///< an index names tensors without sizes
};

/// Finds the tensor of the model that each group of a checkpoint belongs to. Quantised checkpoints hold several tensors for one module
/// (qweight, scales, weight.absmax, ...): each belongs to its module's weight. Names of GGUF files are found by what they are for.
///
/// Assumes  a packed weight may have any shape; every other has the model's
/// Tested   tests/core/stored_weights_test.cpp; conformance with published indexes and GGUF files
StoredWeights stored_weights(const CheckpointSummary& checkpoint, const TensorInventory& inventory);

/// Bytes of the model's tensors, each in a type of so many bytes, that the checkpoint names: an unquantised checkpoint's own size. Nothing
/// where names differ, or where tensors are packed.
std::optional<u64> bytes_of_named(const CheckpointSummary& checkpoint, const StoredWeights& stored, const TensorInventory& inventory, u64 bytes_per_element);

}  // namespace plimsoll
