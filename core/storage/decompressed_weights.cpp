#include "storage/decompressed_weights.hpp"

#include "storage/part_formulas.hpp"

namespace plimsoll {

u64 add_decompressed_weights(TermTree& tree, const ModelSpec& model, const TensorInventory& inventory, const RankShare& rank, const PrecisionPlan& formats,
                             ComputeDtype dtype) {
  static constexpr Formula added{"P_l * b_a - m"};
  Checked elements, packed;
  for (std::size_t number = 0; number < inventory.tensors.size(); ++number) {
    const Tensor& tensor = inventory.tensors[number];
    if (tensor.apart != Apart::no || !tensor.linear) continue;
    formats.each_stored(inventory, number, [&](const StorageFormat& format, u32 layers) {
      if (format.by_rows() || format.parts.empty()) return;
      const std::array<u32, 3> shape = shape_on_rank(tensor, model, rank);
      const u64 rows = shape[tensor.out_axis], cols = shape[1U - tensor.out_axis];
      elements = elements + Checked{rows} * cols * u64{layers};
      packed = packed + part_bytes(format.parts.front(), rows, cols) * u64{layers};
    });
  }
  if (elements.value == 0) return 0;
  Values v;
  v[Symbol::P_l] = elements.value;
  v[Symbol::b_a] = bytes_of(dtype);
  v[Symbol::m] = packed.value;
  return tree.leaf("decompressed_weights", added, v, {.source = "transformers-compressed-tensors", .basis = Basis::measured});
}

}  // namespace plimsoll
