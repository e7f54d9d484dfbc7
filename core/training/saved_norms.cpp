// Norms, activations and dropout: torch's derivatives.yaml, LlamaRMSNorm and its variants; Liger's
// ops/{rms_norm,swiglu,geglu}.py; torch's partitioner of compiled graphs.
#include <array>
#include <optional>

#include "training/saved_blocks.hpp"

namespace plimsoll {
namespace {

constexpr LedgerItem widened = saved("saved.norm_input", "L * b_a * rows * cols", source::training);
constexpr LedgerItem root = saved("saved.norm_statistics", "4 * L * rows");
constexpr LedgerItem mean_and_root = saved("saved.norm_statistics", "8 * L * rows");
constexpr LedgerItem normalised = saved("saved.norm_unweighted", "L * b_a * rows * cols", source::training);
constexpr LedgerItem weight_plus_one = saved("saved.norm_weight", "4 * L * cols", source::training);
constexpr LedgerItem widened_weights = saved("saved.norm_weight", "8 * L * cols");
constexpr LedgerItem activated = saved("saved.mlp_activated", "L * b_a * rows * cols");
constexpr LedgerItem activation_steps_fast = saved("saved.activation_steps", "6 * L * b_a * rows * cols", source::training);
constexpr LedgerItem activation_gate = saved("saved.activation_steps", "L * b_a * rows * cols", source::training);

/// Liger patches RMSNorm; a compiled norm of any kind is one kernel.
bool norm_is_fused(const Tape& tape, NormKind kind) {
  return tape.pass().compiled() || (tape.pass().kernels == TrainingKernels::liger && kind != NormKind::layer_norm);
}

/// From the gradient of what the weight multiplies, own storage `gradient` in fp32, to that of the input: `x * rsqrt(mean(x * x) + eps)`.
struct NormTail {
  Traced wide, root;
  u64 elements = 0, rows = 0;
  u8 input_bytes = 2;
};
void norm_tail(Backward& back, std::optional<u8> gradient, const NormTail& norm) {
  const auto wide = [&] { return back.make(norm.elements, 4); };
  const auto row = [&] { return back.make(norm.rows, 4); };
  const u8 of_root = wide(), of_input = wide(), sum = row();
  back.drop(of_root);
  if (gradient) back.drop(*gradient);
  else back.lose();
  const bool casts = norm.input_bytes != 4;
  if (!casts) back.give(0, of_input);
  const u8 cube = row(), half = row(), of_mean = row();
  for (const u8 gone : {sum, cube, half}) back.drop(gone);
  back.release(norm.root);
  const u8 mean = wide();
  back.drop(of_mean);
  const u8 power = wide(), twice = wide(), of_power = wide();
  for (const u8 gone : {power, twice, mean}) back.drop(gone);
  back.release(norm.wide);
  if (!casts) return back.give(0, of_power);
  back.drop(of_power);
  const u8 out = back.make(norm.elements, norm.input_bytes);
  back.drop(of_input);
  back.give(0, out);
}

/// Llama's: the weight multiplies what has been cast back.
void rms_backward(Backward& back, const Tape& tape, bool trained, const NormTail& norm, const Traced& unweighted) {
  const u8 bytes = unweighted.bytes;
  const u64 cols = norm.elements / norm.rows;
  std::optional<u8> gradient;
  if (back.wants(0)) gradient = back.make(norm.elements, bytes);
  if (trained) {
    const u8 product = back.make(norm.elements, bytes);
    back.parameter(cols, tape.pass().weight_bytes());
    back.drop(product);
  }
  back.lose();
  back.release(unweighted);
  if (!gradient) return;
  if (bytes != 4) {
    const u8 wide = back.make(norm.elements, 4);
    back.drop(*gradient);
    gradient = wide;
  }
  norm_tail(back, gradient, norm);
}

/// Gemma's and gpt-oss's: the weight multiplies in fp32, so the gradient that comes is cast first.
void wide_rms_backward(Backward& back, const Tape& tape, bool trained, const NormTail& norm, const Traced& unweighted) {
  const u64 cols = norm.elements / norm.rows;
  std::optional<u8> came, product, gradient;
  if (norm.input_bytes != 4) {
    came = back.make(norm.elements, 4);
    back.lose();
  }
  if (trained) product = back.make(norm.elements, 4);
  if (back.wants(0)) gradient = back.make(norm.elements, 4);
  if (trained) {
    const u8 sum = back.make(cols, 4);
    back.drop(*product);
    back.parameter(cols, tape.pass().weight_bytes());
    back.drop(sum);
  }
  if (came) back.drop(*came);
  else back.lose();
  back.release(unweighted);
  if (gradient) norm_tail(back, gradient, norm);
}

}  // namespace

Traced trace_norm(Tape& tape, const TracedNorm& norm, const Traced& input, const LedgerItem& result) {
  const NormKind kind = norm.kind;
  tape.values[Symbol::rows] = norm.rows;
  tape.values[Symbol::cols] = norm.cols;
  const bool trained = tape.trains(norm.part), out = input.gradient || trained;
  const u8 weight_bytes = tape.pass().weight_bytes();
  if (norm_is_fused(tape, kind)) {  // its input as it came, and one or two numbers of each row; its gradient takes the place of the one that came
    if (out) {
      tape.save(input);
      tape.keep(kind == NormKind::layer_norm ? mean_and_root : root);
    }
    Backward back(tape, {input});
    back.share(0);
    if (trained) back.parameter(norm.cols, weight_bytes);
    return tape.make(result, input.bytes, out, back.out());
  }
  if (kind == NormKind::layer_norm) {
    const Traced taken = tape.pass().autocast() ? tape.cast(input, 4) : input;
    if (out) {
      tape.save(taken);
      tape.keep(mean_and_root);
      if (tape.pass().autocast() && !tape.pass().casts_weights()) tape.keep(widened_weights);  // fp32 copies of weight and bias
    }
    Backward back(tape, {taken});
    back.give_new(0);
    if (trained) back.parameter(2 * norm.cols, weight_bytes);
    return tape.make(result, taken.bytes, out, back.out());
  }
  NormTail tail{.wide = input, .elements = (Checked{norm.rows} * norm.cols).value, .rows = norm.rows, .input_bytes = input.bytes};
  if (input.bytes != 4) tail.wide = tape.make(widened, 4, input.gradient);
  if (input.gradient) {
    tape.save(tail.wide);
    tail.root = tape.keep(root);
  }
  const bool weighed_in_fp32 = kind != NormKind::rms;
  const Traced unweighted = tape.make(normalised, weighed_in_fp32 ? 4 : input.bytes, input.gradient);
  if (kind == NormKind::rms_plus_one && input.gradient) tape.keep(weight_plus_one);
  if (trained) tape.save(unweighted);
  Backward back(tape, {input});
  if (weighed_in_fp32) wide_rms_backward(back, tape, trained, tail, unweighted);
  else rms_backward(back, tape, trained, tail, unweighted);
  return tape.make(result, input.bytes, out, back.out());
}

Traced trace_product(Tape& tape, const Traced& a, const Traced& b, const LedgerItem& result) {
  if (a.gradient) tape.save(b);
  if (b.gradient) tape.save(a);
  Backward back(tape, {a, b});
  const Traced out = tape.make(result, a.bytes > b.bytes ? a.bytes : b.bytes, a.gradient || b.gradient, back.out());
  // Both gradients are made before either is given; one of a narrower tensor is cast, one of a single column is summed.
  std::array<u8, 2> made{};
  for (const u8 input : {u8{1}, u8{0}}) {
    if (!back.wants(input)) continue;
    const Traced& tensor = input == 0 ? a : b;
    made[input] = back.make(out.elements, out.bytes);
    if (tensor.elements == out.elements && tensor.bytes == out.bytes) continue;
    const u8 full = made[input];
    made[input] = back.make(tensor.elements, tensor.bytes);
    back.drop(full);
  }
  for (const u8 input : {u8{1}, u8{0}})
    if (back.wants(input)) back.give(input, made[input]);
  return out;
}

namespace {

/// 0.5 * x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x * x * x))), operator by operator.
Traced trace_new_gelu(Tape& tape, const Traced& input) {
  const u8 bytes = tape.pass().autocast() ? u8{4} : input.bytes;  // autocast's pow is in fp32, and all that is made from it
  Traced tanh, half, one_more;
  if (input.gradient) {
    if (tape.pass().autocast()) tape.keep(activation_gate, 4);
    else tape.save(input);
    tanh = tape.keep(activation_gate, bytes);
    half = tape.keep(activation_gate, input.bytes);
    one_more = tape.keep(activation_gate, bytes);
  }
  Backward back(tape, {input});
  const Traced out = tape.make(activated, bytes, input.gradient, back.out());
  const u64 n = input.elements;
  const bool casts = bytes != input.bytes;
  /// What goes to the input or its half is cast to their type, where that is another.
  const auto narrowed = [&](u8 wide) {
    if (!casts) return wide;
    const u8 narrow = back.make(n, input.bytes);
    back.drop(wide);
    return narrow;
  };
  u8 of_half = back.make(n, bytes);
  const u8 of_tanh = back.make(n, bytes);
  back.lose();
  back.release(half);
  back.release(one_more);
  of_half = narrowed(of_half);
  const u8 inner = back.make(n, bytes);
  back.drop(of_tanh);
  back.release(tanh);
  const u8 scaled = back.make(n, bytes);
  back.drop(inner);
  back.give(0, casts ? back.make(n, input.bytes) : scaled);
  const u8 cubed = back.make(n, bytes);
  if (casts) back.drop(scaled);
  const u8 power = back.make(n, bytes), thrice = back.make(n, bytes), of_power = back.make(n, bytes);
  for (const u8 gone : {cubed, power, thrice}) back.drop(gone);
  back.release_all();
  back.give(0, narrowed(of_power));
  const u8 of_input = back.make(n, input.bytes);
  back.drop(of_half);
  back.give(0, of_input);
  return out;
}

}  // namespace

Traced trace_activation(Tape& tape, Mlp::Activation activation, const Traced& input, u64 rows, u64 cols) {
  tape.values[Symbol::rows] = rows;
  tape.values[Symbol::cols] = cols;
  if (activation == Mlp::Activation::relu) {  // its backward reads its result
    Traced result = tape.make(activated, input.bytes, input.gradient);
    if (input.gradient) tape.save(result);
    result.edge = tape.new_gradient(input);
    return result;
  }
  if (activation == Mlp::Activation::gelu_new && !tape.pass().compiled()) return trace_new_gelu(tape, input);
  if (input.gradient) {
    tape.save(input);
    switch (activation) {
      case Mlp::Activation::silu:
      case Mlp::Activation::gelu:
      case Mlp::Activation::gelu_tanh:
      case Mlp::Activation::gelu_new:
      case Mlp::Activation::relu: break;  // one operator, whose backward reads its input
      case Mlp::Activation::gelu_fast: if (!tape.pass().compiled()) tape.keep(activation_steps_fast, input.bytes); break;
      case Mlp::Activation::quick_gelu: if (!tape.pass().compiled()) tape.keep(activation_gate, input.bytes); break;  // the sigmoid
    }
  }
  Backward back(tape, {input});
  if (activation == Mlp::Activation::quick_gelu || activation == Mlp::Activation::gelu_fast) {  // a product of two that depend on the input
    const u8 other = back.make(input.elements, input.bytes);
    back.give_new(0);
    back.drop(other);
  }
  back.give_new(0);
  return tape.make(activated, input.bytes, input.gradient, back.out());
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
  Backward back(tape, {half, other});  // the kernel writes both gradients over what it saved
  const Traced out = tape.make(result, half.bytes, gradient, back.out());
  back.release_all();
  for (const u8 input : {u8{0}, u8{1}})
    if (back.wants(input)) back.give_new(input);
  return out;
}

Traced trace_dropout(Tape& tape, const Traced& input, const LedgerItem& mask, const LedgerItem& result) {
  if (tape.pass().without_dropout()) return input;
  if (input.gradient) tape.keep(mask, 1);
  return tape.make(result, input.bytes, input.gradient, tape.new_gradient(input));
}

}  // namespace plimsoll
