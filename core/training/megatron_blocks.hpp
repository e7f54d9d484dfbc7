#pragma once
/// Megatron-LM's transformer layer of Transformer Engine's modules, block by block: which storages it keeps for backward.
///
/// Shapes   sequence first, [T, B, h]; one rank, so no part of a layer is split
/// Units    bytes of one layer
/// Assumes  transformer_impl transformer_engine and Megatron-LM's default fusions; weights trained; 16-bit weights. With FP8, delayed
///          or per-tensor scaling on GPUs whose FP8 products take transposed copies; rows that pad experts to 16 tokens are left out
/// Source   megatron-core (transformer/*.py, fusions/*.py), transformer-engine (pytorch/module, pytorch/attention, pytorch/ops)
/// Tested   tests/core/fused_kernels_test.cpp, with the peaks that Megatron-LM's own functional tests record

#include "training/saved_blocks.hpp"

namespace plimsoll {

/// Symbols `rows` and `cols` give the shape. TENorm: its input as it came and its statistics.
Traced megatron_norm(Tape& tape, NormKind kind, u64 rows, u64 cols, const Traced& input, const LedgerItem& result);
/// TELayerNormColumnParallelLinear: what TENorm keeps, and the normed tensor in the type that the product takes.
void megatron_norm_linear(Tape& tape, NormKind kind, u64 rows, u64 cols, const Traced& input, const LedgerItem& result);
/// TELinear: its input as it came, or a copy in FP8.
void megatron_linear(Tape& tape, const Traced& input, const LedgerItem& item);
/// bias_dropout_add: the mask alone, and nothing where no element is dropped.
void megatron_dropout(Tape& tape, bool drops, const LedgerItem& mask);

/// Takes the layer's input, norms it and returns the output projection's result.
Traced trace_megatron_attention(Tape& tape, const Mixer& mixer, NormKind norm, const Traced& input);
/// TEDotProductAttention of queries, keys and values; returns what the output projection takes.
struct MegatronHeads {
  Traced query, key, value;
  bool dropout = false;
};
Traced trace_megatron_kernel(Tape& tape, const MegatronHeads& heads);

Traced trace_megatron_mlp(Tape& tape, const Mlp& mlp, NormKind norm, const Traced& input);
Traced trace_megatron_mixture(Tape& tape, const MixtureOfExperts& experts, NormKind norm, const Traced& input);

/// fc1's result through the activation to fc2's input, which is kept.
struct MegatronActivation {
  const LedgerItem &both, &one, &product;  ///< of a gated MLP: gate and up; either of them; what fc2 takes
};
void trace_megatron_activation(Tape& tape, Mlp::Activation activation, bool gated, const MegatronActivation& items);

/// A whole layer. Halves in parallel are none of Megatron-LM's.
void trace_megatron_layer(Tape& tape, const LayerSpec& layer, const Traced& input);

namespace source {
inline constexpr std::string_view megatron = "megatron-core", engine = "transformer-engine";
}

}  // namespace plimsoll
