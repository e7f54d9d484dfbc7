// ForCausalLMLoss of Transformers, torch.nn.functional.cross_entropy; torchtune's LinearCrossEntropyLoss; Megatron-LM's VocabParallelCrossEntropy.
#include "training/loss.hpp"

#include <algorithm>
#include <utility>

#include "training/loss_items.hpp"
#include "training/megatron_blocks.hpp"

namespace plimsoll {
namespace {

using namespace loss_items;

constexpr LedgerItem log_probabilities = saved("loss.log_probabilities", "4 * V * B * T", source::training);
constexpr LedgerItem labels = saved("loss.labels", "8 * B * T", source::training), labels_of_one = saved("loss.labels", "8 * (T + 1)", source::training);
constexpr LedgerItem padded_labels = saved("loss.labels_padded", "8 * B * (T + 1)", source::training);
constexpr LedgerItem logits = saved("loss.logits", "b_a * V * B * T", source::training);
constexpr LedgerItem wide_logits = saved("loss.logits_fp32", "b_a * V * B * T", source::training);
constexpr LedgerItem tanh_of_logits = saved("loss.logits_capped", "b_a * V * B * T", source::training);
constexpr LedgerItem gradients = saved("loss.gradients", "2 * b_a * V * B * T");

constexpr u64 chunks = 8;  // num_output_chunks
constexpr LedgerItem chunk_log_probabilities = saved("loss.log_probabilities", "4 * V * B * T", source::chunked_loss);
constexpr LedgerItem chunk_logits = saved("loss.logits_chunk", "b_a * V * c", source::chunked_loss);
constexpr LedgerItem chunk_logits_wide = saved("loss.logits_fp32", "b_a * V * c", source::chunked_loss);
constexpr LedgerItem log_probabilities_left = saved("loss.log_probabilities", "4 * V * (B * T - n * c)", source::chunked_loss);
constexpr LedgerItem chunk_head_gradient = saved("gradients.head", "n * b_g * V * h", source::chunked_loss);
constexpr LedgerItem chunk_state_gradients = saved("loss.state_gradient", "n * b_a * c * h", source::chunked_loss);
constexpr LedgerItem chunk_gradients = saved("loss.gradients", "2 * b_a * V * c", source::chunked_loss);
constexpr LedgerItem chosen_state = saved("saved.head_input", "b_a * B * T * h", source::chunked_loss);
constexpr LedgerItem chosen_labels = saved("loss.labels", "16 * B * T", source::chunked_loss);  // their places and their values

constexpr LedgerItem normalised_logits = saved("loss.probabilities", "4 * V * B * T", source::megatron);
constexpr LedgerItem targets = saved("loss.targets", "9 * B * T", source::megatron);  // each a whole number, and whether it lies outside
constexpr LedgerItem labels_turned = saved("loss.labels", "8 * B * T", source::megatron);
constexpr LedgerItem row_values = saved("loss.row_values", "20 * B * T", source::megatron);  // maximum, sum of exponentials, its logarithm, predicted logit, loss
constexpr LedgerItem made_logits = saved("loss.logits", "b_a * V * B * T", source::megatron);
constexpr LedgerItem logit_gradient = saved("loss.gradients", "b_a * V * B * T", source::megatron);

}  // namespace

LossImplementation effective_loss(const TrainingPass& pass) {
  return pass.kernels == TrainingKernels::transformer_engine ? LossImplementation::vocab_parallel : pass.loss;
}

LossTrace::LossTrace(const ModelSpec& model, const TrainingPass& pass, const Values& values) : model_(model), pass_(pass), values_(values) {
  lines_.reserve(16);
  switch (pass.objective) {
    case TrainingObjective::sft: break;
    case TrainingObjective::dpo: preference(); return;
    case TrainingObjective::grpo: group_policy(); return;
    case TrainingObjective::ppo: pass.scores ? scores() : proximal_policy(); return;
    case TrainingObjective::distillation: distillation(); return;
  }
  switch (effective_loss(pass)) {
    case LossImplementation::transformers: transformers(); break;
    case LossImplementation::liger_fused_linear: liger_fused_linear(); break;
    case LossImplementation::trl_fused_head: trl_fused_head(); break;
    case LossImplementation::chunked: chunked(); break;
    case LossImplementation::unsloth_fused: unsloth_fused(); break;
    case LossImplementation::cut_cross_entropy: cut_cross_entropy(); break;
    case LossImplementation::vocab_parallel: vocab_parallel(); break;
  }
}

u64 LossTrace::size(const LedgerItem& item, u64 count, u64 bytes) const {
  Values v = values_;
  v[Symbol::n] = count;
  v[Symbol::b_a] = bytes;
  const Checked size = item.formula.evaluate(v);
  overflowed_ = overflowed_ || size.overflowed;
  return size.value;
}

void LossTrace::put(const LedgerItem& item, u8 during, u64 bytes, LossNode node, u64 count) {
  Values v = values_;
  v[Symbol::n] = count;
  v[Symbol::b_a] = bytes;
  lines_.push_back({&item, v, during, node});
}

void LossTrace::highest(During when, std::initializer_list<std::initializer_list<Held>> instants) {
  const std::initializer_list<Held>* most = nullptr;
  u64 most_bytes = 0;
  for (const auto& instant : instants) {
    u64 bytes = 0;
    for (const Held& held : instant) bytes += held.count == 0 ? 0 : size(held.item, held.count, held.bytes);
    if (most != nullptr && bytes <= most_bytes) continue;
    most = &instant;
    most_bytes = bytes;
  }
  for (const Held& held : *most)
    if (held.count != 0) put(held.item, static_cast<u8>(when), held.bytes, held.node, held.count);
}

bool LossTrace::any(During when, LossNode node) const {
  for (const Line& line : lines_)
    if (line.node == node && (line.during & static_cast<u8>(when)) != 0) return true;
  return false;
}

void LossTrace::add(TermTree& tree, During when, LossNode node) const {
  for (const Line& line : lines_)
    if (line.node == node && (line.during & static_cast<u8>(when)) != 0)
      tree.leaf(line.item->id, line.item->formula, line.values, {.source = line.item->source});
}

void LossTrace::numbers(u64 in_forward, u64 in_kept, u64 in_backward) {
  for (const auto& [count, during] : {std::pair{in_forward, forward}, {in_kept, kept}, {in_backward, backward}})
    if (count != 0) put(value, during, 4, LossNode::loss, count);
}

/// Labels are padded by a column and shifted; of one sequence the shift is a view.
void LossTrace::shifted_labels(u8 during) {
  put(pass_.micro_batch_size == 1 ? labels_of_one : labels, during, 8);
  if (pass_.micro_batch_size > 1) put(padded_labels, forward, 8);
}

/// The final normed state: the head's linear operator keeps it where the head is trained, or autocast's copy of it.
void LossTrace::normed_state(bool saved) {
  const u8 stream = pass_.weight_bytes(), made = pass_.autocast() && model_.final_norm.kind == NormKind::layer_norm ? 4 : stream;
  if ((pass_.autocast() && made != 2) || !saved) put(final_norm, forward, made, LossNode::activations);
  if (saved) put(head_input, always, pass_.autocast() ? 2 : stream, LossNode::activations);
}

/// The loss: logits, their fp32 copy, log-probabilities. Then the gradient of log-softmax beside that of the negative log-likelihood,
/// when the labels are gone.
void LossTrace::transformers() {
  const u8 bytes = pass_.logit_bytes();
  normed_state(trains_head());
  if (pass_.casts_weights()) put(head_copy, always, 2, LossNode::activations);
  put(logits, forward, bytes);
  if (bytes < 4) put(wide_logits, forward, 4);
  put(log_probabilities, always, 4);
  if (model_.logit_soft_cap) put(tanh_of_logits, always, bytes);
  shifted_labels(forward | kept);
  numbers(2, 2, 2);
  if (pass_.kept_logits != KeptLogits::none) put(logits, kept | backward, pass_.kept_logit_bytes());
  put(gradients, backward, 4);
}

/// Megatron-LM: the fp32 logits become the probabilities and then the gradient in place, which is cast.
void LossTrace::vocab_parallel() {
  normed_state(trains_head());
  put(made_logits, forward, pass_.logit_bytes());
  put(normalised_logits, always, 4);
  put(targets, always, 1);
  put(labels_turned, forward | kept, 8);
  put(row_values, forward, 4);
  put(logit_gradient, backward, pass_.weight_bytes());
}

/// Every chunk's graph stays until backward comes to it. The last chunk is differentiated first; then the head's gradient waits for the
/// next chunk's, and both for their sum, as a transposed view cannot be added to in place.
void LossTrace::chunked() {
  const u8 bytes = pass_.logit_bytes(), stream = pass_.weight_bytes();
  values_[Symbol::c] = std::max<u64>(tokens(values_) / chunks, 1);
  values_[Symbol::b_g] = stream;
  const u64 trained = trains_head() ? 1 : 0;
  put(final_norm, forward, stream, LossNode::activations);
  put(chosen_state, trained != 0 ? always : forward, stream, LossNode::activations);
  put(chunk_log_probabilities, forward | kept, 4);
  put(chunk_logits, forward, bytes);
  if (bytes < 4) put(chunk_logits_wide, forward, 4);
  put(chosen_labels, always, 8);
  numbers(chunks + 3, chunks + 1, 0);
  highest(During::backward, {
      {{value, chunks + 2}, {chunk_log_probabilities}, {chunk_gradients}},
      {{value, chunks + 1}, {log_probabilities_left}, {chunk_gradients}, {chunk_state_gradients, 1, stream},
       {chunk_head_gradient, trained, stream, LossNode::head_gradient}},
      {{value, chunks + 1}, {log_probabilities_left, 2}, {chunk_logits, 1, bytes}, {chunk_state_gradients, 2, stream},
       {chunk_head_gradient, 2 * trained, stream, LossNode::head_gradient}},
      {{value, chunks + 1}, {log_probabilities_left, 2}, {chunk_state_gradients, 2, stream},
       {chunk_head_gradient, 3 * trained, stream, LossNode::head_gradient}},
  });
}

}  // namespace plimsoll
