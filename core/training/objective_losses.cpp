// Losses that compare answers or models: _compute_loss of TRL's DPOTrainer and GRPOTrainer, train of its PPOTrainer, generalized_jsd_loss of
// its GKDTrainer;
// selective_log_softmax and entropy_from_logits.
#include "training/loss_items.hpp"

namespace plimsoll {
namespace {

using namespace loss_items;

constexpr LedgerItem logits = saved("loss.logits", "b_a * V * B * T", source::preference);
constexpr LedgerItem other_logits = saved("loss.other_logits", "b_a * V * B * T", source::preference);
constexpr LedgerItem capped = saved("loss.logits_capped", "b_a * V * B * T", source::training);
constexpr LedgerItem log_probabilities = saved("loss.log_probabilities", "b_a * V * B * (T - 1)", source::preference);
constexpr LedgerItem entropy_copy = saved("loss.entropy", "b_a * V * B * (T - 1)", source::preference);
constexpr LedgerItem entropy_chunks = saved("loss.entropy_chunks", "3 * b_a * V * min(B * (T - 1), 128)", source::preference);
constexpr LedgerItem row_gradients = saved("loss.gradients", "n * b_a * V * B * (T - 1)", source::preference);
constexpr LedgerItem whole_gradient = saved("loss.logits_gradient", "n * b_a * V * B * T", source::preference);

constexpr LedgerItem answer_logits = saved("loss.logits", "b_a * V * B * (C + 1)", source::policy);
constexpr LedgerItem answer_capped = saved("loss.logits_capped", "b_a * V * B * (C + 1)", source::training);
constexpr LedgerItem answer_log_probabilities = saved("loss.log_probabilities", "b_a * V * B * C", source::policy);
constexpr LedgerItem answer_entropy_copy = saved("loss.entropy", "b_a * V * B * C", source::policy);
constexpr LedgerItem answer_entropy_chunks = saved("loss.entropy_chunks", "3 * b_a * V * min(B * C, 128)", source::policy);
constexpr LedgerItem answer_row_gradients = saved("loss.gradients", "n * b_a * V * B * C", source::policy);
constexpr LedgerItem answer_gradient = saved("loss.logits_gradient", "n * b_a * V * B * (C + 1)", source::policy);
constexpr LedgerItem answer_state = saved("saved.head_input", "b_a * B * (C + 1) * h", source::policy);

constexpr LedgerItem held_state = saved("output.final_state", "b_a * B * T * h", source::proximal);
constexpr LedgerItem held_logits = saved("loss.logits", "b_a * V * B * T", source::proximal);
constexpr LedgerItem cast_logits = saved("loss.logits_cast", "2 * V * B * T", source::proximal);
constexpr LedgerItem cast_states = saved("output.states_cast", "2 * n * B * T * h", source::proximal);
constexpr LedgerItem taken_log_probabilities = saved("loss.log_probabilities", "b_a * V * B * C", source::proximal);
constexpr LedgerItem taken_gradients = saved("loss.gradients", "n * b_a * V * B * C", source::proximal);
constexpr LedgerItem held_gradients = saved("loss.logits_gradient", "n * b_a * V * B * T", source::proximal);

constexpr LedgerItem divergence = saved("loss.divergence", "n * b_a * V * B * (T - 1)", source::distillation);

}  // namespace

/// The head's input, where its matrix is trained, and autocast's copy of that.
void LossTrace::head_of_objective(const LedgerItem& state) {
  if (trains_head()) put(state, always, pass_.autocast() ? 2 : pass_.weight_bytes(), LossNode::activations);
  if (pass_.casts_weights() && (trains_head() || pass_.lora)) put(head_copy, always, 2, LossNode::activations);
}

/// Of 16-bit logits the log-probabilities of each row are kept; of FP32 ones the logits, and the sum is made again from them. A
/// reference's logits are there beside them, then a copy for the entropy and three chunks of it. In backward the rows' gradients are
/// joined, and put into one of the logits' size.
void LossTrace::preference() {
  const u8 bytes = pass_.output_bytes();
  const bool wide = bytes == 4;
  head_of_objective(head_input);
  if (model_.logit_soft_cap) put(capped, always, pass_.logit_bytes());
  put(logits, wide ? always : forward, bytes);
  if (!wide) put(log_probabilities, forward | kept, bytes);
  put(other_logits, forward, bytes);
  put(entropy_copy, forward, bytes);
  put(entropy_chunks, forward, bytes);
  put(row_gradients, backward, bytes, LossNode::loss, wide ? 3 : 1);
  if (!wide) put(whole_gradient, backward, bytes, LossNode::loss, 1);
}

/// The same of generated tokens alone, without a reference in the step: its log-probabilities were taken before. One sequence needs no
/// copy for the entropy.
void LossTrace::group_policy() {
  const u8 bytes = pass_.output_bytes();
  const bool wide = bytes == 4;
  values_[Symbol::C] = pass_.completion_length;
  const bool part_of_whole = pass_.micro_batch_size == 1 && !pass_.autocast();
  head_of_objective(part_of_whole ? head_input : answer_state);
  if (model_.logit_soft_cap) put(answer_capped, always, pass_.logit_bytes());
  put(answer_logits, wide ? forward | kept : forward, bytes);
  if (!wide) put(answer_log_probabilities, forward | kept, bytes);
  if (pass_.micro_batch_size > 1) put(answer_entropy_copy, forward, bytes);
  put(answer_entropy_chunks, forward, bytes);
  put(answer_row_gradients, backward, bytes, LossNode::loss, 2);
  put(answer_gradient, backward, bytes, LossNode::loss, 2);
}

/// The output is held: its logits, of which those before generated tokens are divided in place, and the final state, which the head keeps too
/// where it is trained. What autocast made is cast all at once. In place, backward copies the gradient of all logits.
void LossTrace::proximal_policy() {
  const u8 bytes = pass_.output_bytes();
  const bool wide = bytes == 4, cast = pass_.autocast();
  values_[Symbol::C] = pass_.completion_length;
  put(held_state, always, bytes, LossNode::activations);
  if (cast) head_of_objective(head_input);
  if (model_.logit_soft_cap) put(capped, always, pass_.logit_bytes());
  put(held_logits, always, bytes);
  if (cast) put(cast_logits, forward, 2);
  if (cast && !pass_.casts_weights()) put(cast_states, forward, 2, LossNode::activations, model_.num_hidden_layers());
  if (!wide) put(taken_log_probabilities, forward | kept, bytes);
  put(taken_gradients, backward, bytes, LossNode::loss, 2);
  put(held_gradients, backward, bytes, LossNode::loss, 2);
}

/// The value model's head, which is trained: one number for each token.
void LossTrace::scores() { put(head_input, always, pass_.autocast() ? 2 : pass_.weight_bytes(), LossNode::activations); }

/// Both models' logits and what the Jensen-Shannon divergence makes of them, operator by operator: fifteen tensors at most, seven kept,
/// twelve in backward.
void LossTrace::distillation() {
  const u8 bytes = pass_.output_bytes();
  head_of_objective(head_input);
  if (model_.logit_soft_cap) put(capped, always, pass_.logit_bytes());
  put(logits, forward, bytes);
  put(other_logits, forward, bytes);
  put(divergence, forward, bytes, LossNode::loss, 15);
  put(divergence, kept, bytes, LossNode::loss, 7);
  put(divergence, backward, bytes, LossNode::loss, 12);
}

}  // namespace plimsoll
