// torch/csrc/autograd: engine.cpp (order, release of what was saved), input_buffer.cpp (sums), functions/accumulate_grad.h.
#include "training/backward_walk.hpp"

#include <limits>

namespace plimsoll {
namespace {

constexpr u64 to_the_end = std::numeric_limits<u64>::max();

}  // namespace

BackwardWalk::BackwardWalk(const Tape& tape, const Traced& out, NewGradients gradients, bool input_stays)
    : tape_(tape), out_(out), gradients_(gradients), input_stays_(input_stays) {
  if (tape.pass().compiled() || tape.pass().kernels == TrainingKernels::transformer_engine) look_at_start();
  else run(to_the_end);
}

/// All that the layer saves, the largest of its parts that run again, and the gradient that comes.
void BackwardWalk::look_at_start() {
  at_start_ = true;
  u64 most = 0;
  for (u8 region = 1; region <= tape_.regions(); ++region) {
    u64 bytes = 0;
    for (const Tape::Line& line : tape_.lines()) bytes += line.region == region && !line.saved ? line.bytes : 0;
    if (bytes <= most) continue;
    most = bytes;
    largest_region_ = region;
  }
  const bool input_apart = input_stays_ && !tape_.lines().front().saved;
  peak_ = tape_.saved_bytes() + most + out_.elements * out_.bytes + (input_apart ? tape_.lines().front().bytes : 0);
  for (const BackwardStep& step : tape_.steps())
    if (step.does == BackwardStep::Does::parameter) trained_[step.bytes] += step.elements;
}

void BackwardWalk::run(u64 until) {
  until_ = until;
  const std::vector<Tape::Line>& lines = tape_.lines();
  stores_.reserve(lines.size() + 64);
  for (const Tape::Line& line : lines) stores_.push_back({.bytes = line.bytes});
  for (const BackwardStep& step : tape_.steps())
    if (step.does == BackwardStep::Does::release && lines[step.elements].saved) hold(static_cast<u32>(step.elements));
  if (input_stays_) hold(0);
  for (u32 line = 0; tape_.pass().holds_output() && line < lines.size(); ++line)
    if (lines[line].of_output) hold(line);
  waiting_.resize(tape_.nodes().size() * slots);
  receive(out_.edge, new_store(out_.elements, out_.bytes), false);
  for (std::size_t number = tape_.nodes().size(); number-- > 1 && !stopped();) run_node(tape_.nodes()[number], static_cast<u16>(number));
}

BackwardWalk::Snapshot BackwardWalk::at_peak() const {
  Snapshot out;
  const u32 lines = static_cast<u32>(tape_.lines().size());
  if (at_start_) {
    for (u32 line = 0; line < lines; ++line) {
      const Tape::Line& one = tape_.lines()[line];
      const bool in_region = largest_region_ != 0 && one.region == largest_region_;
      if (one.saved || in_region || (line == 0 && input_stays_)) out.saved.push_back(line);
    }
    out.gradients[out_.bytes] += out_.elements;
    return out;
  }
  BackwardWalk again(*this);
  again.stores_.clear();
  again.waiting_.clear();
  again.region_started_ = {};
  again.now_ = again.looks_ = 0;
  again.run(peak_look_);
  for (u32 store = 0; store < again.stores_.size(); ++store) {
    if (again.stores_[store].references == 0) continue;
    if (store < lines) out.saved.push_back(store);
    else out.gradients[again.stores_[store].width] += again.stores_[store].elements;
  }
  return out;
}

void BackwardWalk::run_node(const AutogradNode& node, u16 number) {
  bool asked = false;
  for (std::size_t slot = 0; slot < slots; ++slot) asked = asked || waiting_[number * slots + slot].store != 0;
  if (!asked) return;
  if (node.region != 0) start_region(node.region);
  own_.fill(0);
  for (u32 i = node.first_step; i < node.end_step; ++i) {
    run_step(tape_.steps()[i], node, number);
    if (stopped()) return;
  }
  lose_gradients(number);
  for (const u32 store : own_)
    if (store != 0) let_go(store);
}

/// A part that runs again alone makes what it saves when backward comes to it.
void BackwardWalk::start_region(u8 number) {
  if (number >= region_started_.size() || region_started_[number]) return;
  region_started_[number] = true;
  const std::vector<Tape::Line>& lines = tape_.lines();
  for (const BackwardStep& step : tape_.steps())
    if (step.does == BackwardStep::Does::release && !lines[step.elements].saved && lines[step.elements].region == number)
      hold(static_cast<u32>(step.elements));
  look();
}

void BackwardWalk::run_step(const BackwardStep& step, const AutogradNode& node, u16 number) {
  using enum BackwardStep::Does;
  u32& own = own_[step.own % own_.size()];
  switch (step.does) {
    case make: own = new_store(step.elements, step.bytes); break;
    case drop:
      let_go(own);
      own = 0;
      break;
    case give:
      receive(node.inputs[step.input], own, step.view);
      own = 0;
      break;
    case share: {
      const Slot came = waiting_[number * slots + step.own];
      if (came.store == 0) break;
      hold(came.store);
      receive(node.inputs[step.input], came.store, came.view || step.view);
      break;
    }
    case parameter: new_parameter(step); break;
    case release: {
      const auto line = static_cast<u32>(step.elements);
      if (stores_[line].references != 0) let_go(line);
      break;
    }
    case lose: lose_gradient(waiting_[number * slots + step.own]); break;
    case lose_all: lose_gradients(number); break;
  }
}

u32 BackwardWalk::new_store(u64 elements, u32 bytes) {
  stores_.push_back({elements, elements * bytes, bytes, 0});
  const auto store = static_cast<u32>(stores_.size() - 1);
  hold(store);
  look();
  return store;
}

void BackwardWalk::hold(u32 store) {
  if (stores_[store].references++ == 0) now_ += stores_[store].bytes;
}

void BackwardWalk::let_go(u32 store) {
  if (stopped()) return;
  if (--stores_[store].references == 0) now_ -= stores_[store].bytes;
}

/// The input buffer of an operator. What nobody asks for is gone.
void BackwardWalk::receive(const Edge& edge, u32 store, bool view) {
  if (edge.node == 0) return let_go(store);
  Slot& slot = waiting_[edge.node * slots + edge.slot];
  if (slot.store == 0) {
    slot = {store, view};
    return;
  }
  if (!slot.view && stores_[slot.store].references == 1) return let_go(store);
  const u32 sum = new_store(stores_[slot.store].elements, stores_[slot.store].width);
  let_go(slot.store);
  let_go(store);
  slot = {sum, false};
}

void BackwardWalk::lose_gradient(Slot& slot) {
  if (slot.store != 0) let_go(slot.store);
  slot = {};
}

void BackwardWalk::lose_gradients(u16 number) {
  for (std::size_t i = 0; i < slots; ++i) lose_gradient(waiting_[number * slots + i]);
}

void BackwardWalk::new_parameter(const BackwardStep& step) {
  trained_[step.bytes] += step.elements;
  if (gradients_ == NewGradients::added) {  // beside what the operator still holds
    std::size_t place = own_.size() - 1;  // from the end: the operator numbers its own from the start
    while (own_[place] != 0) --place;
    own_[place] = new_store(step.elements, step.bytes);
    return;
  }
  made_[step.bytes] += step.elements;
  now_ += step.elements * step.bytes;
  look();
}

void BackwardWalk::look() {
  ++looks_;
  if (now_ <= peak_) return;
  peak_ = now_;
  peak_look_ = looks_;
  made_at_peak_ = made_;
}

}  // namespace plimsoll
