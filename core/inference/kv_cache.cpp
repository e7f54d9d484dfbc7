// Follows transformers/cache_utils.py (DynamicLayer, DynamicSlidingWindowLayer): torch.cat of old and new states; a sliding layer
// then keeps a slice of the last sliding_window - 1 tokens, and the slice keeps its whole base alive until the next step.
#include "inference/kv_cache.hpp"

namespace plimsoll {
namespace {

consteval LedgerItem cached(const char* id, const char* formula) { return {id, Formula(formula), source::cache, in_cache}; }

constexpr LedgerItem keys_elements = cached("kv_cache.keys", "L * B * n_kv * S * d_head * b_kv");
constexpr LedgerItem values_elements = cached("kv_cache.values", "L * B * n_kv * S * d_head * b_kv");
constexpr LedgerItem keys_rows = cached("kv_cache.keys", "L * B * n_kv * S * row_k");
constexpr LedgerItem values_rows = cached("kv_cache.values", "L * B * n_kv * S * row_k");
constexpr LedgerItem kept_elements = cached("kv_cache.sliding_storage", "2 * L * B * n_kv * C * d_head * b_kv");
constexpr LedgerItem kept_rows = cached("kv_cache.sliding_storage", "2 * L * B * n_kv * C * row_k");
constexpr LedgerItem window_scalar = cached("kv_cache.window_scalar", "8 * L");  // _sliding_window_tensor, one int64 a layer
constexpr LedgerItem latent_elements = cached("kv_cache.latent", "L * B * S * r_kv * b_kv");
constexpr LedgerItem rotary_elements = cached("kv_cache.rotary_keys", "L * B * S * d_rope * b_kv");
constexpr LedgerItem latent_rows = cached("kv_cache.latent", "L * B * S * row_k");
constexpr LedgerItem rotary_rows = cached("kv_cache.rotary_keys", "L * B * S * row_r");
constexpr LedgerItem dequantized = activation("activations.dequantized_cache", "2 * b_a * B * n_kv * K * d_head", source::cache);
constexpr LedgerItem dequantized_latent = activation("activations.dequantized_cache", "b_a * B * K * (r_kv + d_rope)", source::cache);

bool slides(const Mixer& mixer) {
  const auto* grouped = std::get_if<GroupedQueryAttention>(&mixer);
  return grouped != nullptr && grouped->sliding_window.has_value();
}

/// The symbols of one layer's cache. Rows only matter where elements are not whole bytes.
Values cache_values(const PassContext& context, const Mixer& mixer, CachedTokens tokens, u64 layers, const StorageFormat* format) {
  Values v = context.values;
  v[Symbol::L] = layers;
  v[Symbol::S] = tokens.visible;
  v[Symbol::C] = tokens.kept;
  v[Symbol::b_kv] = format == nullptr ? bytes_of(context.pass.dtype) : format->whole_bytes();
  std::visit(Match{
      [&](const GroupedQueryAttention& a) {
        v[Symbol::n_kv] = local_key_value_heads(a.num_key_value_heads, context.rank.tensor_parallel_size);
        v[Symbol::d_head] = a.head_dim;
        if (format != nullptr) v[Symbol::row_k] = row_bytes(a.head_dim, *format).value;
      },
      [&](const LatentAttention& a) {
        v[Symbol::r_kv] = a.kv_lora_rank;
        v[Symbol::d_rope] = a.qk_rope_head_dim;
        if (format != nullptr) v[Symbol::row_k] = row_bytes(a.kv_lora_rank, *format).value;
        if (format != nullptr) v[Symbol::row_r] = row_bytes(a.qk_rope_head_dim, *format).value;
      },
  }, mixer);
  return v;
}

struct CacheItems {
  const LedgerItem &keys, &values, &kept;
};
CacheItems items_of(const Mixer& mixer, bool whole_bytes) {
  if (std::holds_alternative<LatentAttention>(mixer))
    return whole_bytes ? CacheItems{latent_elements, rotary_elements, kept_elements} : CacheItems{latent_rows, rotary_rows, kept_rows};
  return whole_bytes ? CacheItems{keys_elements, values_elements, kept_elements} : CacheItems{keys_rows, values_rows, kept_rows};
}

/// One half of a cache: what it is counted by, and with which values.
struct CacheHalf {
  const LedgerItem& item;
  Values v;
  [[nodiscard]] Checked bytes() const { return item.formula.evaluate(v); }
};
CacheHalf keys_of(const PassContext& context, const Mixer& mixer, CachedTokens tokens, u64 layers) {
  const Values v = cache_values(context, mixer, tokens, layers, context.pass.kv_format);
  return {items_of(mixer, v[Symbol::b_kv] != 0).keys, v};
}
/// Latent attention has no values of its own: its rotary keys are in the format of the rest.
CacheHalf values_of(const PassContext& context, const Mixer& mixer, CachedTokens tokens, u64 layers) {
  const bool apart = context.pass.value_format != nullptr && !std::holds_alternative<LatentAttention>(mixer);
  const Values v = cache_values(context, mixer, tokens, layers, apart ? context.pass.value_format : context.pass.kv_format);
  return {items_of(mixer, v[Symbol::b_kv] != 0).values, v};
}
/// What a slice of the window keeps alive behind it; only a cache in the compute dtype has it.
CacheHalf kept_of(const PassContext& context, const Mixer& mixer, CachedTokens tokens, u64 layers) {
  const Values v = cache_values(context, mixer, tokens, layers, context.pass.kv_format);
  return {items_of(mixer, v[Symbol::b_kv] != 0).kept, v};
}

}  // namespace

CachedTokens cached_tokens(const Mixer& mixer, const ForwardPass& pass, bool updated) {
  const u64 all = updated ? pass.attended() : pass.past_tokens;
  if (!slides(mixer)) return {all, 0};
  const u64 most = *std::get_if<GroupedQueryAttention>(&mixer)->sliding_window - 1;
  const u64 visible = std::min(all, most);
  if (pass.kv_format != nullptr) return {visible, 0};  // a quantised layer makes a new tensor of what it keeps
  u64 stored = all;                                    // of a prompt: its whole keys and values
  if (updated && pass.past_tokens > 0) {
    stored = std::min(pass.past_tokens, most) + pass.tokens;  // the concatenation that the slice is taken from
  } else if (!updated && !pass.after_prompt && pass.past_tokens > 0) {
    stored = std::min(pass.past_tokens - 1, most) + 1;  // the same, one step earlier
  }
  return {visible, stored - visible};
}

u64 attended_tokens(const Mixer& mixer, const ForwardPass& pass) {
  return cached_tokens(mixer, pass, false).visible + pass.tokens;
}

Checked cache_bytes(const PassContext& context, const Mixer& mixer, bool updated) {
  const CachedTokens tokens = cached_tokens(mixer, context.pass, updated);
  const Checked sum = keys_of(context, mixer, tokens, 1).bytes() + values_of(context, mixer, tokens, 1).bytes();
  return tokens.kept > 0 ? sum + kept_of(context, mixer, tokens, 1).bytes() : sum;
}

Checked resting_cache_bytes(const PassContext& context, const Mixer& mixer) {
  const CachedTokens tokens{cached_tokens(mixer, context.pass, true).visible, 0};
  return keys_of(context, mixer, tokens, 1).bytes() + values_of(context, mixer, tokens, 1).bytes();
}

CacheHolds hold_cache(PassContext& context, const Mixer& mixer, u64 layers, bool updated, Hold scalar) {
  CacheHolds holds;
  holds.scalar = std::move(scalar);
  const CachedTokens tokens = cached_tokens(mixer, context.pass, updated);
  if (layers == 0 || tokens.visible + tokens.kept == 0) return holds;
  const CacheHalf keys = keys_of(context, mixer, tokens, layers), values = values_of(context, mixer, tokens, layers);
  holds.keys = context.ledger.hold(keys.item, keys.v);
  holds.values = context.ledger.hold(values.item, values.v);
  if (tokens.kept > 0) {
    const CacheHalf kept = kept_of(context, mixer, tokens, layers);
    holds.kept = context.ledger.hold(kept.item, kept.v);
  }
  if (slides(mixer) && context.pass.kv_format == nullptr && !holds.scalar.holds()) holds.scalar = context.ledger.hold(window_scalar, keys.v);
  return holds;
}

StatesRead append_to_cache(PassContext& context, const Mixer& mixer, CacheHolds& cache, Hold key, Hold value) {
  if (slides(mixer)) {
    // both concatenations are local names before either old tensor is given up
    cache = hold_cache(context, mixer, 1, true, std::move(cache.scalar));
  } else {
    const CachedTokens tokens = cached_tokens(mixer, context.pass, true);
    const CacheHalf keys = keys_of(context, mixer, tokens, 1), values = values_of(context, mixer, tokens, 1);
    cache.keys = context.ledger.hold(keys.item, keys.v);
    cache.values = context.ledger.hold(values.item, values.v);
  }
  if (context.pass.kv_format == nullptr) return {};
  if (context.pass.past_tokens == 0) return {std::move(key), std::move(value)};
  return {context.hold(std::holds_alternative<LatentAttention>(mixer) ? dequantized_latent : dequantized), {}};
}

}  // namespace plimsoll
