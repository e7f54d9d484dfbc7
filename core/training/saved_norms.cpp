// Norms, linear operators, activations and dropout: torch's derivatives.yaml, LlamaRMSNorm and its variants, PEFT's Linear; Liger's
// ops/{rms_norm,swiglu,geglu}.py; torch's partitioner of compiled graphs.
#include "training/saved_blocks.hpp"

namespace plimsoll {
namespace {

constexpr LedgerItem widened = saved("saved.norm_input", "L * b_a * rows * cols", source::training);
constexpr LedgerItem root = saved("saved.norm_statistics", "4 * L * rows");
constexpr LedgerItem mean_and_root = saved("saved.norm_statistics", "8 * L * rows");
constexpr LedgerItem normalised = saved("saved.norm_unweighted", "L * b_a * rows * cols", source::training);
constexpr LedgerItem weight_plus_one = saved("saved.norm_weight", "4 * L * cols", source::training);
constexpr LedgerItem adapter_inner = saved("saved.adapter_inner", "L * b_a * B * T * r_s", source::adapters);
constexpr LedgerItem adapter_mask = saved("saved.adapter_mask", "L * numel", source::adapters);
constexpr LedgerItem activated = saved("saved.mlp_activated", "L * b_a * rows * cols");
constexpr LedgerItem activation_step = saved("saved.activation_steps", "3 * L * b_a * rows * cols", source::training);
constexpr LedgerItem activation_steps_fast = saved("saved.activation_steps", "6 * L * b_a * rows * cols", source::training);
constexpr LedgerItem activation_gate = saved("saved.activation_steps", "L * b_a * rows * cols", source::training);

/// Liger patches RMSNorm; a compiled norm of any kind is one kernel.
bool norm_is_fused(const Tape& tape, NormKind kind) {
  return tape.pass().compiled() || (tape.pass().kernels == TrainingKernels::liger && kind != NormKind::layer_norm);
}

void trace_adapter(Tape& tape, const Traced& input, const LedgerItem& item) {
  const LoraSetting& lora = *tape.pass().lora;
  const auto bytes = static_cast<u8>(bytes_of(lora.adapter_dtype));
  Traced taken = input;
  if (input.bytes != bytes) taken = tape.make(item, bytes, input.gradient);
  if (lora.dropout) {
    if (taken.gradient) {
      tape.values[Symbol::numel] = taken.elements;
      tape.keep(adapter_mask, 1);
    }
    taken = tape.make(item, bytes, taken.gradient);
  }
  taken = tape.lower(taken);
  tape.save(taken);
  tape.values[Symbol::r_s] = lora.rank;
  tape.keep(adapter_inner, taken.bytes);
}

}  // namespace

Traced trace_linear(Tape& tape, const Traced& input, const Linear& linear) {
  const Traced taken = tape.lower(input);
  if (tape.trains(linear.part)) tape.save(taken);
  tape.copy_weight(linear.weight_copy);
  const bool adapter = tape.adapts(linear.part);
  if (adapter) trace_adapter(tape, input, linear.input);
  return tape.make(linear.result, taken.bytes, taken.gradient || adapter || tape.trains(linear.part));
}

Traced trace_norm(Tape& tape, const TracedNorm& norm, const Traced& input, const LedgerItem& result) {
  const NormKind kind = norm.kind;
  tape.values[Symbol::rows] = norm.rows;
  tape.values[Symbol::cols] = norm.cols;
  const bool out = input.gradient || tape.trains(norm.part);
  if (norm_is_fused(tape, kind)) {  // its input as it came, and one or two numbers of each row
    if (out) {
      tape.save(input);
      tape.keep(kind == NormKind::layer_norm ? mean_and_root : root);
    }
    return tape.make(result, input.bytes, out);
  }
  if (kind == NormKind::layer_norm) {
    const Traced taken = tape.pass().autocast() ? tape.cast(input, 4) : input;
    if (out) {
      tape.save(taken);
      tape.keep(mean_and_root);
    }
    return tape.make(result, taken.bytes, out);
  }
  Traced wide = input;
  if (input.bytes != 4) wide = tape.make(widened, 4, input.gradient);
  if (input.gradient) {
    tape.save(wide);
    tape.keep(root);
  }
  const bool weighed_in_fp32 = kind != NormKind::rms;
  const Traced unweighted = tape.make(normalised, weighed_in_fp32 ? 4 : input.bytes, input.gradient);
  if (kind == NormKind::rms_plus_one && input.gradient) tape.keep(weight_plus_one);
  if (tape.trains(norm.part)) tape.save(unweighted);
  return tape.make(result, input.bytes, out);
}

Traced trace_product(Tape& tape, const Traced& a, const Traced& b, const LedgerItem& result) {
  if (a.gradient) tape.save(b);
  if (b.gradient) tape.save(a);
  return tape.make(result, a.bytes > b.bytes ? a.bytes : b.bytes, a.gradient || b.gradient);
}

Traced trace_activation(Tape& tape, Mlp::Activation activation, const Traced& input, u64 rows, u64 cols) {
  tape.values[Symbol::rows] = rows;
  tape.values[Symbol::cols] = cols;
  if (activation == Mlp::Activation::relu) {  // its backward reads its result
    const Traced result = tape.make(activated, input.bytes, input.gradient);
    if (input.gradient) tape.save(result);
    return result;
  }
  // Autocast's pow is in fp32, and all that is made from it: a cast input, tanh and 1 + tanh. Half of the input stays in 16 bit.
  if (activation == Mlp::Activation::gelu_new && tape.pass().autocast() && !tape.pass().compiled()) {
    if (input.gradient) {
      tape.keep(activation_step, 4);
      tape.keep(activation_gate, input.bytes);
    }
    return tape.make(activated, 4, input.gradient);
  }
  if (input.gradient) {
    tape.save(input);
    switch (activation) {
      case Mlp::Activation::silu:
      case Mlp::Activation::gelu:
      case Mlp::Activation::gelu_tanh:
      case Mlp::Activation::relu: break;  // one operator, whose backward reads its input
      case Mlp::Activation::gelu_new: if (!tape.pass().compiled()) tape.keep(activation_step, input.bytes); break;  // tanh, x / 2, 1 + tanh
      case Mlp::Activation::gelu_fast: if (!tape.pass().compiled()) tape.keep(activation_steps_fast, input.bytes); break;
      case Mlp::Activation::quick_gelu: if (!tape.pass().compiled()) tape.keep(activation_gate, input.bytes); break;  // the sigmoid
    }
  }
  return tape.make(activated, input.bytes, input.gradient);
}

bool gate_is_fused(const Tape& tape, Mlp::Activation activation) {
  using enum Mlp::Activation;
  return tape.pass().compiled() || (tape.pass().kernels == TrainingKernels::liger && (activation == silu || activation == gelu_tanh));
}

Traced trace_fused_gate(Tape& tape, const Traced& half, const Traced& other, const LedgerItem& result) {
  const bool gradient = half.gradient || other.gradient;
  if (gradient) {
    tape.save(half);
    tape.save(other);
  }
  return tape.make(result, half.bytes, gradient);
}

Traced trace_dropout(Tape& tape, const Traced& input, const LedgerItem& mask, const LedgerItem& result) {
  if (input.gradient) tape.keep(mask, 1);
  return tape.make(result, input.bytes, input.gradient);
}

}  // namespace plimsoll
