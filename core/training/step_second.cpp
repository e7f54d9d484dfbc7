// PPOTrainer of TRL: what its train() holds of the output, and the value model that it trains beside the policy.
#include "training/step_parts.hpp"

namespace plimsoll {
namespace {

constexpr Formula logits{"b_a * V * B * T"}, state_of_head{"b_a * B * T * h"}, report{"n * b_a * V * B * C"};

}  // namespace

void Step::reported(u64 count) {
  v[Symbol::b_a] = pass().output_bytes();
  v[Symbol::C] = pass().completion_length;
  v[Symbol::n] = count;
  add("output.report", report, source::proximal);
}

void Step::output(u64 from) {
  if (!pass().holds_output()) return;
  tree.open("output", Combine::sum);
  if (from < model().num_hidden_layers()) trace.add_output(tree, from, SavedTrace::Output::all);
  v[Symbol::b_a] = pass().output_bytes();
  add("output.final_state", state_of_head, source::proximal);
  add("loss.logits", logits, source::proximal);
  if (state.gradients_before_step) reported(1);
  tree.close();
}

void Step::left_over(bool output_too) {
  if (!pass().holds_output() || !state.gradients_before_step) return;
  if (output_too) return output();
  tree.open("output", Combine::sum);
  reported(1);
  tree.close();
}

Step Step::of_second() const { return {tree, second->trace, second->loss, second->state, second->at}; }

void Step::second_kept(bool with_output) {
  if (second == nullptr) return;
  tree.open("second_model", Combine::sum);
  Step own = of_second();
  own.before(During::kept);
  tree.open("activations", Combine::sum);
  own.trace.add_kept(tree);
  own.loss.add(tree, During::kept, LossNode::activations);
  if (with_output) own.trace.add_output(tree, 0, SavedTrace::Output::apart);
  tree.close();
  tree.close();
}

void Step::second_gradients() {
  if (second == nullptr) return;
  tree.open("second_model", Combine::sum);
  of_second().gradients(complete);
  tree.close();
}

}  // namespace plimsoll
