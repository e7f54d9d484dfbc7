#pragma once
/// Each block of a layer, run on the tape: which storages its operators save for backward. Symbols are set by the layer.

#include "model/model_spec.hpp"
#include "training/tape.hpp"

namespace plimsoll {

/// A linear operator: it saves its input where its weight is trained, and an adapter what its two matrices take in.
struct Linear {
  const LedgerItem& result;
  const LedgerItem& weight_copy;  ///< autocast's copy of its weight
  const LedgerItem& input;        ///< what an adapter makes of the input
  Part part;                      ///< whose weight it is
  bool bias = false;
  bool flat = false;              ///< its input is [tokens, width]: the gradient is no view
  bool conv1d = false;            ///< its weight is [in, out]
};
Traced trace_linear(Tape& tape, const Traced& input, const Linear& linear);
/// The gradients of a linear operator's weight and bias: under autocast the weight's comes in 16 bit and is cast back.
void give_linear_parameters(Backward& back, const Tape& tape, u64 weight, u64 bias);

/// A matrix [out, in] that its module multiplies with itself, one for each expert where `stacked`. An adapter is added to it, and the
/// sum is `kept` by the product, for the gradient of its input. Returns whether a gradient is asked for the matrix.
struct TracedParameter {
  Part part;
  u64 out = 0, in = 0;
  bool stacked = false, kept = true;
};
bool trace_parameter(Tape& tape, const Traced& input, const TracedParameter& parameter);

/// A norm over `rows` vectors of `cols` elements.
struct TracedNorm {
  NormKind kind{};
  Part part;
  u64 rows = 0, cols = 0;
};
Traced trace_norm(Tape& tape, const TracedNorm& norm, const Traced& input, const LedgerItem& result);
/// A product of two tensors saves both.
Traced trace_product(Tape& tape, const Traced& a, const Traced& b, const LedgerItem& result);
Traced trace_activation(Tape& tape, Mlp::Activation activation, const Traced& input, u64 rows, u64 cols);
/// Whether activation(half) * other is one kernel, as Liger has it for gated SiLU and the tanh form of GELU, or the compiler for all.
bool gate_is_fused(const Tape& tape, Mlp::Activation activation);
/// That kernel keeps both halves and computes the activation anew.
Traced trace_fused_gate(Tape& tape, const Traced& half, const Traced& other, const LedgerItem& result);
/// native_dropout keeps a mask of bool and makes a new tensor; nothing where modules of dropout are turned off.
Traced trace_dropout(Tape& tape, const Traced& input, const LedgerItem& mask, const LedgerItem& result);

/// Queries or keys times cosines in the residual stream's dtype; nothing of theirs is saved but the tables.
struct RotaryShape {
  RotaryStyle style{};
  u64 turned = 0, width = 0;  ///< elements of a head that are turned, and all
};
Traced trace_rotary(Tape& tape, const RotaryShape& shape, const Traced& input, const LedgerItem& result);

/// softmax(Q K^T) V. Symbols as for a forward pass.
struct TracedKernel {
  bool masked = false, soft_cap = false, sinks = false, softmax_in_compute_dtype = false, dropout = false;
  bool fused = false;          ///< queries, keys and values that are no rotary embedding's result are views of one storage
  bool value_is_view = false;  ///< of a storage that holds more
  bool output_copied = false;  ///< flash kernels return the queries' layout, which the output projection has to copy
};
Traced trace_kernel(Tape& tape, const TracedKernel& kernel, Traced query, Traced key, Traced value);
Traced trace_eager(Tape& tape, const TracedKernel& kernel, Traced query, Traced key, Traced value);

Traced trace_attention(Tape& tape, const Mixer& mixer, const Traced& input, bool masked);
/// The matrices of an MLP: a layer's own, or a shared expert's.
struct MlpRoles {
  Role gate = Role::mlp_gate, up = Role::mlp_up, down = Role::mlp_down;
  bool flat = false;  ///< its input is [tokens, width]
};
Traced trace_mlp(Tape& tape, const Mlp& mlp, const MlpRoles& roles, const Traced& input);
Traced trace_mixture(Tape& tape, const MixtureOfExperts& experts, const Traced& input);

/// What the first layer takes in.
struct Stream {
  Traced tensor;
  Traced leaf;           ///< the embeddings where a hook asks for their gradient: kept as long as the graph is
  bool is_leaf = false;  ///< whether the two are one

  void replace(const Traced& next) {
    tensor = next;
    is_leaf = false;
  }
};
Stream trace_embeddings(Tape& tape, const ModelSpec& model);

/// Tokens that a layer's attention sees; nothing where it sees all.
std::optional<u32> window_of(const LayerSpec& layer);

/// Sets the symbols of a layer's blocks.
void set_layer_values(Values& v, const LayerSpec& layer);

/// A decoder layer, from its input to its output, on the kernels of the pass.
Traced trace_layer(Tape& tape, const LayerSpec& layer, const Traced& input, bool masked);

}  // namespace plimsoll
