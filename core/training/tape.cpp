#include "training/tape.hpp"

namespace plimsoll {

Traced Tape::make(const LedgerItem& item, u8 bytes, bool gradient) {
  Values v = values;
  v[Symbol::b_a] = bytes;
  const Checked size = item.formula.evaluate(v);
  overflowed_ = overflowed_ || size.overflowed;
  const auto storage = static_cast<u32>(lines_.size());
  lines_.push_back({.item = &item, .values = v, .bytes = size.value});
  return {storage, size.value / bytes, bytes, gradient};
}

void Tape::save(const Traced& tensor) {
  Line& line = lines_[tensor.storage];
  const u8 region = line.dropped_in != 0 ? line.dropped_in : region_;
  if (region == 0) line.saved = true;
  else if (!line.saved) line.region = region;
}

Traced Tape::cast(const Traced& tensor, u8 bytes) {
  if (tensor.bytes == bytes) return tensor;
  Line line = lines_[tensor.storage];
  line.values[Symbol::b_a] = bytes;
  line.bytes = (Checked{tensor.elements} * bytes).value;
  line.saved = line.weight_copy = false;
  line.region = line.dropped_in = 0;
  const auto storage = static_cast<u32>(lines_.size());
  lines_.push_back(line);
  return {storage, tensor.elements, bytes, tensor.gradient};
}

void Tape::copy_weight(const LedgerItem& item) {
  if (!pass_.autocast()) return;
  const Traced copy = make(item, 2, true);
  save(copy);
  lines_[copy.storage].weight_copy = true;
  weight_copies_ += lines_[copy.storage].bytes;
}

void Tape::mark_softmax(const Traced& probabilities, const Traced& values_used) {
  softmax_ = {true, {}, probabilities.storage, values_used};
  for (u32 i = 0; i < lines_.size(); ++i)
    if (lines_[i].saved) softmax_.saved.push_back(i);
}

u64 Tape::saved_bytes() const {
  u64 sum = 0;
  for (const Line& line : lines_) sum += line.saved ? line.bytes : 0;
  return sum;
}

}  // namespace plimsoll
