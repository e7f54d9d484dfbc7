// softmax(Q K^T) V as transformers/integrations/sdpa_attention.py hands it to torch's kernels, and as eager_attention_forward of the
// model files computes it step by step. Queries, keys and values are held by the caller or by the cache.
#include "inference/block_runs.hpp"

namespace plimsoll {
namespace {

consteval LedgerItem kernel(const char* id, const char* formula) { return activation(id, formula, source::kernels); }
consteval LedgerItem step(const char* id, const char* formula) { return activation(id, formula, source::attention); }

constexpr LedgerItem output = step("activations.attention_output", "b_a * B * T * n_q * d_v");
constexpr LedgerItem repeated_keys = step("activations.repeated_cache", "b_a * B * K * n_q * d_head");
constexpr LedgerItem repeated_values = step("activations.repeated_cache", "b_a * B * K * n_q * d_v");

// flash kernel: widths are padded to a multiple of 8 (pad_last_dim in aten/native/transformers/attention.cpp)
constexpr LedgerItem padded_query = kernel("activations.padded_heads", "b_a * B * T * n_q * ceil_div(d_head, 8) * 8");
constexpr LedgerItem padded_cache = kernel("activations.padded_heads", "2 * b_a * B * K * n_kv * ceil_div(d_head, 8) * 8");
constexpr LedgerItem padded_output = kernel("activations.attention_output", "b_a * B * T * n_q * ceil_div(d_head, 8) * 8");
constexpr LedgerItem flash_statistics = kernel("activations.attention_statistics", "4 * B * n_q * T + 24");  // logsumexp, random state

// memory-efficient kernel: a bool mask becomes an additive one, whose rows are padded to a multiple of 16 elements
constexpr LedgerItem bias = kernel("activations.mask_bias", "b_a * B * T * K");
constexpr LedgerItem inverse_mask = kernel("activations.mask_bias", "B * T * K");
constexpr LedgerItem padded_bias = kernel("activations.mask_bias", "b_a * B * T * ceil_div(K, 16) * 16");
constexpr LedgerItem efficient_statistics = kernel("activations.attention_statistics", "4 * B * n_q * ceil_div(T, 32) * 32 + 16");
constexpr LedgerItem packed_statistics = kernel("activations.attention_statistics", "4 * B * n_kv * ceil_div(n_q / n_kv, 32) * 32 + 16");

// eager
constexpr LedgerItem query_copy = step("activations.query_copy", "b_a * B * T * n_q * d_head");
constexpr LedgerItem scores = step("activations.scores", "b_a * B * n_q * T * K");
constexpr LedgerItem scores_fp32 = step("activations.scores", "4 * B * n_q * T * K");
constexpr LedgerItem probabilities_fp32 = step("activations.probabilities", "4 * B * n_q * T * K");
constexpr LedgerItem probabilities = step("activations.probabilities", "b_a * B * n_q * T * K");
constexpr LedgerItem scores_and_sink = step("activations.scores", "b_a * B * n_q * T * (K + 1)");
constexpr LedgerItem probabilities_and_sink = step("activations.probabilities", "b_a * B * n_q * T * (K + 1)");
constexpr LedgerItem row_maxima = step("activations.scores", "b_a * B * n_q * T");
constexpr LedgerItem row_maxima_indices = step("activations.scores", "8 * B * n_q * T");

AttentionResult run_flash(PassContext& c) {
  if (c.values[Symbol::d_head] % 8 == 0) {
    Hold out = c.hold(output);
    c.spike(flash_statistics);
    return {std::move(out), {}};
  }
  Hold query = c.hold(padded_query), cache = c.hold(padded_cache);
  Hold wide = c.hold(padded_output);
  c.spike(flash_statistics);
  query.drop();
  cache.drop();
  return {c.hold(output), {}};  // the slice of the padded result is made contiguous
}

AttentionResult run_memory_efficient(PassContext& c, bool masked) {
  const Values& v = c.values;
  const u64 repeats = v[Symbol::n_kv] == 0 ? 1 : v[Symbol::n_q] / v[Symbol::n_kv];
  const bool several = v[Symbol::n_kv] > 1;  // one head repeated stays a view
  const bool native = !masked && v[Symbol::d_head] == v[Symbol::d_v] && v[Symbol::d_head] <= 256;  // use_gqa_in_sdpa
  const bool packed = repeats > 1 && !native && v[Symbol::T] == 1;                                 // pack_gqa: views
  Hold keys, values, additive;
  if (repeats > 1 && !native && !packed && several) {
    keys = c.hold(repeated_keys);
    values = c.hold(repeated_values);
  }
  if (masked) {
    additive = c.hold(bias);
    c.spike(inverse_mask);
    if (v[Symbol::K] % 16 != 0) additive = c.hold(padded_bias);
  }
  Hold out = c.hold(output);
  c.spike(packed ? packed_statistics : efficient_statistics);
  additive.drop();
  if (packed && several) out = c.hold(output);  // undoing the packing copies
  return {std::move(out), {}};
}

/// Scores after scale, soft cap and mask, each a new tensor beside the last.
Hold run_scores(PassContext& c, const KernelInput& input, bool one_head_repeated) {
  const Values& v = c.values;
  const bool several_sequences = v[Symbol::B] > 1;
  Hold keys, query;
  if (one_head_repeated && several_sequences) keys = c.hold(repeated_keys);
  if (input.query_strided && several_sequences && v[Symbol::T] > 1 && v[Symbol::n_q] > 1) query = c.hold(query_copy);
  Hold now = c.hold(scores);
  keys.drop();
  query.drop();
  const int steps = 1 + (input.soft_cap ? 3 : 0) + (input.masked ? 1 : 0);
  for (int i = 0; i < steps; ++i) now = c.hold(scores);
  return now;
}

/// From scores, which the caller holds, to probabilities in the compute dtype. `sunk` keeps what gpt-oss's function still names until it returns.
Hold run_softmax(PassContext& c, const KernelInput& input, Hold& sunk) {
  if (input.sinks) {
    sunk = c.hold(scores_and_sink);
    Hold maxima = c.hold(row_maxima);
    c.spike(row_maxima_indices);
    sunk = c.hold(scores_and_sink);
    maxima.drop();
    return c.hold(probabilities_and_sink);
  }
  if (input.softmax_in_compute_dtype) return c.hold(probabilities);
  if (!c.widens()) return c.hold(probabilities_fp32);
  Hold copy;
  if (c.pass.dtype != ComputeDtype::fp16) copy = c.hold(scores_fp32);  // CUDA's softmax reads fp16 and writes fp32 at once
  Hold wide = c.hold(probabilities_fp32);
  copy.drop();
  return c.hold(probabilities);
}

AttentionResult run_eager(PassContext& c, const KernelInput& input) {
  const Values& v = c.values;
  const bool repeats = v[Symbol::n_q] > v[Symbol::n_kv];
  const bool one_head_repeated = repeats && v[Symbol::n_kv] == 1;  // its expansion stays a view until a batched product copies it
  Hold keys, values, sunk, value_copy;
  if (repeats && !one_head_repeated) {
    keys = c.hold(repeated_keys);
    values = c.hold(repeated_values);
  }
  Hold now = run_scores(c, input, one_head_repeated);
  Hold weights = run_softmax(c, input, sunk);
  now.drop();
  const bool several_sequences = v[Symbol::B] > 1;
  if ((input.value_strided && several_sequences && v[Symbol::K] > 1 && v[Symbol::n_q] > 1) || (one_head_repeated && several_sequences))
    value_copy = c.hold(repeated_values);
  Hold out = c.hold(output);
  value_copy.drop();
  if (v[Symbol::T] > 1 && v[Symbol::n_q] > 1) out = c.hold(output);  // .transpose(1, 2).contiguous()
  return {std::move(out), std::move(weights)};
}

}  // namespace

AttentionResult run_attention_kernel(PassContext& context, const KernelInput& input) {
  if (context.eager()) return run_eager(context, input);
  const Values& v = context.values;
  // what sdp_utils.cpp asks of the flash kernel: a 16-bit type, no mask, equal widths up to 256
  const bool flash = !input.masked && context.widens() && v[Symbol::d_head] == v[Symbol::d_v] && v[Symbol::d_head] <= 256;
  return flash ? run_flash(context) : run_memory_efficient(context, input.masked);
}

}  // namespace plimsoll
