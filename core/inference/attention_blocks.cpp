// XAttention.forward of the model files: projections, norms of queries and keys, rotary embedding, cache, kernel, output projection.
#include "inference/block_runs.hpp"

namespace plimsoll {
namespace {

consteval LedgerItem part(const char* id, const char* formula) { return activation(id, formula, source::attention); }

constexpr LedgerItem query = part("activations.query", "b_a * B * T * n_q * d_head");
constexpr LedgerItem key = part("activations.key", "b_a * B * T * n_kv * d_head");
constexpr LedgerItem value = part("activations.value", "b_a * B * T * n_kv * d_head");
constexpr LedgerItem fused = part("activations.query_key_value", "b_a * B * T * (n_q + 2 * n_kv) * d_head");
constexpr LedgerItem projection = part("activations.attention_projection", "b_a * B * T * h");

constexpr LedgerItem query_latent = part("activations.query_latent", "b_a * B * T * r_q");
constexpr LedgerItem latent_query = part("activations.query", "b_a * B * T * n_q * (d_nope + d_rope)");
constexpr LedgerItem compressed = part("activations.compressed_kv", "b_a * B * T * (r_kv + d_rope)");
constexpr LedgerItem normed_compressed = part("activations.normed_compressed_kv", "b_a * B * T * r_kv");
constexpr LedgerItem turned_query = part("activations.query", "b_a * B * T * n_q * d_rope");
constexpr LedgerItem turned_key = part("activations.key", "b_a * B * T * d_rope");
constexpr LedgerItem expanded = part("activations.expanded_kv", "b_a * B * K * n_q * (d_nope + d_v)");
constexpr LedgerItem expanded_keys = part("activations.expanded_kv", "b_a * B * K * n_q * (d_nope + d_rope)");

u64 tokens_times(const PassContext& c, Symbol heads) {
  return (Checked{c.values[Symbol::B]} * c.values[Symbol::T] * c.values[heads]).value;
}

/// A layer's queries, keys and values before the rotary embedding.
struct Projected {
  Hold query, key, value;
};

Projected run_projections(PassContext& c, const GroupedQueryAttention& a) {
  const u64 d = c.values[Symbol::d_head], h = c.values[Symbol::h];
  const u64 queries = c.values[Symbol::n_q] * d, keys = c.values[Symbol::n_kv] * d;
  const bool norms = a.qk_norm == GroupedQueryAttention::QkNorm::per_head;
  const bool late = a.qk_norm_after_projections;
  const auto norm_query = [&] { return run_norm(c, a.qk_norm_kind, tokens_times(c, Symbol::n_q), d, query); };
  const auto norm_key = [&] { return run_norm(c, a.qk_norm_kind, tokens_times(c, Symbol::n_kv), d, key); };
  Projected p;
  p.query = run_linear(c, Role::attention_q, queries, h, query);
  if (norms && !late) p.query = norm_query();
  p.key = run_linear(c, Role::attention_k, keys, h, key);
  if (norms && !late) p.key = norm_key();
  p.value = run_linear(c, Role::attention_v, keys, h, value);
  if (norms && late) p.query = norm_query();
  if (norms && late) p.key = norm_key();
  return p;
}

/// kv_b_proj, over every token that is attended to.
Hold run_expansion(PassContext& c) {
  PassContext over_cache = c;
  Values& v = over_cache.values;
  v[Symbol::T] = v[Symbol::K];
  return run_linear(over_cache, Role::latent_kv_b, v[Symbol::n_q] * (v[Symbol::d_nope] + v[Symbol::d_v]), v[Symbol::r_kv], expanded);
}

KernelInput kernel_input(const GroupedQueryAttention& a, bool masked) {
  // concatenation makes a contiguous tensor; a sum keeps the layout of the transposed view
  const bool strided = a.rotary_dim == 0 || a.rotary_style == RotaryStyle::halves;
  return {.masked = masked, .soft_cap = a.soft_cap, .sinks = a.sinks, .softmax_in_compute_dtype = a.softmax_in_compute_dtype, .query_strided = strided};
}

}  // namespace

AttentionResult run_grouped_attention(PassContext& c, const GroupedQueryAttention& a, CacheHolds& cache, bool masked) {
  const bool is_fused = a.qkv == GroupedQueryAttention::Qkv::fused;
  Hold all;       // q, k and v are views of it, and its name lives to the end
  Projected raw;
  if (is_fused) {
    const Values& v = c.values;
    all = run_linear(c, Role::attention_qkv, (v[Symbol::n_q] + 2 * v[Symbol::n_kv]) * v[Symbol::d_head], v[Symbol::h], fused);
  } else {
    raw = run_projections(c, a);
  }
  if (a.rotary_dim > 0) {
    Rotated turned = run_rotary(c, a.rotary_style, query, key);
    raw.query = std::move(turned.query);
    raw.key = std::move(turned.key);
  }
  const StatesRead read = append_to_cache(c, Mixer{a}, cache, std::move(raw.key), std::move(raw.value));
  AttentionResult result = run_attention_kernel(c, kernel_input(a, masked));
  result.output = run_linear(c, Role::attention_o, c.values[Symbol::h], c.values[Symbol::n_q] * c.values[Symbol::d_v], projection);
  return result;
}

AttentionResult run_latent_attention(PassContext& c, const LatentAttention& a, CacheHolds& cache, bool masked) {
  Values& v = c.values;
  const u64 tokens = (Checked{v[Symbol::B]} * v[Symbol::T]).value, queries = v[Symbol::n_q] * v[Symbol::d_head];
  Hold whole_query;
  if (a.q_lora_rank > 0) {
    Hold low = run_linear(c, Role::latent_q_a, a.q_lora_rank, v[Symbol::h], query_latent);
    low = run_norm(c, NormKind::rms, tokens, a.q_lora_rank, query_latent);
    whole_query = run_linear(c, Role::latent_q_b, queries, a.q_lora_rank, latent_query);
  } else {
    whole_query = run_linear(c, Role::attention_q, queries, v[Symbol::h], latent_query);
  }
  const Hold compressed_kv = run_linear(c, Role::latent_kv_a, u64{a.kv_lora_rank} + a.qk_rope_head_dim, v[Symbol::h], compressed);
  Hold latent = run_norm(c, NormKind::rms, tokens, a.kv_lora_rank, normed_compressed);
  v[Symbol::n_kv] = 1;  // one rotary key for all heads
  Rotated turned = run_rotary(c, a.rotary_style, turned_query, turned_key);
  const StatesRead read = append_to_cache(c, Mixer{a}, cache, std::move(latent), std::move(turned.key));
  const Hold joined_query = c.hold(latent_query);
  const Hold keys_and_values = run_expansion(c);  // the values stay a view of it
  const Hold keys = c.hold(expanded_keys);
  v[Symbol::n_kv] = v[Symbol::n_q];
  AttentionResult result = run_attention_kernel(c, {.masked = masked, .query_strided = false, .value_strided = true});
  result.output = run_linear(c, Role::attention_o, v[Symbol::h], v[Symbol::n_q] * v[Symbol::d_v], projection);
  return result;
}

AttentionResult run_attention(PassContext& context, const Mixer& mixer, CacheHolds& cache, bool masked) {
  return std::visit(Match{
      [&](const GroupedQueryAttention& a) { return run_grouped_attention(context, a, cache, masked); },
      [&](const LatentAttention& a) { return run_latent_attention(context, a, cache, masked); },
  }, mixer);
}

}  // namespace plimsoll
