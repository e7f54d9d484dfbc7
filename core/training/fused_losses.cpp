// Losses that take the head's matrix and never hold all logits: Liger's LigerFusedLinearCrossEntropyFunction, TRL's ChunkedLogProbFunction,
// Unsloth's UnslothFusedLoss, Apple's cut cross-entropy.
#include <algorithm>
#include <bit>

#include "training/loss_items.hpp"

namespace plimsoll {
namespace {

using namespace loss_items;

constexpr LedgerItem state_gradient = saved("loss.state_gradient", "b_a * B * T * h", source::liger_loss);
constexpr LedgerItem early_head_gradient = saved("gradients.head", "b_g * V * h", source::liger_loss);
constexpr LedgerItem chunk_logits = saved("loss.logits_chunk", "n * b_a * V * c", source::liger_loss);
constexpr LedgerItem chunk_state = saved("loss.state_chunk", "n * b_a * c * h", source::liger_loss);
constexpr LedgerItem passing_copy = saved("loss.head_copy", "n * b_a * V * h", source::liger_loss);
constexpr LedgerItem product = saved("loss.head_gradient_chunk", "b_a * V * h", source::liger_loss);
constexpr LedgerItem losses = saved("loss.token_losses", "4 * B * T", source::liger_loss), counted = saved("loss.counted", "B * T", source::liger_loss);

constexpr LedgerItem scored_state = saved("saved.head_input", "b_a * B * (T - 1) * h", source::trl_head);
constexpr LedgerItem scored_labels = saved("loss.labels", "8 * B * (T - 1)", source::trl_head);
constexpr LedgerItem scored_mask = saved("loss.counted", "B * (T - 1)", source::trl_head);
constexpr LedgerItem token_statistics = saved("loss.token_statistics", "4 * n * B * (T - 1)", source::trl_head);
constexpr LedgerItem tile = saved("loss.logits_chunk", "b_a * min(B * (T - 1), 4096) * 32768", source::trl_head);
constexpr LedgerItem tile_state = saved("loss.state_chunk", "b_a * min(B * (T - 1), 4096) * h", source::trl_head);
constexpr LedgerItem tile_weight = saved("loss.head_copy", "b_a * min(V, n * 32768) * h", source::trl_head);
constexpr LedgerItem scored_gradient = saved("loss.state_gradient", "b_a * B * (T - 1) * h", source::trl_head);
constexpr LedgerItem wide_head_gradient = saved("loss.head_gradient_fp32", "4 * V * h", source::trl_head);
constexpr LedgerItem head_gradient = saved("gradients.head", "b_g * V * h", source::trl_head);

constexpr LedgerItem unsloth_gradient = saved("loss.state_gradient", "b_a * B * T * h", source::unsloth_loss);
constexpr LedgerItem unsloth_head_gradient = saved("gradients.head", "b_g * V * h", source::unsloth_loss);
constexpr LedgerItem unsloth_labels = saved("loss.labels", "8 * B * T", source::unsloth_loss);
constexpr LedgerItem unsloth_logits = saved("loss.logits_chunk", "b_a * V * c", source::unsloth_loss);
constexpr LedgerItem unsloth_state = saved("loss.state_chunk", "b_a * c * h", source::unsloth_loss);
constexpr LedgerItem unsloth_product = saved("loss.head_gradient_chunk", "b_a * V * h", source::unsloth_loss);
constexpr LedgerItem scaled_gradient = saved("loss.state_gradient_scaled", "b_a * B * T * h", source::unsloth_loss);
constexpr LedgerItem scaled_head_gradient = saved("loss.head_gradient_scaled", "b_g * V * h", source::unsloth_loss);

constexpr LedgerItem cut_state = saved("saved.head_input", "b_a * B * T * h", source::cut_loss);
constexpr LedgerItem cut_copy = saved("loss.head_copy", "b_a * V * h", source::cut_loss);
constexpr LedgerItem average = saved("loss.word_averages", "4 * V", source::cut_loss), order = saved("loss.word_order", "4 * V", source::cut_loss);
constexpr LedgerItem places = saved("loss.counted", "8 * B * (T - 1)", source::cut_loss);
constexpr LedgerItem sums = saved("loss.token_statistics", "4 * n * B * (T - 1)", source::cut_loss);
constexpr LedgerItem state_locks = saved("loss.locks", "4 * ceil_div(B * (T - 1), 128) * ceil_div(h, 64)", source::cut_loss);
constexpr LedgerItem head_locks = saved("loss.locks", "4 * ceil_div(V, 128) * ceil_div(h, 64)", source::cut_loss);
constexpr LedgerItem cut_gradient = saved("loss.state_gradient", "b_a * B * T * h", source::cut_loss);
constexpr LedgerItem cut_head = saved("gradients.head", "b_g * V * h", source::cut_loss);
constexpr LedgerItem cut_head_gradient = saved("loss.head_gradient_chunk", "b_a * V * h", source::cut_loss);

}  // namespace

/// Forward is highest where the next chunk's logits are made while the last one's wait, or where the product of a chunk for the
/// head's gradient is widened before it is added. Under autocast a trained matrix has its copy in the cache, and one of its transposed
/// view for each chunk; the product is added in fp32 at once.
void LossTrace::liger_fused_linear() {
  const u8 stream = pass_.weight_bytes(), bytes = pass_.logit_bytes();
  const u64 all = tokens(values_), pieces = ceil_div(values_[Symbol::V], std::max<u64>(values_[Symbol::h], 1)).value;
  const u64 c = std::bit_ceil(std::max<u64>(ceil_div(all, std::max<u64>(pieces, 1)).value, 1));
  values_[Symbol::c] = std::min(c, all);
  values_[Symbol::b_g] = stream;
  const bool trains = trains_head(), cast = pass_.autocast();
  const u64 alive = all > c ? 2 : 1, copies = !cast ? 0 : trains ? alive : 1;
  put(final_norm, forward, stream, LossNode::activations);
  put(state_gradient, always, stream);
  if (trains) put(early_head_gradient, always, stream, LossNode::head_gradient);
  shifted_labels(forward);
  put(losses, forward, 4);
  put(counted, forward, 1);
  numbers(0, 1, 3);
  highest(During::forward, {
      {{chunk_logits, alive, bytes}, {chunk_state, copies, bytes}, {passing_copy, copies, bytes}},
      {{chunk_logits, 1, bytes}, {product, trains && !cast ? 1u : 0u, bytes < 4 ? 6u : 4u}},
  });
}

/// Running sums of each token in forward; in backward the logits again, tile by tile, and gradients in fp32 until they are cast.
/// Forward is highest in its loop, where autocast copies a part of the matrix, or where results are made from the sums.
void LossTrace::trl_fused_head() {
  const u8 stream = pass_.weight_bytes(), bytes = pass_.logit_bytes();
  values_[Symbol::b_g] = stream;
  const u64 cast = pass_.autocast() ? 1 : 0;
  put(final_norm, forward, stream, LossNode::activations);
  put(scored_state, always, stream, LossNode::activations);
  put(scored_labels, always, 8);
  put(scored_mask, always, 1);
  put(tile, forward | backward, bytes);
  if (cast != 0) put(tile_state, forward | backward, bytes);
  highest(During::forward, {{{token_statistics, 7}, {tile_weight, cast, bytes}}, {{token_statistics, 11}}});
  put(token_statistics, kept, 4, LossNode::loss, 2);
  put(token_statistics, backward, 4, LossNode::loss, 3);
  if (cast != 0) put(tile_weight, backward, bytes, LossNode::loss, 2);
  numbers(0, 3, 2);
  put(scored_gradient, backward, stream < 4 ? 6 : 4);
  if (!trains_head()) return;
  if (stream < 4) put(wide_head_gradient, backward, 4);
  put(head_gradient, backward, stream, LossNode::head_gradient);
}

/// Chunks whose fp32 logits fit 4 GiB, a multiple of four of them: what it takes where 8 GiB are free. The compiled chunk keeps its logits
/// in the compute type and overwrites them with their gradient.
void LossTrace::unsloth_fused() {
  const u8 stream = pass_.weight_bytes(), bytes = pass_.logit_bytes();
  const u64 all = tokens(values_), fit = u64{1} << 30;  // words of four bytes
  const Checked words = Checked{all} * values_[Symbol::V];
  const u64 pieces = words.value <= fit ? 1 : 4 * ceil_div(ceil_div(words.value, fit).value, 4).value;
  overflowed_ = overflowed_ || words.overflowed;
  values_[Symbol::c] = ceil_div(all, pieces).value;
  values_[Symbol::b_g] = stream;
  const bool trains = trains_head();
  put(final_norm, forward, stream, LossNode::activations);
  put(unsloth_gradient, always, stream);
  put(unsloth_labels, forward, 8);
  put(unsloth_logits, forward, bytes);
  put(unsloth_state, forward, bytes);
  numbers(1, 1, 1);
  put(scaled_gradient, backward, stream);
  if (!trains) return;
  put(unsloth_product, forward, bytes);
  put(unsloth_head_gradient, always, stream, LossNode::head_gradient);
  put(scaled_head_gradient, backward, stream);
}

void LossTrace::cut_cross_entropy() {
  const u8 stream = pass_.weight_bytes(), bytes = pass_.logit_bytes();
  values_[Symbol::b_g] = stream;
  const bool trains = trains_head(), cast = pass_.autocast();
  if (cast) put(final_norm, forward, stream, LossNode::activations);
  put(cut_state, always, bytes, LossNode::activations);
  if (cast) put(cut_copy, always, bytes);
  put(average, always, 4);
  put(order, backward, 4);
  put(places, always, 8);
  put(sums, forward, 4, LossNode::loss, 2);
  put(sums, kept | backward, 4);
  numbers(1, 1, 2);
  put(state_locks, backward, 4);
  if (trains) put(head_locks, backward, 4);
  const u64 head = trains ? 1 : 0, copied = cast ? 1 : 0;  // gradients are cast one after the other
  highest(During::backward, {
      {{cut_gradient, 1, bytes}, {cut_head_gradient, head * copied, bytes}, {cut_head, head, stream, LossNode::head_gradient}},
      {{cut_gradient, 1, cast ? 6u : stream}, {cut_head, head, stream, LossNode::head_gradient}},
  });
}

}  // namespace plimsoll
