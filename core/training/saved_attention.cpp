// XAttention.forward of the model files.
#include "training/saved_blocks.hpp"

namespace plimsoll {
namespace {

constexpr LedgerItem query = saved("saved.query", "L * b_a * B * T * n_q * d_head");
constexpr LedgerItem key = saved("saved.key", "L * b_a * B * T * n_kv * d_head");
constexpr LedgerItem value = saved("saved.value", "L * b_a * B * T * n_kv * d_v");
constexpr LedgerItem query_key_value = saved("saved.query_key_value", "L * b_a * B * T * (n_q + 2 * n_kv) * d_head");
constexpr LedgerItem projection = saved("saved.attention_projection", "L * b_a * B * T * h");
constexpr LedgerItem projection_mask = saved("saved.projection_dropout", "L * B * T * h");
constexpr LedgerItem adapter_input = saved("saved.adapter_input", "L * b_a * B * T * h", source::adapters);
constexpr LedgerItem adapter_output = saved("saved.adapter_input", "L * b_a * B * T * n_q * d_v", source::adapters);
constexpr LedgerItem query_weight = saved("saved.weight_copy", "L * b_a * h * n_q * d_head");
constexpr LedgerItem key_weight = saved("saved.weight_copy", "L * b_a * h * n_kv * d_head");
constexpr LedgerItem all_weight = saved("saved.weight_copy", "L * b_a * h * (n_q + 2 * n_kv) * d_head");
constexpr LedgerItem output_weight = saved("saved.weight_copy", "L * b_a * h * n_q * d_v");

constexpr LedgerItem query_latent = saved("saved.query_latent", "L * b_a * B * T * r_q");
constexpr LedgerItem compressed = saved("saved.compressed", "L * b_a * B * T * (r_kv + d_rope)");
constexpr LedgerItem compressed_normed = saved("saved.compressed_normed", "L * b_a * B * T * r_kv");
constexpr LedgerItem expanded = saved("saved.keys_and_values", "L * b_a * B * T * n_q * (d_nope + d_v)");
constexpr LedgerItem adapter_query_latent = saved("saved.adapter_input", "L * b_a * B * T * r_q", source::adapters);
constexpr LedgerItem adapter_compressed = saved("saved.adapter_input", "L * b_a * B * T * r_kv", source::adapters);
constexpr LedgerItem query_a_weight = saved("saved.weight_copy", "L * b_a * h * r_q");
constexpr LedgerItem query_b_weight = saved("saved.weight_copy", "L * b_a * r_q * n_q * d_head");
constexpr LedgerItem kv_a_weight = saved("saved.weight_copy", "L * b_a * h * (r_kv + d_rope)");
constexpr LedgerItem kv_b_weight = saved("saved.weight_copy", "L * b_a * r_kv * n_q * (d_nope + d_v)");

u64 tokens_of(const Tape& tape) { return (Checked{tape.values[Symbol::B]} * tape.values[Symbol::T]).value; }

/// Queries and keys times cosines in the residual stream's dtype; nothing of theirs is saved but the tables.
Traced turned(Tape& tape, const Traced& tensor, const LedgerItem& item) {
  const u8 table = tape.pass().weight_bytes();
  return tape.make(item, tensor.bytes > table ? tensor.bytes : table, tensor.gradient);
}

struct Projected {
  Traced query, key, value;
};

Projected project(Tape& tape, const GroupedQueryAttention& a, const Traced& input) {
  const u64 tokens = tokens_of(tape), q_elements = tokens * a.num_attention_heads * a.head_dim;
  const u64 k_elements = tokens * a.num_key_value_heads * a.head_dim;
  if (a.qkv == GroupedQueryAttention::Qkv::fused) {
    const Traced all = trace_linear(tape, input, {query_key_value, all_weight, adapter_input, {Role::attention_qkv}});
    return {Tape::part(all, q_elements), Tape::part(all, k_elements), Tape::part(all, k_elements)};
  }
  Traced q = trace_linear(tape, input, {query, query_weight, adapter_input, {Role::attention_q}});
  Traced k = trace_linear(tape, input, {key, key_weight, adapter_input, {Role::attention_k}});
  const Traced v = trace_linear(tape, input, {value, key_weight, adapter_input, {Role::attention_v}});
  if (a.qk_norm == GroupedQueryAttention::QkNorm::per_head) {
    q = trace_norm(tape, {a.qk_norm_kind, {Role::attention_norm, 0}, tokens * a.num_attention_heads, a.head_dim}, q, query);
    k = trace_norm(tape, {a.qk_norm_kind, {Role::attention_norm, 1}, tokens * a.num_key_value_heads, a.head_dim}, k, key);
  }
  return {q, k, v};
}

Traced trace_grouped(Tape& tape, const GroupedQueryAttention& a, const Traced& input, bool masked) {
  Projected p = project(tape, a, input);
  const bool turns = a.rotary_dim != 0, fused = a.qkv == GroupedQueryAttention::Qkv::fused;
  if (turns) {
    p.query = turned(tape, p.query, query);
    p.key = turned(tape, p.key, key);
  }
  const bool contiguous = turns && (a.rotary_style == RotaryStyle::joined || a.rotary_style == RotaryStyle::joined_late ||
                                    a.rotary_style == RotaryStyle::split_tables);
  const TracedKernel kernel{.masked = masked, .soft_cap = a.soft_cap, .sinks = a.sinks, .softmax_in_compute_dtype = a.softmax_in_compute_dtype,
                            .dropout = a.attention_dropout, .fused = fused && !turns, .value_is_view = fused, .output_copied = contiguous};
  const Traced out = tape.run_part(RecomputeModule::core_attn, {p.query, p.key, p.value}, false,
                                   [&] { return trace_kernel(tape, kernel, p.query, p.key, p.value); });
  const Traced projected = trace_linear(tape, out, {projection, output_weight, adapter_output, {Role::attention_o}});
  return a.output_dropout ? trace_dropout(tape, projected, projection_mask, projection) : projected;
}

Traced trace_latent(Tape& tape, const LatentAttention& a, const Traced& input, bool masked) {
  const u64 tokens = tokens_of(tape);
  Traced q;
  if (a.q_lora_rank != 0) {
    const Traced low = trace_linear(tape, input, {query_latent, query_a_weight, adapter_input, {Role::latent_q_a}});
    const Traced normed = trace_norm(tape, {NormKind::rms, {Role::attention_norm, 0}, tokens, a.q_lora_rank}, low, query_latent);
    q = tape.run_part(RecomputeModule::mla_up_proj, {normed}, true,
                      [&] { return trace_linear(tape, normed, {query, query_b_weight, adapter_query_latent, {Role::latent_q_b}}); });
  } else {
    q = trace_linear(tape, input, {query, query_weight, adapter_input, {Role::attention_q}});
  }
  const Traced low = trace_linear(tape, input, {compressed, kv_a_weight, adapter_input, {Role::latent_kv_a}});
  const Part inner_norm{Role::attention_norm, static_cast<u8>(a.q_lora_rank != 0 ? 1 : 0)};
  const Traced normed = trace_norm(tape, {NormKind::rms, inner_norm, tokens, a.kv_lora_rank}, Tape::part(low, tokens * a.kv_lora_rank), compressed_normed);
  Traced k;
  const Traced both = tape.run_part(RecomputeModule::mla_up_proj, {normed, low}, true, [&] {
    const Traced made = trace_linear(tape, normed, {expanded, kv_b_weight, adapter_compressed, {Role::latent_kv_b}});
    k = tape.make(key, q.bytes, low.gradient || made.gradient);
    q = tape.make(query, q.bytes, q.gradient);
    return made;
  });
  const TracedKernel kernel{.masked = masked, .dropout = a.attention_dropout, .value_is_view = true, .output_copied = true};
  const Traced out = tape.run_part(RecomputeModule::core_attn, {q, k, both}, false, [&] { return trace_kernel(tape, kernel, q, k, both); });
  return trace_linear(tape, out, {projection, output_weight, adapter_output, {Role::attention_o}});
}

}  // namespace

Traced trace_attention(Tape& tape, const Mixer& mixer, const Traced& input, bool masked) {
  return std::visit(Match{
      [&](const GroupedQueryAttention& a) { return trace_grouped(tape, a, input, masked); },
      [&](const LatentAttention& a) { return trace_latent(tape, a, input, masked); },
  }, mixer);
}

}  // namespace plimsoll
