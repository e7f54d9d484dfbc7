#include "training/step_parts.hpp"

namespace plimsoll {
namespace {

constexpr Formula every_gradient{"P_t * b_g"}, gradients_so_far{"(P_t - P_a) * b_g"}, embedding_gradient{"V * h * b_g"};
constexpr Formula logits{"b_a * V * B * T"}, loss_and_gradient{"8"}, stream{"b_a * B * T * h"};
constexpr u64 norm_chunk = 65536;
constexpr Formula norms{"n * b_g"}, chunk_norms{"4 * n * ceil_div(numel, g_s)"};

}  // namespace

LayerMoment highest_layer(const Step& s) {
  LayerMoment highest;
  u64 most = 0;
  for (const LayerMoment& moment : s.trace.layer_moments(s.new_gradients())) {
    u64 bytes = moment.bytes;
    for (const TrainedPart& part : s.state.parts)
      if (s.new_gradients() == NewGradients::stay) bytes += (part.parameters - moment.ahead[part.gradient_bytes]) * part.gradient_bytes;
    if (bytes <= most) continue;
    most = bytes;
    highest = moment;
  }
  return highest;
}

void Step::add_stream(std::string_view id) {
  v[Symbol::b_a] = pass().weight_bytes();
  add(id, stream);
}

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
  const TrainedPart* const matrix = there.embedding ? embedding_part() : head_part();
  const bool fresh = matrix != nullptr && (there.head || there.embedding || there.tied_sum);
  const bool early = there.with_loss && loss.any(*there.with_loss, LossNode::head_gradient);
  const bool accumulated = !state.gradients_stand && !state.parts.empty() && !there.none_so_far && !state.steps_in_backward;
  if (!fresh && !early && !accumulated) return;
  tree.open("gradients", Combine::sum);
  if (accumulated)
    for (const TrainedPart& part : state.parts) add_part(part, there);
  if (early) loss.add(tree, *there.with_loss, LossNode::head_gradient);
  if (fresh) {
    v[Symbol::b_g] = megatron() ? pass().weight_bytes() : matrix->gradient_bytes;
    if (there.head) add("gradients.head", embedding_gradient);
    if (there.embedding) add("gradients.embedding", embedding_gradient);
    if (there.tied_sum) add("gradients.tied_sum", embedding_gradient);
  }
  tree.close();
}

/// Clipping takes a norm of each gradient: torch's kernel for many tensors has room for the chunks of the largest one in all of them.
void Step::add_norms() {
  const auto chunks = [](const TrainedPart& part) { return part.tensors * ceil_div(part.largest, norm_chunk).value; };
  const TrainedPart* most = nullptr;
  for (const TrainedPart& part : state.parts) {
    if (part.tensors == 0) continue;
    v[Symbol::n] = part.tensors;
    v[Symbol::b_g] = part.gradient_bytes;
    add("clipping.norms", norms, source::clipping);
    if (most == nullptr || chunks(part) > chunks(*most)) most = &part;
  }
  if (most == nullptr) return;
  v[Symbol::n] = most->tensors;
  v[Symbol::numel] = most->largest;
  v[Symbol::g_s] = norm_chunk;
  add("clipping.chunk_norms", chunk_norms, source::clipping);
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

}  // namespace plimsoll
