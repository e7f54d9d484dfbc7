#pragma once
/// What a forward pass of Transformers holds above the weights at its highest moment: cache, activations and logits.

#include "inference/forward_pass.hpp"
#include "model/model_spec.hpp"
#include "parallel/placement.hpp"
#include "report/term.hpp"

namespace plimsoll {

struct PassPeak {
  u64 bytes = 0;
  u64 kv_cache_bytes = 0;
  bool overflowed = false;
};

/// Adds the node `pass.id`, a sum of "kv_cache", "activations" and "logits": exactly what is alive at the pass's peak.
///
/// Assumes  batches of equal length without padding; every storage is counted once, at its own size, as torch's operators
///          allocate them on CUDA: no rounding, no fragmentation, no kernel workspace; with several ranks, each holds its share of
///          heads and widths, and the whole residual stream and logits
/// Source   transformers-generation, transformers-attention, transformers-masking, transformers-cache-utils, transformers-moe
/// Tested   tests/core/pass_test.cpp; conformance with measured passes, to the byte
PassPeak add_pass(TermTree& tree, const ModelSpec& model, const RankShare& rank, const ForwardPass& pass);

/// The cache of all layers after a pass, as it rests between steps: keys and values of the shapes that DynamicCache shows.
///
/// Source   transformers-cache-utils
/// Tested   conformance against the cache shapes of real forward passes
Checked resting_cache(const ModelSpec& model, const RankShare& rank, const ForwardPass& pass);

/// The implementation that a model's class really takes: some have no SDPA path.
AttentionImplementation effective_attention(const ModelSpec& model, AttentionImplementation asked);

}  // namespace plimsoll
