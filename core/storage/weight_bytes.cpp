#include "storage/weight_bytes.hpp"

#include "storage/part_formulas.hpp"

namespace plimsoll {

Checked tensor_bytes(const Tensor& tensor, const StorageFormat& format, Place place) {
  const u8 first = tensor.stacked;
  const bool is_matrix = tensor.rank - first == 2;
  const u64 copies = first != 0 ? tensor.shape[0] : 1;
  u64 rows = is_matrix ? tensor.shape[first] : 1, cols = is_matrix ? tensor.shape[first + 1U] : tensor.shape[first];
  if (is_matrix && !format.by_rows() && tensor.out_axis > first) std::swap(rows, cols);
  Checked bytes;
  for (const FormatPart& part : format.parts)
    if (part.held != (place == Place::memory ? Held::checkpoint : Held::memory)) bytes = bytes + part_bytes(part, rows, cols);
  return bytes * copies;
}

Checked weight_bytes(const TensorInventory& inventory, const PrecisionPlan& formats, Place place) {
  Checked bytes;
  for (std::size_t number = 0; number < inventory.tensors.size(); ++number) {
    const Tensor& tensor = inventory.tensors[number];
    if (tensor.apart == Apart::tied || (tensor.apart == Apart::mtp && place == Place::memory)) continue;
    formats.each_stored(inventory, number, [&](const StorageFormat& format, u32 layers) {
      bytes = bytes + tensor_bytes(tensor, format, place) * u64{layers} * u64{tensor.experts};
    });
  }
  return bytes;
}

}  // namespace plimsoll
