#include "training/tape.hpp"

#include <algorithm>

namespace plimsoll {

Traced Tape::make(const LedgerItem& item, u8 bytes, bool gradient, Edge edge) {
  Values v = values;
  v[Symbol::b_a] = bytes;
  const Checked size = item.formula.evaluate(v);
  overflowed_ = overflowed_ || size.overflowed;
  const auto storage = static_cast<u32>(lines_.size());
  lines_.push_back({.item = &item, .values = v, .bytes = size.value});
  return {storage, size.value / bytes, bytes, gradient, edge};
}

void Tape::save(const Traced& tensor) {
  Line& line = lines_[tensor.storage];
  const u8 region = line.dropped_in != 0 ? line.dropped_in : region_;
  if (region == 0) line.saved = true;
  else if (!line.saved) line.region = region;
  pending_.push_back(tensor.storage);
}

Traced Tape::cast(const Traced& tensor, u8 bytes) {
  if (tensor.bytes == bytes) return tensor;
  Line line = lines_[tensor.storage];
  line.values[Symbol::b_a] = bytes;
  line.bytes = (Checked{tensor.elements} * bytes).value;
  line.saved = line.weight_copy = line.past_checkpoint = false;
  line.of_output = false;
  line.region = line.dropped_in = 0;
  const auto storage = static_cast<u32>(lines_.size());
  lines_.push_back(line);
  return {storage, tensor.elements, bytes, tensor.gradient, new_gradient(tensor)};
}

void Tape::copy_weight(const LedgerItem& item) {
  if (!pass_.autocast()) return;
  const Traced copy = make(item, 2, true);
  save(copy);
  lines_[copy.storage].weight_copy = true;
  weight_copies_ += lines_[copy.storage].bytes;
}

Edge Tape::pass_gradient(std::initializer_list<Traced> inputs) {
  Backward back(*this, inputs);
  for (u8 i = 0; i < inputs.size(); ++i) back.share(i);
  return back.out();
}

Traced Tape::reshaped(Traced tensor) {
  Backward back(*this, {tensor});
  back.share(0, 0, Backward::Shape::view);
  tensor.edge = back.out();
  return tensor;
}

Edge Tape::new_gradient(const Traced& input) {
  Backward back(*this, {input});
  back.give_new(0);
  return back.out();
}

u64 Tape::saved_bytes() const {
  u64 sum = 0;
  for (const Line& line : lines_) sum += line.saved ? line.bytes : 0;
  return sum;
}

Backward::Backward(Tape& tape, std::initializer_list<Traced> inputs) : tape_(tape), node_(static_cast<u16>(tape.nodes_.size())) {
  AutogradNode node{.first_step = static_cast<u32>(tape.steps_.size()), .region = tape.region_};
  std::size_t i = 0;
  for (const Traced& input : inputs) {
    inputs_[i] = input;
    node.inputs[i++] = input.edge;
  }
  tape.nodes_.push_back(node);
}

Backward::~Backward() {
  release_all();
  tape_.nodes_[node_].end_step = static_cast<u32>(tape_.steps_.size());
}

void Backward::step(BackwardStep step) { tape_.steps_.push_back(step); }

u8 Backward::make(u64 elements, u8 bytes) {
  step({.does = BackwardStep::Does::make, .own = made_, .bytes = bytes, .elements = elements});
  return made_++;
}

void Backward::drop(u8 own) { step({.does = BackwardStep::Does::drop, .own = own}); }

void Backward::give(u8 input, u8 own, Shape shape) {
  step({.does = BackwardStep::Does::give, .own = own, .input = input, .view = shape == Shape::view});
}

void Backward::give_new(u8 input, Shape shape) {
  if (wants(input)) give(input, make(inputs_[input].elements, inputs_[input].bytes), shape);
}

void Backward::share(u8 input, u8 slot, Shape shape) {
  if (wants(input)) step({.does = BackwardStep::Does::share, .own = slot, .input = input, .view = shape == Shape::view});
}

void Backward::parameter(u64 elements, u8 bytes) { step({.does = BackwardStep::Does::parameter, .bytes = bytes, .elements = elements}); }

void Backward::release(const Traced& saved) {
  const auto found = std::find(tape_.pending_.begin(), tape_.pending_.end(), saved.storage);
  if (found == tape_.pending_.end()) return;
  tape_.pending_.erase(found);
  step({.does = BackwardStep::Does::release, .elements = saved.storage});
}

void Backward::lose() { step({.does = BackwardStep::Does::lose_all}); }

void Backward::lose(u8 slot) { step({.does = BackwardStep::Does::lose, .own = slot}); }

void Backward::release_all() {
  for (const u32 line : tape_.pending_) step({.does = BackwardStep::Does::release, .elements = line});
  tape_.pending_.clear();
}

}  // namespace plimsoll
