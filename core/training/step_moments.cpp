// torch's autograd engine, torch.optim.
#include "training/step_moments.hpp"

#include "training/loss.hpp"

namespace plimsoll {
namespace {

constexpr Formula every_gradient{"P_t * b_g"}, gradients_so_far{"(P_t - P_a) * b_g"}, embedding_gradient{"V * h * b_g"};
constexpr Formula logits{"b_a * V * B * T"}, loss_and_gradient{"8"}, stream{"b_a * B * T * h"};

/// Which gradients are there: those of `ahead` parameters of a part are still to come.
struct Gradients {
  bool embedding_ahead = false, all_embeddings_ahead = false;
  ByWidth ahead{};
  bool head = false, embedding = false, tied_sum = false;  ///< fresh ones, which have not been added to `.grad`
  bool none_so_far = false;
  std::optional<During> with_loss{};  ///< the head's, where the loss makes it itself
};
constexpr Gradients complete{};

struct Step {
  TermTree& tree;
  const SavedTrace& trace;
  const LossTrace& loss;
  const TrainedState& state;
  LayerMoment at{};  ///< the layer whose backward is highest
  Values v = trace.values();

  [[nodiscard]] const ModelSpec& model() const { return trace.model(); }
  [[nodiscard]] const TrainingPass& pass() const { return trace.pass(); }
  [[nodiscard]] bool megatron() const { return pass().kernels == TrainingKernels::transformer_engine; }
  /// Whether the head's gradient waits for the embedding's. Megatron-LM's weight gradients are added to their buffer as they are made.
  [[nodiscard]] bool tied() const { return model().tie_word_embeddings && !megatron(); }
  [[nodiscard]] const TrainedPart* embedding_part() const {
    for (const TrainedPart& part : state.parts)
      if (part.embedding) return &part;
    return nullptr;
  }
  [[nodiscard]] NewGradients new_gradients() const {
    return state.gradients_before_step || state.gradients_stand ? NewGradients::added : NewGradients::stay;
  }

  void add(std::string_view id, const Formula& formula, std::string_view from = source::autograd) { tree.leaf(id, formula, v, {.source = from}); }
  void add_stream(std::string_view id) {
    v[Symbol::b_a] = pass().weight_bytes();
    add(id, stream);
  }
  void add_part(const TrainedPart& part, const Gradients& there);
  void gradients(const Gradients& there);
  void before(During when);
  void add_loss(During when);
  void loss_at_end();
  void checkpoint_arguments();
};

void Step::add_part(const TrainedPart& part, const Gradients& there) {
  if (part.parameters == 0) return;
  u64 ahead = 0;
  if (!state.gradients_before_step) {
    if (there.embedding_ahead && part.embedding) ahead += (Checked{model().vocab_size} * model().hidden_size).value;
    if (there.all_embeddings_ahead) ahead += part.before_layers;
    ahead += there.ahead[part.gradient_bytes];
  }
  v[Symbol::P_t] = part.parameters;
  v[Symbol::b_g] = part.gradient_bytes;
  v[Symbol::P_a] = ahead;
  if (ahead == 0) add("gradients.parameters", every_gradient);
  else add("gradients.so_far", gradients_so_far);
}

void Step::gradients(const Gradients& there) {
  const bool fresh = embedding_part() != nullptr && (there.head || there.embedding || there.tied_sum);
  const bool early = there.with_loss && loss.any(*there.with_loss, LossNode::head_gradient);
  const bool accumulated = !state.gradients_stand && !state.parts.empty() && !there.none_so_far;
  if (!fresh && !early && !accumulated) return;
  tree.open("gradients", Combine::sum);
  if (accumulated)
    for (const TrainedPart& part : state.parts) add_part(part, there);
  if (early) loss.add(tree, *there.with_loss, LossNode::head_gradient);
  if (fresh) {
    v[Symbol::b_g] = megatron() ? pass().weight_bytes() : embedding_part()->gradient_bytes;
    if (there.head) add("gradients.head", embedding_gradient);
    if (there.embedding) add("gradients.embedding", embedding_gradient);
    if (there.tied_sum) add("gradients.tied_sum", embedding_gradient);
  }
  tree.close();
}

/// Gradients of an earlier micro batch, and the head's where the loss makes it.
void Step::before(During when) { gradients({.none_so_far = !state.gradients_before_step, .with_loss = when}); }

void Step::add_loss(During when) {
  if (!loss.any(when, LossNode::loss)) return;
  tree.open("loss", Combine::sum);
  loss.add(tree, when, LossNode::loss);
  tree.close();
}

void Step::loss_at_end() {
  tree.open("loss", Combine::sum);
  if (pass().kept_logits != KeptLogits::none) {
    v[Symbol::b_a] = pass().kept_logit_bytes();
    add("loss.logits", logits, source::training);
  }
  add("loss.value_and_gradient", loss_and_gradient, source::training);
  tree.close();
}

void Step::checkpoint_arguments() {
  tree.open("backward.checkpoint_arguments", Combine::sum);
  for (const Outside part : {Outside::tables, Outside::frame}) trace.add_outside(tree, part);
  tree.close();
}

/// The reentrant checkpoint's function holds its arguments until it returns.
bool holds_arguments(const Step& s) { return s.pass().reentrant && s.trace.recomputes(); }

void before_forward(Step& s) {
  if (s.state.gradients_before_step) s.gradients(complete);
}

void activations(Step& s, During when, FinalNorm norm = FinalNorm::kept) {
  s.tree.open("activations", Combine::sum);
  s.trace.add_kept(s.tree, norm);
  s.loss.add(s.tree, when, LossNode::activations);
  if (when == During::forward) s.trace.add_layer_weight_copies(s.tree);
  s.tree.close();
}

/// At the loss all layers have run.
void forward_peak(Step& s) {
  s.before(During::forward);
  activations(s, During::forward);
  s.add_loss(During::forward);
}

void after_forward(Step& s) {
  s.before(During::kept);
  activations(s, During::kept);
  s.add_loss(During::kept);
}

void at_loss(Step& s) {
  s.before(During::backward);
  activations(s, During::backward);
  s.add_loss(During::backward);
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
  s.gradients({.head = s.embedding_part() != nullptr, .none_so_far = !s.state.gradients_before_step});
  s.tree.open("activations", Combine::sum);
  s.trace.add_norm_moment(s.tree, s.new_gradients());
  s.tree.close();
  s.loss_at_end();
}

/// The highest moment of one layer's backward: every later gradient is there.
void at_layer(Step& s) {
  s.gradients({.all_embeddings_ahead = true, .ahead = s.at.ahead, .head = s.tied()});
  s.tree.open("activations", Combine::sum);
  for (const Outside part : {Outside::embeddings, Outside::tables, Outside::frame}) s.trace.add_outside(s.tree, part);
  s.trace.add_layer_moment(s.tree, s.at.layer, s.new_gradients());
  s.tree.close();
  s.loss_at_end();
}

/// The embedding's gradient is made beside the stream's; with tied weights the head's is there too.
void at_embedding(Step& s) {
  s.gradients({.embedding_ahead = true, .head = s.tied(), .embedding = true});
  s.tree.open("activations", Combine::sum);
  if (holds_arguments(s)) s.checkpoint_arguments();
  s.add_stream("backward.stream_gradient");
  s.tree.close();
  s.loss_at_end();
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
}

using Describe = void (*)(Step&);

u64 add_moment(Step& s, std::string_view id, Describe describe) {
  s.tree.open(id, Combine::sum);
  describe(s);
  return s.tree.close();
}

/// The layer whose moment is highest, with the gradients that are there by then.
LayerMoment highest_layer(const Step& s) {
  LayerMoment highest;
  u64 most = 0;
  for (const LayerMoment& moment : s.trace.layer_moments(s.new_gradients())) {
    u64 bytes = moment.bytes;
    for (const TrainedPart& part : s.state.parts)
      if (!s.state.gradients_before_step && !s.state.gradients_stand) bytes += (part.parameters - moment.ahead[part.gradient_bytes]) * part.gradient_bytes;
    if (bytes <= most) continue;
    most = bytes;
    highest = moment;
  }
  return highest;
}

u64 backward_peak(Step& s) {
  s.at = highest_layer(s);
  std::vector<Describe> candidates{at_loss, at_norm, at_layer};
  if (s.pass().loss == LossImplementation::transformers && !s.megatron()) candidates.push_back(at_head);
  if (s.embedding_part() != nullptr) {
    candidates.push_back(at_embedding);
    if (s.tied() && !s.pass().autocast()) candidates.push_back(at_tied_sum);
  }
  Describe highest = at_loss;
  u64 most = 0;
  for (const Describe candidate : candidates) {
    TermTree trial(false);
    Step step{trial, s.trace, s.loss, s.state, s.at};
    const u64 bytes = add_moment(step, "moment.backward_peak", candidate);
    if (bytes > most) {
      most = bytes;
      highest = candidate;
    }
  }
  return add_moment(s, "moment.backward_peak", highest);
}

void with_gradients(Step& s) { s.gradients(complete); }
/// Clipping keeps one fp32 norm of each gradient and the norm of them all until the step.
void stepping(Step& s) {
  s.gradients(complete);
  if (s.state.add_optimizer_transient) s.state.add_optimizer_transient(s.tree);
}
void nothing(Step&) {}

}  // namespace

StepPeak add_step_moments(TermTree& tree, const ModelSpec& model, const TrainingPass& pass, const TrainedState& state) {
  const SavedTrace trace(model, pass);
  const LossTrace loss(model, trace.pass(), trace.values());
  Step step{tree, trace, loss, state};
  StepPeak peak;
  tree.open("moments", Combine::peak);
  peak.before_forward = add_moment(step, "moment.before_forward", before_forward);
  peak.forward_peak = add_moment(step, "moment.forward_peak", forward_peak);
  peak.loss = add_moment(step, "moment.loss", after_forward);
  peak.backward_peak = backward_peak(step);
  peak.end_of_backward = add_moment(step, "moment.end_of_backward", with_gradients);
  peak.optimizer_step = add_moment(step, "moment.optimizer_step", stepping);
  peak.after_step = add_moment(step, "moment.after_step", nothing);
  tree.close();
  return peak;
}

}  // namespace plimsoll
