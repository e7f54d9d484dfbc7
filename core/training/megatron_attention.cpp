// Megatron-LM: transformer/attention.py, transformer/multi_latent_attention.py. Transformer Engine:
// pytorch/attention/dot_product_attention/{backends,softmax,utils}.py.
#include "training/megatron_blocks.hpp"

namespace plimsoll {
namespace {

constexpr LedgerItem input_normed = saved("saved.attention_input", "L * b_a * B * T * h", source::engine);
constexpr LedgerItem mixed = saved("saved.query_key_value", "L * b_a * B * T * (n_q + 2 * n_kv) * d_head", source::engine);
constexpr LedgerItem query = saved("saved.query", "L * b_a * B * T * n_q * d_head", source::engine);
constexpr LedgerItem key = saved("saved.key", "L * b_a * B * T * n_kv * d_head", source::engine);
constexpr LedgerItem value = saved("saved.value", "L * b_a * B * T * n_kv * d_v", source::engine);
constexpr LedgerItem projection = saved("saved.attention_projection", "L * b_a * B * T * h", source::megatron);
constexpr LedgerItem projection_mask = saved("saved.projection_dropout", "L * B * T * h", source::megatron);
constexpr LedgerItem query_latent = saved("saved.query_latent", "L * b_a * B * T * r_q", source::megatron);
constexpr LedgerItem compressed = saved("saved.compressed", "L * b_a * B * T * (r_kv + d_rope)", source::megatron);
constexpr LedgerItem compressed_normed = saved("saved.compressed_normed", "L * b_a * B * T * r_kv", source::engine);
constexpr LedgerItem angles = saved("saved.rotary_table", "4 * L * T * d_rope", source::megatron);  // cosines and sines, of each layer

constexpr LedgerItem output = saved("saved.attention_output", "L * b_a * B * T * n_q * d_v", source::engine);
constexpr LedgerItem statistics = saved("saved.attention_statistics", "4 * L * B * n_q * T", source::engine);
constexpr LedgerItem random_state = saved("saved.random_state", "16 * L", source::engine);
constexpr LedgerItem padded_values = saved("saved.values_padded", "L * b_a * B * T * n_kv * max(d_head, d_v)", source::engine);
constexpr LedgerItem padded_output = saved("saved.attention_output", "L * b_a * B * T * n_q * max(d_head, d_v)", source::engine);
constexpr LedgerItem repeated_keys = saved("saved.keys_repeated", "L * b_a * B * T * n_q * d_head", source::engine);
constexpr LedgerItem repeated_values = saved("saved.values_repeated", "L * b_a * B * T * n_q * d_v", source::engine);
constexpr LedgerItem probabilities = saved("saved.probabilities", "L * b_a * B * n_q * T * T", source::engine);
constexpr LedgerItem dropout_mask = saved("saved.attention_dropout", "L * B * n_q * T * T", source::engine);

u64 tokens_of(const Tape& tape) { return (Checked{tape.values[Symbol::B]} * tape.values[Symbol::T]).value; }

/// FusedScaleMaskSoftmax.is_kernel_available for a causal mask; without its kernel the softmax is taken in fp32 and cast.
bool softmax_is_fused(const Values& v) {
  const u64 length = v[Symbol::T];
  return length > 16 && length < 16384 && length % 8 == 0 && v[Symbol::B] * v[Symbol::n_q] % 4 == 0;
}

Traced unfused(Tape& tape, const MegatronHeads& heads) {
  const bool grouped = tape.values[Symbol::n_q] != tape.values[Symbol::n_kv];
  const Traced k = grouped ? tape.make(repeated_keys, 2, true) : heads.key, v = grouped ? tape.make(repeated_values, 2, true) : heads.value;
  tape.save(heads.query);
  tape.save(k);
  Traced p = tape.make(probabilities, softmax_is_fused(tape.values) ? 2 : 4, true);
  tape.save(p);
  p = tape.cast(p, 2);
  if (heads.dropout) {
    tape.keep(dropout_mask, 1);
    p = tape.make(probabilities, 2, true);
  }
  tape.save(p);
  tape.save(v);
  return tape.make(output, 2, true);
}

/// FlashAttention takes the batch first, so queries, keys and values are copied, and its result is copied back unless B is 1. Values
/// narrower than queries and keys are padded to their width, and its result is cut.
Traced flash(Tape& tape) {
  const bool pads = tape.values[Symbol::d_v] < tape.values[Symbol::d_head];
  tape.keep(query, 2);
  tape.keep(key, 2);
  tape.keep(pads ? padded_values : value, 2);
  const Traced out = tape.make(pads ? padded_output : output, 2, true);
  tape.save(out);
  tape.keep(statistics);
  tape.keep(random_state);
  return pads || tape.values[Symbol::B] > 1 ? tape.make(output, 2, true) : out;
}

/// FusedAttention of cuDNN.
Traced fused(Tape& tape, const MegatronHeads& heads) {
  const Traced out = tape.make(output, 2, true);
  for (const Traced* tensor : {&heads.query, &heads.key, &heads.value, &out}) tape.save(*tensor);
  tape.keep(statistics);
  tape.keep(random_state);
  return out;
}

/// Queries, keys and values before the kernel. Those of one shape that nothing turns or norms stay views of one tensor; all others are
/// made contiguous.
MegatronHeads heads_of(Tape& tape, const GroupedQueryAttention& a) {
  const u64 tokens = tokens_of(tape);
  const Traced all = tape.make(mixed, 2, true);
  const bool normed = a.qk_norm == GroupedQueryAttention::QkNorm::per_head;
  if (normed) {
    megatron_norm(tape, a.qk_norm_kind, tokens * a.num_attention_heads, a.head_dim, tape.make(query, 2, true), query);
    megatron_norm(tape, a.qk_norm_kind, tokens * a.num_key_value_heads, a.head_dim, tape.make(key, 2, true), key);
  }
  if (!normed && a.rotary_dim == 0 && a.num_attention_heads == a.num_key_value_heads) return {all, all, all, a.attention_dropout};
  return {tape.make(query, 2, true), tape.make(key, 2, true), tape.make(value, 2, true), a.attention_dropout};
}

Traced trace_grouped(Tape& tape, const GroupedQueryAttention& a, NormKind norm, const Traced& input) {
  megatron_norm_linear(tape, norm, tokens_of(tape), tape.values[Symbol::h], input, input_normed);
  megatron_linear(tape, trace_megatron_kernel(tape, heads_of(tape, a)), output);
  megatron_dropout(tape, a.output_dropout, projection_mask);
  return tape.make(projection, 2, true);
}

/// The norms of both latents are part of the products that expand them; the keys' rotary part stays in the compressed tensor, whole.
Traced trace_latent(Tape& tape, const LatentAttention& a, NormKind norm, const Traced& input) {
  const u64 tokens = tokens_of(tape);
  const Traced normed = megatron_norm(tape, norm, tokens, tape.values[Symbol::h], input, input_normed);
  megatron_linear(tape, normed, input_normed);
  if (a.q_lora_rank != 0) megatron_norm_linear(tape, NormKind::rms, tokens, a.q_lora_rank, tape.make(query_latent, 2, true), query_latent);
  megatron_linear(tape, normed, input_normed);
  megatron_norm_linear(tape, NormKind::rms, tokens, a.kv_lora_rank, tape.make(compressed, 2, true), compressed_normed);
  tape.keep(angles, 2);
  const MegatronHeads heads{tape.make(query, 2, true), tape.make(key, 2, true), tape.make(value, 2, true), a.attention_dropout};
  megatron_linear(tape, trace_megatron_kernel(tape, heads), output);
  return tape.make(projection, 2, true);
}

}  // namespace

/// Fused kernels take widths that 8 divides.
Traced trace_megatron_kernel(Tape& tape, const MegatronHeads& heads) {
  const TrainingAttention asked = tape.pass().attention;
  const bool by_hand = asked == TrainingAttention::eager || asked == TrainingAttention::sdpa_math;
  if (by_hand || tape.values[Symbol::d_head] % 8 != 0 || tape.values[Symbol::d_v] % 8 != 0) return unfused(tape, heads);
  return asked == TrainingAttention::flash_attention_2 ? flash(tape) : fused(tape, heads);
}

Traced trace_megatron_attention(Tape& tape, const Mixer& mixer, NormKind norm, const Traced& input) {
  return std::visit(Match{
      [&](const GroupedQueryAttention& a) { return trace_grouped(tape, a, norm, input); },
      [&](const LatentAttention& a) { return trace_latent(tape, a, norm, input); },
  }, mixer);
}

}  // namespace plimsoll
