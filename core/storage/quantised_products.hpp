#pragma once
/// What a linear operator makes, and drops again, because its weight is quantised. Serving counts it operator by operator in its
/// ledger (core/inference/quantised_linear.cpp); training asks here for the operator that makes most.

#include "parallel/placement.hpp"
#include "report/term.hpp"
#include "storage/precision_plan.hpp"

namespace plimsoll {

/// Whether a product with a packed weight makes a copy of it in the compute dtype first, and how sure that is: between what is fused on
/// every device and what is fused on none, the library asks which device it is, and the copy is assumed.
struct Dequantisation {
  bool made = false;
  Basis basis = Basis::exact;
};
Dequantisation dequantisation_of(const Product& product, u64 input_rows, u64 inputs);

/// One micro batch, in one direction.
struct ProductSetting {
  bool backward = false;
  ComputeDtype dtype = ComputeDtype::bf16;
  u64 micro_batch_size = 1, sequence_length = 1;
};

/// Adds the leaf `id`, labelled with the tensor, for the product that makes most, and returns its bytes; adds nothing where no weight
/// is quantised. Operators run one after the other, so the largest is there alone.
///
/// Shapes   weight [rows, cols] on the rank: outputs and inputs
/// Units    bytes beside the output (forward), or beside the output's gradient with the input's among it (backward)
/// Formula  forward, 4 bit: b_a * rows * cols, and with scales that are quantised themselves 8 * ceil(rows * cols / g_w); int8:
///          the int8 input and the larger of its steps, less the output that comes later, and the products in int32 and fp16
///          backward: b_a * rows * cols + max(4 * ceil(rows * cols / g_w), b_a * B * T * cols); int8 max(4 * rows, b_a * B * T * cols)
/// Assumes  the weight is frozen and was quantised from the compute dtype, which is bnb_4bit_compute_dtype too; no column of the input
///          holds outliers
/// Source   bitsandbytes-products
/// Tested   tests/core/quantised_products_test.cpp, with operators traced storage by storage
u64 add_largest_product(TermTree& tree, std::string_view id, const ModelSpec& model, const TensorInventory& inventory, const RankShare& rank,
                        const PrecisionPlan& formats, const ProductSetting& setting);

/// Bytes of the largest quantised weight once it is dequantised, whatever the pass: b_a * rows * cols; 0 where none is quantised.
u64 largest_dequantised_bytes(const ModelSpec& model, const TensorInventory& inventory, const RankShare& rank, const PrecisionPlan& formats, ComputeDtype dtype);

}  // namespace plimsoll
