#pragma once
/// The cache that Transformers' DynamicCache keeps between forward passes, and how one layer's part of it grows.

#include <vector>

#include "inference/forward_pass.hpp"
#include "inference/pass_context.hpp"

namespace plimsoll {

/// Tokens whose keys and values one layer stores for each sequence, before or after this pass updated it.
struct CachedTokens {
  u64 visible = 0;  ///< that the next step reads: at most sliding_window - 1 in a sliding layer
  u64 kept = 0;     ///< that only stay because the visible ones are a view of a larger tensor
};
CachedTokens cached_tokens(const Mixer& mixer, const ForwardPass& pass, bool updated);

/// Bytes of one layer's cache in one state.
Checked cache_bytes(const PassContext& context, const Mixer& mixer, bool updated);
/// The same after this pass, without what views keep alive: the shapes that the cache shows between steps.
Checked resting_cache_bytes(const PassContext& context, const Mixer& mixer);

/// What layers hold; several equal layers in one state are held together.
struct CacheHolds {
  Hold keys, values, kept, scalar;
};

/// Holds the cache of `layers` equal layers, before or after this pass updated them. A `scalar` they hold already is taken over.
///
/// Shapes   grouped: keys and values [B, n_kv on the rank, tokens, head_dim]; latent: [B, 1, tokens, kv_lora_rank] and
///          [B, 1, tokens, qk_rope_head_dim], whole on every rank
/// Units    bytes; a head's row is rounded up to whole bytes
/// Assumes  every sequence has the same length; a cache format holds every element, without scales
/// Source   transformers-cache-utils
/// Tested   tests/core/kv_cache_test.cpp; conformance against the shapes of real forward passes
CacheHolds hold_cache(PassContext& context, const Mixer& mixer, u64 layers, bool updated, Hold scalar = {});

/// What attention reads beside the cache itself: nothing, or keys and values in the compute dtype where the cache has another format.
struct StatesRead {
  Hold keys, values;
};

/// DynamicLayer.update and DynamicSlidingWindowLayer.update: torch.cat of old and new, while both are alive and the caller's `key`
/// and `value` too, which end with the call. A quantised layer hands its first keys and values on as they came (QuantizedLayer.update).
StatesRead append_to_cache(PassContext& context, const Mixer& mixer, CacheHolds& cache, Hold key, Hold value);

/// Keys that attention sees in one layer: more than the cache shows afterwards, in a sliding layer.
u64 attended_tokens(const Mixer& mixer, const ForwardPass& pass);

}  // namespace plimsoll
