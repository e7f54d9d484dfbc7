#pragma once
/// Bytes of the weights on one rank, tensor by tensor.

#include <array>

#include "model/tensor_inventory.hpp"
#include "parallel/placement.hpp"
#include "report/term.hpp"
#include "storage/storage_format.hpp"

namespace plimsoll {

/// The format of each role's tensors: which tensor is stored how.
using PrecisionPlan = std::array<const StorageFormat*, EnumNames<Role>::names.size()>;

/// Adds the node "weights" with one node for each group of roles and one leaf for each tensor.
///
/// Shapes   those of the tensor on this rank
/// Units    bytes; rows are padded as the format stores them
/// Formula  L * n_exp * rows * cols * b_w, without the factors that a tensor lacks; rows * row_w where elements share bytes
/// Assumes  what a checkpoint holds apart (multi-token prediction, a stored copy of a tied head) is not loaded
/// Returns  the sum
/// Tested   tests/core/weights_test.cpp
u64 add_weights(TermTree& tree, const ModelSpec& model, const TensorInventory& inventory, const RankShare& rank, const PrecisionPlan& formats);

}  // namespace plimsoll
