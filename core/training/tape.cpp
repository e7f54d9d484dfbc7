#include "training/tape.hpp"

namespace plimsoll {

Traced Tape::make(const LedgerItem& item, u8 bytes, bool gradient) {
  Values v = values;
  v[Symbol::b_a] = bytes;
  const Checked size = item.formula.evaluate(v);
  overflowed_ = overflowed_ || size.overflowed;
  const auto storage = static_cast<u32>(lines_.size());
  lines_.push_back({&item, v, size.value, false});
  return {storage, size.value / bytes, bytes, gradient};
}

Traced Tape::cast(const Traced& tensor, u8 bytes) {
  if (tensor.bytes == bytes) return tensor;
  Line line = lines_[tensor.storage];
  line.values[Symbol::b_a] = bytes;
  line.bytes = (Checked{tensor.elements} * bytes).value;
  line.saved = false;
  const auto storage = static_cast<u32>(lines_.size());
  lines_.push_back(line);
  return {storage, tensor.elements, bytes, tensor.gradient};
}

void Tape::copy_weight(const LedgerItem& item) {
  if (!pass_.autocast()) return;
  const Traced copy = make(item, 2, true);
  save(copy);
  weight_copies_ += lines_[copy.storage].bytes;
}

void Tape::mark_softmax(const Traced& probabilities, const Traced& values_used) {
  softmax_ = {saved_bytes(), lines_[probabilities.storage].bytes, (Checked{values_used.elements} * values_used.bytes).value};
}

u64 Tape::saved_bytes() const {
  u64 sum = 0;
  for (const Line& line : lines_) sum += line.saved ? line.bytes : 0;
  return sum;
}

}  // namespace plimsoll
