#pragma once
/// Bytes of the weights on one rank, tensor by tensor.

#include <span>

#include "parallel/placement.hpp"
#include "report/term.hpp"
#include "storage/precision_plan.hpp"

namespace plimsoll {

/// Adds the node "weights" with one node for each group of roles and one leaf for each tensor. A tensor whose format is not counted by
/// rows alone is a node with one leaf for each of its parts, which are tensors of their own in memory.
///
/// Shapes   those of the tensor on this rank; a quantised linear operator's rows are its outputs, its columns its inputs
/// Units    bytes; rows are padded as the format stores them
/// Formula  L * n_exp * rows * cols * b_w, without the factors that a tensor lacks; rows * row_w where elements share bytes; parts as
///          part_formulas.hpp counts them
/// Assumes  what a checkpoint holds apart (multi-token prediction, a stored copy of a tied head) is not loaded
/// Returns  the sum
/// Tested   tests/core/weights_test.cpp, tests/core/quantised_weights_test.cpp; conformance with bitsandbytes' own tensors, to the byte
u64 add_weights(TermTree& tree, const ModelSpec& model, const TensorInventory& inventory, const RankShare& rank, const PrecisionPlan& formats);

/// The nodes below "weights" in the order they are shown, and the one that a role belongs to.
std::span<const std::string_view> weight_groups();
std::string_view weight_group(Role role);

}  // namespace plimsoll
