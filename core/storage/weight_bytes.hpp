#pragma once
/// Bytes of whole models under a plan, in memory and in the file: what notices say, without a tree.

#include "storage/checkpoint_plan.hpp"

namespace plimsoll {

/// Bytes of one copy of a tensor.
///
/// Formula  rows padded as row_bytes, or the parts' own (part_formulas.hpp); a part that this place lacks adds nothing
/// Tested   tests/core/checkpoint_plan_test.cpp, against whole models
Checked tensor_bytes(const Tensor& tensor, const StorageFormat& format, Place place);

/// Bytes of all weights. In a file also those that are stored apart: prediction layers, not a tied head.
Checked weight_bytes(const TensorInventory& inventory, const PrecisionPlan& formats, Place place);

}  // namespace plimsoll
