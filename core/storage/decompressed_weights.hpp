#pragma once
/// Packed weights that the first forward pass replaces by dense ones.

#include "parallel/placement.hpp"
#include "report/term.hpp"
#include "storage/precision_plan.hpp"

namespace plimsoll {

/// Adds the leaf "decompressed_weights": what the dense weights take beyond the packed ones, whose scales and shapes stay. Nothing where no
/// weight is packed.
///
/// Formula  P_l * b_a - m: elements of the weights on the rank, and the bytes of what is replaced
/// Assumes  Transformers 5.23 with compressed-tensors 0.20, unless it is told to keep weights compressed
/// Source   transformers-compressed-tensors, measured on a small model: packed 1,135,584 bytes became 2,905,056, dense 2,886,400
/// Returns  the bytes
/// Tested   tests/core/quantization_notices_test.cpp
u64 add_decompressed_weights(TermTree& tree, const ModelSpec& model, const TensorInventory& inventory, const RankShare& rank, const PrecisionPlan& formats,
                             ComputeDtype dtype);

}  // namespace plimsoll
