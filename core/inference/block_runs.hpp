#pragma once
/// Each block of a layer, run on the ledger: it makes and loses storages in the order of Transformers' modeling code. The input is
/// held by the caller; what is returned lives on. Symbols are set in `context.values` by the layer's frame.

#include "inference/kv_cache.hpp"
#include "model/model_spec.hpp"

namespace plimsoll {

/// The output of a linear operator whose weight is that of `role`, [out, in] on this rank, and what the product makes beside it: of a
/// quantised weight its copy in the compute dtype, or the quantised input and the product in int32.
///
/// Formula  dequantised: b_a * out * in, with scales that are quantised themselves twice 4 * ceil(out * in / g); int8: the int8 input
///          with its scales, 4 bytes for each output and 2 where the result is not fp16
/// Assumes  the compute dtype of a quantised weight is the pass's; a packed weight is dequantised where the library asks the device;
///          no column of the input holds outliers
/// Source   bitsandbytes-products
/// Tested   tests/core/quantised_pass_test.cpp
Hold run_linear(PassContext& context, Role role, u64 out, u64 in, const LedgerItem& result);

/// A norm over `rows` vectors of `cols` elements.
Hold run_norm(PassContext& context, NormKind kind, u64 rows, u64 cols, const LedgerItem& result);

/// Queries and keys after their rotary embedding; the unturned ones are still held by the caller.
struct Rotated {
  Hold query, key;
};
Rotated run_rotary(PassContext& context, RotaryStyle style, const LedgerItem& query, const LedgerItem& key);

/// Which storages the attention kernel finds, apart from their sizes.
struct KernelInput {
  bool masked = false;          ///< a mask is handed over
  bool soft_cap = false, sinks = false, softmax_in_compute_dtype = false;
  bool query_strided = true;    ///< a transposed view: batched products copy it when there is more than one sequence
  bool value_strided = false;
};

struct AttentionResult {
  Hold output;
  Hold probabilities;  ///< eager attention returns them, and the layer keeps them to its end
};

/// softmax(Q K^T) V. Symbols: n_q, n_kv (equal for latent attention), d_head of queries and keys, d_v of values, K.
AttentionResult run_attention_kernel(PassContext& context, const KernelInput& input);

/// From the normed input to the output projection. `cache` is this layer's, not yet updated.
AttentionResult run_attention(PassContext& context, const Mixer& mixer, CacheHolds& cache, bool masked);
AttentionResult run_grouped_attention(PassContext& context, const GroupedQueryAttention& attention, CacheHolds& cache, bool masked);
AttentionResult run_latent_attention(PassContext& context, const LatentAttention& attention, CacheHolds& cache, bool masked);

/// An activation function on `rows` * `cols` elements, whose input is held while it runs.
Hold run_activation(PassContext& context, Mlp::Activation activation, u64 rows, u64 cols, const LedgerItem& result);

/// The roles of an MLP's matrices: a layer's own, or a shared expert's.
struct MlpRoles {
  Role gate = Role::mlp_gate, up = Role::mlp_up, gate_up = Role::mlp_gate_up, down = Role::mlp_down;
};

/// Gated or plain MLP over all tokens, of width f.
Hold run_mlp(PassContext& context, Mlp::Form form, Mlp::Activation activation, const MlpRoles& roles = {});

/// What a router leaves for its block: logits, weights, indices.
struct Routed {
  Hold logits, weights, indices;
};
Routed run_router(PassContext& context, const MixtureOfExperts& experts);

/// Router, expert bank and shared experts.
Hold run_mixture(PassContext& context, const MixtureOfExperts& experts);
Hold run_feed_forward(PassContext& context, const FeedForward& feed_forward);

/// A decoder layer between the model's loop holding its input and taking its output, which is dropped at the end.
void run_layer(PassContext& context, const LayerSpec& layer, CacheHolds& cache, bool masked);

}  // namespace plimsoll
