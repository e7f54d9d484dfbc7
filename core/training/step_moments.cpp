// ForCausalLMLoss, torch's autograd engine, torch.optim.
#include "training/step_moments.hpp"

#include <algorithm>

#include "training/tape.hpp"

namespace plimsoll {
namespace {

constexpr Formula plain{"m"}, inputs{"16 * B * T"}, batch_mask{"B * T * T"}, logits{"b_a * V * B * T"}, wide_logits{"4 * V * B * T"};
constexpr Formula padded_labels{"8 * B * (T + 1)"}, normed{"b_a * B * T * h"}, loss_gradients{"8 * V * B * T"}, loss_and_gradient{"8"};
constexpr Formula frequencies{"n * 8 * ceil_div(d_rot, 2)"}, factor{"b_a"}, stream_gradient{"b_a * B * T * h"};

struct Step {
  TermTree& tree;
  const ModelSpec& model;
  const TrainingPass& pass;
  const StateBytes& states;
  Values v{};

  void add(std::string_view id, const Formula& formula, std::string_view from) { tree.leaf(id, formula, v, {.source = from}); }
  void amount(std::string_view id, u64 bytes) {
    if (bytes == 0) return;
    v[Symbol::m] = bytes;
    add(id, plain, source::autograd);
  }
  void with(u8 bytes) { v[Symbol::b_a] = bytes; }

  void open(std::string_view id) { tree.open(id, Combine::sum); }
  u64 close() { return tree.close(); }

  void buffers() {
    if (model.rotary_dim != 0) {
      bool full = false, sliding = false;
      for (const LayerSpec& kind : model.decoder().kinds) {
        const auto* grouped = std::get_if<GroupedQueryAttention>(&kind.mixer.kind);
        (grouped != nullptr && grouped->sliding_window ? sliding : full) = true;
      }
      v[Symbol::d_rot] = model.rotary_dim;
      v[Symbol::n] = model.rotary_table_per_kind ? u64{full} + u64{sliding} : 1;
      add("moment.rotary_frequencies", frequencies, source::training);
    }
    with(pass.weight_bytes());
    if (model.embedding_multiplier_tensor) add("moment.embedding_factor", factor, source::training);
  }
  /// Weights, buffers, the batch, and the states where there are any.
  void standing(bool with_states) {
    amount("moment.weights", states.weights);
    buffers();
    add("moment.input", inputs, source::training);
    if (pass.padded) add("moment.batch_mask", batch_mask, source::training);
    if (with_states) amount("moment.optimizer_states", states.optimizer_states);
  }
  void before() {
    standing(states.states_before_step);
    if (states.gradients_before_step) amount("moment.gradients", states.gradients);
  }
  void held_output() {
    if (!pass.output_held) return;
    with(pass.logit_bytes());
    add("moment.logits", logits, source::training);
  }
};

u64 before_forward(Step& s) {
  s.open("moment.before_forward");
  s.before();
  return s.close();
}

/// The loss: logits, their fp32 copy, log-probabilities (saved). The normed output is alive where no operator saved it.
u64 forward_peak(Step& s) {
  s.open("moment.forward_peak");
  s.before();
  add_saved_activations(s.tree, s.model, s.pass);
  s.with(s.pass.logit_bytes());
  s.add("moment.logits", logits, source::training);
  if (s.pass.logit_bytes() < 4) s.add("moment.logits_fp32", wide_logits, source::training);
  if (s.pass.micro_batch_size > 1) s.add("moment.padded_labels", padded_labels, source::training);
  if (s.pass.lora || s.pass.autocast()) {
    s.with(s.pass.weight_bytes());
    s.add("moment.normed_output", normed, source::training);
  }
  if (s.pass.recompute == RecomputeGranularity::full) s.amount("moment.weight_copies", layer_weight_copies(s.model, s.pass).value);
  return s.close();
}

u64 loss(Step& s) {
  s.open("moment.loss");
  s.before();
  add_saved_activations(s.tree, s.model, s.pass);
  s.held_output();
  return s.close();
}

/// The gradient of log-softmax beside that of the negative log-likelihood; the labels are gone by then.
void at_loss(Step& s) {
  s.before();
  add_saved_activations(s.tree, s.model, s.pass, Labels::dropped);
  s.held_output();
  s.add("moment.loss_gradients", loss_gradients, source::autograd);
}

/// What backward leaves standing at its end, the embedding's gradient apart: an earlier micro batch's has a place already.
void late(Step& s, u64 missing = 0) {
  s.standing(s.states.states_before_step);
  s.amount("moment.gradients", s.states.gradients - (s.states.gradients_before_step ? 0 : s.states.embedding_gradient + missing));
  if (s.pass.reentrant && s.pass.recompute == RecomputeGranularity::full) {  // the last function holds its arguments
    const SavedOutside outside = saved_outside(s.model, s.pass);
    s.amount("moment.checkpoint_arguments", outside.tables + outside.frame);
  }
  s.held_output();
  s.add("moment.loss", loss_and_gradient, source::training);
}

/// The start of the first layer's backward: every later gradient is there, and all that the layer keeps.
void at_layer(Step& s) {
  late(s, s.states.first_layer_gradients);
  if (s.model.tie_word_embeddings) s.amount("moment.head_gradient", s.states.embedding_gradient);
  s.amount("moment.layer", first_layer_bytes(s.model, s.pass).value);
  s.with(s.pass.weight_bytes());
  s.add("moment.stream_gradient", stream_gradient, source::autograd);
}

/// The softmax of the first layer's attention: long sequences without a fused kernel.
void at_softmax(Step& s) {
  const SoftmaxBackward softmax = first_layer_softmax(s.model, s.pass);
  late(s, softmax.weights_ahead);
  if (s.model.tie_word_embeddings) s.amount("moment.head_gradient", s.states.embedding_gradient);
  if (!s.pass.reentrant) {
    const SavedOutside outside = saved_outside(s.model, s.pass);
    s.amount("moment.checkpoint_arguments", outside.tables + outside.frame);
  }
  s.amount("moment.layer", softmax.kept);
  s.amount("moment.score_gradients", softmax.score_gradients);
  s.amount("moment.value_gradient", softmax.value_gradient);
  s.with(s.pass.weight_bytes());
  s.add("moment.stream_gradient", stream_gradient, source::autograd);
}

/// The embedding's gradient is made beside the stream's; with tied weights the head's is there too.
void at_embedding(Step& s) {
  late(s);
  if (s.model.tie_word_embeddings) s.amount("moment.head_gradient", s.states.embedding_gradient);
  s.amount("moment.embedding_gradient", s.states.embedding_gradient);
  s.with(s.pass.weight_bytes());
  s.add("moment.stream_gradient", stream_gradient, source::autograd);
}

/// The head's gradient is a transposed view, so the sum of both is a third tensor. Autocast's cast back makes a fresh one instead.
void at_tied_sum(Step& s) {
  late(s);
  s.amount("moment.head_gradient", s.states.embedding_gradient);
  s.amount("moment.embedding_gradient", s.states.embedding_gradient);
  s.amount("moment.tied_gradient", s.states.embedding_gradient);
}

u64 backward_peak(Step& s) {
  std::vector<void (*)(Step&)> candidates{at_loss};
  if (s.states.embedding_gradient != 0) {
    candidates.push_back(at_embedding);
    if (first_layer_softmax(s.model, s.pass).kept != 0) candidates.push_back(at_softmax);
    if (s.model.tie_word_embeddings && !s.pass.autocast()) candidates.push_back(at_tied_sum);
  }
  if (s.states.first_layer_gradients != 0) candidates.push_back(at_layer);
  auto* highest = candidates.front();
  u64 most = 0;
  for (auto* candidate : candidates) {
    TermTree trial(false);
    Step step{trial, s.model, s.pass, s.states, s.v};
    step.open("moment.backward_peak");
    candidate(step);
    const u64 bytes = step.close();
    if (bytes > most) {
      most = bytes;
      highest = candidate;
    }
  }
  s.open("moment.backward_peak");
  highest(s);
  return s.close();
}

u64 after_backward(Step& s, std::string_view id, bool with_states, bool with_gradients, u64 transient) {
  s.open(id);
  s.standing(with_states);
  if (with_gradients) s.amount("moment.gradients", s.states.gradients);
  s.amount("moment.step_transient", transient);
  return s.close();
}

}  // namespace

u64 buffer_bytes(const ModelSpec& model, const TrainingPass& pass) {
  TermTree tree(false);
  const StateBytes none;
  Step step{tree, model, pass, none};
  step.open("moment.buffers");
  step.buffers();
  return step.close();
}

StepPeak add_step_moments(TermTree& tree, const ModelSpec& model, const TrainingPass& pass, const StateBytes& states) {
  Step step{tree, model, pass, states};
  step.v[Symbol::B] = pass.micro_batch_size;
  step.v[Symbol::T] = pass.sequence_length;
  step.v[Symbol::h] = model.hidden_size;
  step.v[Symbol::V] = model.vocab_size;
  StepPeak peak;
  tree.open("moments", Combine::peak);
  peak.before_forward = before_forward(step);
  peak.forward_peak = forward_peak(step);
  peak.loss = loss(step);
  peak.backward_peak = backward_peak(step);
  peak.end_of_backward = after_backward(step, "moment.end_of_backward", states.states_before_step, true, 0);
  peak.optimizer_step = after_backward(step, "moment.optimizer_step", true, true, states.step_transient);
  peak.after_step = after_backward(step, "moment.after_step", true, false, 0);
  tree.close();
  return peak;
}

}  // namespace plimsoll
