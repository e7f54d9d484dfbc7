// Megatron-LM: transformer/transformer_layer.py, transformer/mlp.py, fusions/fused_bias_{dropout,gelu,geglu,swiglu}.py. Transformer
// Engine: pytorch/module/{layernorm_linear,linear}.py, pytorch/ops/basic/{layer_norm,rmsnorm}.py.
#include "training/megatron_blocks.hpp"

namespace plimsoll {
namespace {

constexpr LedgerItem root = saved("saved.norm_statistics", "4 * L * rows", source::engine);
constexpr LedgerItem mean_and_root = saved("saved.norm_statistics", "8 * L * rows", source::engine);
constexpr LedgerItem mlp_input = saved("saved.mlp_input", "L * b_a * B * T * h", source::engine);
constexpr LedgerItem gate_and_up = saved("saved.mlp_gate_up", "2 * L * b_a * B * T * f", source::megatron);
constexpr LedgerItem one_of_both = saved("saved.activation_steps", "L * b_a * B * T * f", source::megatron);
constexpr LedgerItem product = saved("saved.mlp_product", "L * b_a * B * T * f", source::engine);
constexpr LedgerItem mlp_output = saved("saved.mlp_output", "L * b_a * B * T * h", source::megatron);
constexpr LedgerItem mlp_mask = saved("saved.mlp_dropout", "L * B * T * h", source::megatron);
constexpr LedgerItem residual_stream = saved("saved.residual_stream", "L * b_a * B * T * h", source::megatron);
constexpr LedgerItem normed_output = saved("saved.output_normed", "L * b_a * B * T * h", source::engine);

u64 tokens_of(const Tape& tape) { return (Checked{tape.values[Symbol::B]} * tape.values[Symbol::T]).value; }

}  // namespace

Traced megatron_norm(Tape& tape, NormKind kind, u64 rows, u64 cols, const Traced& input, const LedgerItem& result) {
  tape.values[Symbol::rows] = rows;
  tape.values[Symbol::cols] = cols;
  tape.save(input);
  tape.keep(kind == NormKind::layer_norm ? mean_and_root : root);
  return tape.make(result, input.bytes, true);
}

void megatron_norm_linear(Tape& tape, NormKind kind, u64 rows, u64 cols, const Traced& input, const LedgerItem& result) {
  megatron_norm(tape, kind, rows, cols, input, result);
  tape.keep(result, tape.pass().linear_bytes());
}

void megatron_linear(Tape& tape, const Traced& input, const LedgerItem& item) {
  if (tape.pass().linear_bytes() == input.bytes) tape.save(input);
  else tape.keep(item, tape.pass().linear_bytes());
}

void megatron_dropout(Tape& tape, bool drops, const LedgerItem& mask) {
  if (drops) tape.keep(mask, 1);
}

/// The fused functions keep fc1's result whole and compute everything else anew. Without one, a gated MLP adds an offset of nothing to
/// its other half, which makes a tensor, and its product keeps both; relu keeps its result and not what it was made from.
void trace_megatron_activation(Tape& tape, Mlp::Activation activation, bool gated, const MegatronActivation& items) {
  const bool relu = activation == Mlp::Activation::relu, fused = !relu && activation != Mlp::Activation::quick_gelu;
  const Traced out = tape.make(items.product, 2, true);
  if (gated) {
    if (!relu) tape.keep(items.both, 2);
    if (!fused) {
      tape.keep(items.one, 2);
      tape.keep(items.one, 2);
    }
  } else if (relu) {
    tape.save(out);
  } else {
    tape.keep(items.one, 2);
  }
  megatron_linear(tape, out, items.product);
}

Traced trace_megatron_mlp(Tape& tape, const Mlp& m, NormKind norm, const Traced& input) {
  megatron_norm_linear(tape, norm, tokens_of(tape), tape.values[Symbol::h], input, mlp_input);
  trace_megatron_activation(tape, m.activation, m.form != Mlp::Form::plain, {gate_and_up, one_of_both, product});
  megatron_dropout(tape, m.output_dropout, mlp_mask);
  return tape.make(mlp_output, 2, true);
}

void trace_megatron_layer(Tape& tape, const LayerSpec& layer, const Traced& input) {
  const bool sandwich = layer.residual == Residual::sandwich;
  const u64 width = tape.values[Symbol::h], rows = tokens_of(tape);
  std::size_t next = 0;
  const Traced attended = trace_megatron_attention(tape, layer.mixer.kind, layer.norms[next++].kind, input);
  if (sandwich) megatron_norm(tape, layer.norms[next++].kind, rows, width, attended, normed_output);
  const Traced between = tape.make(residual_stream, 2, true);
  const NormKind norm = layer.norms[next++].kind;
  const Traced out = std::visit(Match{
      [&](const Mlp& m) { return trace_megatron_mlp(tape, m, norm, between); },
      [&](const MixtureOfExperts& e) { return trace_megatron_mixture(tape, e, norm, between); },
  }, layer.feed_forward.kind);
  if (sandwich) megatron_norm(tape, layer.norms[next].kind, rows, width, out, normed_output);
}

}  // namespace plimsoll
