// torch's autograd engine, torch.optim.
#include "training/step_moments.hpp"

#include "training/step_parts.hpp"

namespace plimsoll {
namespace {

constexpr Formula embedding_gradient{"V * h * b_g"}, logits{"b_a * V * B * T"}, stream{"b_a * B * T * h"}, one_norm{"b_g"};
constexpr Formula loss_and_gradient{"8"};

/// The reentrant checkpoint's function holds its arguments until it returns.
bool holds_arguments(const Step& s) { return s.pass().reentrant && s.trace.recomputes(); }

void before_forward(Step& s) {
  if (s.state.gradients_before_step) s.gradients(complete);
  if (s.state.gradients_before_step) s.second_gradients();
  s.left_over(true);
}

void activations(Step& s, During when, FinalNorm norm = FinalNorm::kept) {
  s.tree.open("activations", Combine::sum);
  s.trace.add_kept(s.tree, norm);
  s.loss.add(s.tree, when, LossNode::activations);
  if (when == During::forward) s.trace.add_layer_weight_copies(s.tree);
  s.tree.close();
}

/// A product of the last layer with a quantised weight, which few tokens make larger than their loss.
void in_last_layer(Step& s) {
  s.before(During::kept);
  s.tree.open("activations", Combine::sum);
  s.trace.add_kept(s.tree, FinalNorm::done);
  s.trace.add_layer_weight_copies(s.tree);
  s.state.add_product(s.tree, s.pass());
  s.tree.close();
  s.second_kept(true);
  s.left_over(true);
}

/// Before the output is returned: the second model's output is there too.
void at_output(Step& s) {
  s.before(During::kept);
  activations(s, During::kept);
  s.tree.open("loss", Combine::sum);
  s.v[Symbol::b_a] = s.pass().logit_bytes();
  s.add("loss.logits", logits, source::proximal);
  s.tree.close();
  s.second_kept(true);
  s.left_over(true);
}

/// At the loss all layers have run.
void in_loss(Step& s) {
  s.before(During::forward);
  activations(s, During::forward);
  s.add_loss(During::forward);
  s.second_kept();
  s.left_over(s.pass().autocast());  // it is there while what autocast made is cast
}

void after_forward(Step& s) {
  s.before(During::kept);
  activations(s, During::kept);
  s.add_loss(During::kept);
  s.second_kept();
  s.left_over(false);
}

void at_loss(Step& s) {
  s.before(During::backward);
  activations(s, During::backward);
  s.add_loss(During::backward);
  s.second_kept();
  s.left_over(false);
}

/// The head's product: the gradient of the logits is cast, then those of its weight and of the state are made. Autocast casts the weight's
/// gradient back.
void at_head(Step& s) {
  s.before(During::kept);
  activations(s, During::kept);
  const bool trained = s.pass().training_outside().trains({Role::lm_head});
  s.tree.open("loss", Combine::sum);
  if (s.pass().kept_logits != KeptLogits::none) {
    s.v[Symbol::b_a] = s.pass().kept_logit_bytes();
    s.add("loss.logits", logits, source::training);
  }
  s.v[Symbol::b_a] = s.v[Symbol::b_g] = s.pass().logit_bytes();
  s.add("loss.gradients", logits);
  if (trained) s.add("gradients.head", embedding_gradient);
  s.add("backward.stream_gradient", stream);
  s.add("loss.value_and_gradient", loss_and_gradient, source::training);
  s.tree.close();
}

void at_norm(Step& s) {
  s.gradients({.head = !s.state.steps_in_backward || s.tied(), .none_so_far = !s.state.gradients_before_step});
  s.tree.open("activations", Combine::sum);
  s.trace.add_norm_moment(s.tree, s.new_gradients());
  s.tree.close();
  s.loss_at_end();
  s.output(s.model().num_hidden_layers());
  s.second_kept();
}

/// The highest moment of one layer's backward: every later gradient is there.
void at_layer(Step& s) {
  s.gradients({.all_embeddings_ahead = true, .ahead = s.at.ahead, .head = s.tied()});
  s.tree.open("activations", Combine::sum);
  for (const Outside part : {Outside::embeddings, Outside::tables, Outside::frame}) s.trace.add_outside(s.tree, part);
  s.trace.add_layer_moment(s.tree, s.at.layer, s.new_gradients());
  s.tree.close();
  s.loss_at_end();
  s.output(s.model().num_hidden_layers());
  s.second_kept();
}

/// The embedding's gradient is made beside the stream's; with tied weights the head's is there too.
void at_embedding(Step& s) {
  s.gradients({.embedding_ahead = true, .head = s.tied(), .embedding = true});
  s.tree.open("activations", Combine::sum);
  if (holds_arguments(s)) s.checkpoint_arguments();
  s.add_stream("backward.stream_gradient");
  s.tree.close();
  s.loss_at_end();
  s.output();
  s.second_kept();
}

/// The head's gradient is a transposed view, so the sum of both is a third tensor. Autocast's cast back makes a fresh one instead.
void at_tied_sum(Step& s) {
  s.gradients({.embedding_ahead = true, .head = true, .embedding = true, .tied_sum = true});
  if (holds_arguments(s)) {
    s.tree.open("activations", Combine::sum);
    s.checkpoint_arguments();
    s.tree.close();
  }
  s.loss_at_end();
  s.output();
  s.second_kept();
}

/// The head's matrix is stepped where its gradient is made, before any layer.
void at_head_step(Step& s) {
  s.gradients({.head = true});
  s.tree.open("activations", Combine::sum);
  s.trace.add_kept(s.tree);
  s.add_stream("backward.stream_gradient");
  s.tree.close();
  if (s.state.add_transient_of_matrix) s.state.add_transient_of_matrix(s.tree, true);
  s.loss_at_end();
}

/// The embedding is stepped last; tied weights when both gradients have been added.
void at_embedding_step(Step& s) {
  s.gradients({.embedding = true});
  if (s.state.add_transient_of_matrix) s.state.add_transient_of_matrix(s.tree, false);
  s.loss_at_end();
}

using Describe = void (*)(Step&);

/// The second model's backward, when the first one's is done.
template <Describe describe>
void at_second(Step& s) {
  s.gradients(complete);
  s.output();
  s.tree.open("second_model", Combine::sum);
  Step own = s.of_second();
  describe(own);
  s.tree.close();
}

u64 add_moment(Step& s, std::string_view id, Describe describe) {
  s.tree.open(id, Combine::sum);
  describe(s);
  return s.tree.close();
}

/// Adds the moment that is highest of those that it may be.
u64 add_highest(Step& s, std::string_view id, const std::vector<Describe>& candidates) {
  Describe highest = candidates.front();
  u64 most = 0;
  for (const Describe candidate : candidates) {
    TermTree trial(false);
    Step step{trial, s.trace, s.loss, s.state, s.at, s.second};
    const u64 bytes = add_moment(step, id, candidate);
    if (bytes > most) {
      most = bytes;
      highest = candidate;
    }
  }
  return add_moment(s, id, highest);
}

u64 backward_peak(Step& s) {
  s.at = highest_layer(s);
  std::vector<Describe> candidates{at_loss};
  if (s.trace.reaches_norm()) candidates.push_back(at_norm);
  if (s.trace.reaches_layers()) candidates.push_back(at_layer);
  if (s.state.steps_in_backward && s.head_part() != nullptr && !s.tied()) candidates.push_back(at_head_step);
  if (s.state.steps_in_backward && s.embedding_part() != nullptr) candidates.push_back(at_embedding_step);
  if (s.pass().loss == LossImplementation::transformers && s.pass().objective == TrainingObjective::sft && !s.megatron()) candidates.push_back(at_head);
  if (s.embedding_part() != nullptr) {
    candidates.push_back(at_embedding);
    if (s.tied() && !s.pass().casts_weights()) candidates.push_back(at_tied_sum);
  }
  if (s.second != nullptr) candidates.insert(candidates.end(), {at_second<at_norm>, at_second<at_layer>, at_second<at_embedding>});
  return add_highest(s, "moment.backward_peak", candidates);
}

u64 forward_peak(Step& s) {
  std::vector<Describe> candidates{in_loss};
  if (s.state.add_product) candidates.push_back(in_last_layer);
  if (s.pass().holds_output()) candidates.push_back(at_output);
  return add_highest(s, "moment.forward_peak", candidates);
}

void with_gradients(Step& s) {
  s.gradients(complete);
  s.second_gradients();
  s.output();
}
void clipping(Step& s) {
  s.gradients(complete);
  s.tree.open("clipping", Combine::sum);
  s.add_norms();
  s.tree.close();
}
/// The norm of all gradients is kept through the step.
void stepping(Step& s) {
  with_gradients(s);
  if (s.state.steps_in_backward) return;
  if (s.state.clips && !s.state.parts.empty()) {
    s.v[Symbol::b_g] = s.state.parts.front().gradient_bytes;
    s.tree.open("clipping", Combine::sum);
    s.add("clipping.norm", one_norm, source::clipping);
    s.tree.close();
  }
  if (s.state.add_optimizer_transient) s.state.add_optimizer_transient(s.tree);
}
/// Nothing but an output that is still held, and what is reported of it.
void after_step(Step& s) {
  if (!s.pass().holds_output()) return;
  s.output();
  s.reported(s.state.gradients_before_step ? 1 : 2);
}

/// Gradients are clipped before the optimizer steps.
u64 optimizer_step(Step& s) {
  std::vector<Describe> candidates{stepping};
  if (s.state.clips && !s.state.gradients_stand) candidates.push_back(clipping);
  return add_highest(s, "moment.optimizer_step", candidates);
}

/// All that the second model's moments are made of.
struct SecondPass {
  SecondPass(const SecondModel& second, const TrainedState& first)
      : trace(*second.model, second.pass), loss(*second.model, trace.pass(), trace.values()),
        state{.parts = second.parts, .gradients_before_step = first.gradients_before_step, .gradients_stand = first.gradients_stand} {
    TermTree none(false);
    parts.at = highest_layer(Step{none, trace, loss, state});
  }
  SavedTrace trace;
  LossTrace loss;
  TrainedState state;
  SecondTrace parts{trace, loss, state};
};

}  // namespace

StepPeak add_step_moments(TermTree& tree, const ModelSpec& model, const TrainingPass& pass, const TrainedState& state) {
  const SavedTrace trace(model, pass);
  const LossTrace loss(model, trace.pass(), trace.values());
  Step step{tree, trace, loss, state};
  std::optional<SecondPass> second;
  if (state.second) step.second = &second.emplace(*state.second, state).parts;
  StepPeak peak;
  tree.open("moments", Combine::peak);
  peak.before_forward = add_moment(step, "moment.before_forward", before_forward);
  peak.forward_peak = forward_peak(step);
  peak.loss = add_moment(step, "moment.loss", after_forward);
  peak.backward_peak = backward_peak(step);
  peak.end_of_backward = add_moment(step, "moment.end_of_backward", with_gradients);
  peak.optimizer_step = optimizer_step(step);
  peak.after_step = add_moment(step, "moment.after_step", after_step);
  tree.close();
  return peak;
}

}  // namespace plimsoll
