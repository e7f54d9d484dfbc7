#include "checkpoint/checkpoint.hpp"

namespace plimsoll {

Checked Checkpoint::tensor_bytes() const {
  Checked sum;
  for (const StoredTensor& tensor : tensors) sum = sum + tensor.bytes;
  return sum;
}

StoredTensor& Checkpoint::add(std::string_view name) {
  StoredTensor tensor;
  tensor.name_at = names.size();
  tensor.name_size = static_cast<u32>(name.size());
  tensor.shape_at = static_cast<u32>(dimensions.size());
  names.append(name);
  tensors.push_back(tensor);
  return tensors.back();
}

}  // namespace plimsoll
