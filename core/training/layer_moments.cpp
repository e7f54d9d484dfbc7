// The order of torch's backward over layers, and torch.utils.checkpoint: a unit runs again when backward comes to its last layer.
#include <array>
#include <optional>

#include "training/activations.hpp"
#include "training/saved_lines.hpp"

namespace plimsoll {
namespace {

constexpr LedgerItem passing = saved("backward.gradients", "b_a * numel");

/// What operators keep themselves, whether their layer runs again or not.
u64 past_checkpoint_bytes(const Tape& tape) {
  u64 bytes = 0;
  for (const Tape::Line& line : tape.lines()) bytes += line.past_checkpoint ? line.bytes : 0;
  return bytes;
}

/// What is there at the highest moment of one walk.
void add_snapshot(TermTree& tree, const Tape& tape, const BackwardWalk& walk) {
  const BackwardWalk::Snapshot there = walk.at_peak();
  for (const u32 line : there.saved) add_line(tree, tape, tape.lines()[line], 1);
  Values v = tape.values;
  for (const u32 bytes : {8U, 4U, 2U, 1U}) {
    v[Symbol::numel] = there.gradients[bytes];
    v[Symbol::b_a] = bytes;
    if (there.gradients[bytes] != 0) tree.leaf(passing.id, passing.formula, v, {.source = passing.source});
  }
}

}  // namespace

u64 SavedTrace::waiting_bytes() const {
  TermTree tree(false);
  tree.open("waiting", Combine::sum);
  add_waiting(tree);
  return tree.close();
}

std::vector<LayerMoment> SavedTrace::layer_moments(NewGradients gradients) const {
  const u64 layers = model_.num_hidden_layers(), waiting = waiting_bytes();
  std::vector<std::array<std::optional<BackwardWalk>, 2>> walks(groups_.size());
  std::vector<LayerMoment> out;
  out.reserve(layers);
  u64 kept = 0, kept_before_unit = 0, run_again = 0;  // bytes of earlier layers, and of the unit's own that have run again
  u64 output = 0;                                     // bytes that the output holds of this layer and later ones
  for (u64 layer = 0; pass_.holds_output() && layer < layers; ++layer) output += groups_[group_of(layer)].output_bytes(false);
  ByWidth ahead;
  for (u64 layer = 0; layer < layers; ++layer) {
    const std::size_t at = group_of(layer);
    const Group& group = groups_[at];
    const bool again = units_.recomputed(layer), first = units_.first_of(layer) == layer;
    if (first) {
      kept_before_unit = kept;
      run_again = 0;
      if (again && unit_keeps_input(layer)) kept += group.tape.lines().front().bytes;
    }
    if (pass_.holds_output()) {
      const bool input = again && group.tape.lines().front().of_output;
      const u64 own = group.output_bytes(false);
      output -= own;  // the walk has its own
      kept += again ? own - (input && first && unit_keeps_input(layer) ? group.tape.lines().front().bytes : 0) : group.output_bytes(true);
    }
    if (!group.out.gradient) continue;  // backward ends before it
    std::optional<BackwardWalk>& walk = walks[at][again && first ? 1 : 0];
    if (!walk) walk.emplace(group.tape, group.out, gradients, again && first);
    ahead.add(walk->trained());
    LayerMoment moment{layer, run_again + walk->peak_bytes() - walk->made().bytes(), ahead};
    moment.ahead.subtract(walk->made());
    moment.bytes += output;
    if (pass_.offloading == ActivationOffloading::none) moment.bytes += kept_before_unit;
    else if (units_.end_of(layer) == layers) moment.bytes += waiting;
    out.push_back(moment);
    if (again) {
      run_again += group.tape.saved_bytes() + (first ? group.tape.lines().front().bytes : 0);
      kept += pass_.reentrant ? 0 : past_checkpoint_bytes(group.tape);
    } else {
      kept += group.tape.saved_bytes();
    }
  }
  return out;
}

void SavedTrace::add_layer_moment(TermTree& tree, u64 layer, NewGradients gradients) const {
  const u64 first = units_.first_of(layer);
  if (pass_.offloading == ActivationOffloading::none) add_layers(tree, first);
  else if (units_.end_of(layer) == model_.num_hidden_layers()) add_waiting(tree);
  const Group& group = groups_[group_of(layer)];
  const bool again = units_.recomputed(layer);
  tree.open("backward.layer", Combine::sum);
  if (first < layer) add_line(tree, groups_[group_of(first)].tape, groups_[group_of(first)].tape.lines().front(), 1);
  for (u64 earlier = first; earlier < layer; ++earlier) add_lines(tree, groups_[group_of(earlier)].tape, 1);
  add_snapshot(tree, group.tape, BackwardWalk(group.tape, group.out, gradients, again && first == layer));
  tree.close();
  if (pass_.holds_output()) add_output(tree, layer + 1, Output::all);
}

LayerMoment SavedTrace::norm_moment(NewGradients gradients) const {
  const BackwardWalk walk(head_, head_out_, gradients, false);
  return {model_.num_hidden_layers(), walk.peak_bytes() - walk.made().bytes(), walk.made()};
}

void SavedTrace::add_norm_moment(TermTree& tree, NewGradients gradients) const {
  add_kept(tree, FinalNorm::done);
  tree.open("backward.final_norm", Combine::sum);
  add_snapshot(tree, head_, BackwardWalk(head_, head_out_, gradients, false));
  tree.close();
}

}  // namespace plimsoll
