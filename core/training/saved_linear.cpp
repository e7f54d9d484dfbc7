// Linear operators: torch's derivatives.yaml; PEFT's Linear, DoraLinearLayer and ParamWrapper;
// bitsandbytes' MatMul8bitLt.
#include <algorithm>

#include "training/saved_blocks.hpp"

namespace plimsoll {
namespace {

constexpr LedgerItem adapter_inner = saved("saved.adapter_inner", "L * b_a * B * T * r", source::adapters);
constexpr LedgerItem adapter_mask = saved("saved.adapter_mask", "L * numel", source::adapters);
constexpr LedgerItem magnitude_vector = saved("saved.adapter_magnitude", "L * b_a * rows", source::magnitude);
constexpr LedgerItem adapter_result = saved("saved.adapter_result", "L * b_a * B * T * rows", source::magnitude);
constexpr LedgerItem base_result = saved("saved.adapter_base_result", "L * b_a * B * T * rows", source::magnitude);
constexpr LedgerItem base_weight = saved("saved.adapter_base_weight", "L * b_a * rows * cols", source::magnitude);
constexpr LedgerItem a_copy = saved("saved.weight_copy", "L * b_a * r * cols", source::adapters);
constexpr LedgerItem b_copy = saved("saved.weight_copy", "L * b_a * rows * r", source::adapters);
constexpr LedgerItem a_of_experts = saved("saved.adapter_copy", "L * b_a * E * r * cols", source::adapters);
constexpr LedgerItem b_of_experts = saved("saved.adapter_copy", "L * b_a * E * rows * r", source::adapters);
constexpr LedgerItem merged_experts = saved("saved.adapter_merged_weight", "L * b_a * E * rows * cols", source::adapters);
constexpr LedgerItem merged_matrix = saved("saved.adapter_merged_weight", "L * b_a * rows * cols", source::adapters);

/// DoRA scales the base's result and the adapter's. The weight's norm takes part without a gradient, so what its product with an
/// identity matrix saved is gone when the module returns. Behind dropout the base's result is computed anew.
void trace_magnitude(Tape& tape, const Traced& taken, const Traced& base, const Linear& linear) {
  const bool dropout = tape.pass().lora->dropout;
  const u8 stream = tape.pass().weight_bytes(), lower = tape.pass().autocast() ? u8{2} : taken.bytes;
  tape.keep(magnitude_vector, taken.bytes);  // the norms
  tape.keep(magnitude_vector, taken.bytes);  // magnitudes over norms
  tape.keep(adapter_result, lower);
  Traced scaled = base;
  if (dropout) {
    const bool asks = linear.conv1d && taken.bytes == stream;  // of a parameter PEFT makes a new one, transposed, which asks for a gradient
    scaled = tape.make(base_result, lower, taken.gradient || asks);
    if (asks) {
      if (lower != taken.bytes) tape.keep(linear.input, lower);
      tape.copy_weight(base_weight);
    } else if (taken.gradient && (lower != stream || tape.pass().lora->quantised.has(linear.part))) {
      tape.keep(base_weight, lower);
    }
  } else if (linear.bias) {  // taken off again, in the bias's type where that is wider
    scaled = tape.make(base_result, std::max(base.bytes, stream), base.gradient);
  }
  tape.save(scaled);
  if (scaled.gradient) tape.keep(magnitude_vector, taken.bytes);  // less one
}

/// A product with one of an adapter's matrices: under autocast its gradient comes in 16 bit and is cast back.
Traced adapter_product(Tape& tape, Traced input, const LedgerItem& result, u64 matrix) {
  const auto bytes = static_cast<u8>(bytes_of(tape.pass().lora->adapter_dtype));
  Backward back(tape, {input});
  const Traced out = tape.make(result, input.bytes, true, back.out());
  back.give_new(0, Backward::Shape::view);
  if (input.bytes == bytes) return back.parameter(matrix, bytes), out;
  const u8 lower = back.make(matrix, input.bytes);
  back.lose();
  back.parameter(matrix, bytes);
  back.drop(lower);
  return out;
}

/// The adapter's result, before it is added to the base's.
Traced trace_adapter(Tape& tape, const Traced& input, const Traced& base, const Linear& linear) {
  const LoraSetting& lora = *tape.pass().lora;
  const auto bytes = static_cast<u8>(bytes_of(lora.adapter_dtype));
  const u64 r = lora.rank, rows = tape.values[Symbol::rows], cols = tape.values[Symbol::cols];
  Traced taken = input;
  if (input.bytes != bytes) taken = tape.make(linear.input, bytes, input.gradient, tape.new_gradient(input));
  if (lora.dropout) {
    if (taken.gradient) {
      tape.values[Symbol::numel] = taken.elements;
      tape.keep(adapter_mask, 1);
    }
    taken = tape.make(linear.input, bytes, taken.gradient, tape.new_gradient(taken));
  }
  const Traced read = tape.lower(taken);
  tape.save(read);
  if (bytes == 4 && read.gradient) tape.copy_weight(a_copy);
  const Traced inner = adapter_product(tape, read, adapter_inner, r * cols);
  tape.save(inner);
  if (bytes == 4) tape.copy_weight(b_copy);
  Traced out = adapter_product(tape, inner, adapter_result, rows * r);
  out.edge = tape.new_gradient(out);  // times alpha / r
  if (lora.dora) trace_magnitude(tape, taken, base, linear);
  return out;
}

/// The base's result and the adapter's, each of which DoRA scales first: it makes a product for the gradient of the scale. A wider sum is
/// cast back, and so is what it gives to the narrower result; PEFT's 4-bit module casts the adapter's result instead.
Edge sum_with_adapter(Tape& tape, const Traced& base, const Traced& adapter, const Linear& linear) {
  const LoraSetting& lora = *tape.pass().lora;
  Traced wide = adapter;
  if (base.bytes != adapter.bytes && lora.quantised.has(linear.part)) {
    wide.edge = tape.new_gradient(adapter);
    wide.bytes = base.bytes;
  }
  Backward back(tape, {base, wide});
  if (lora.dora) {
    for (const u8 input : {u8{1}, u8{0}}) {
      const u8 product = back.make(adapter.elements, adapter.bytes);
      back.drop(product);
      back.give_new(input);
    }
    back.parameter(tape.values[Symbol::rows], static_cast<u8>(bytes_of(lora.adapter_dtype)));
    return back.out();
  }
  if (base.bytes == wide.bytes) {
    back.share(0);
    back.share(1);
    return back.out();
  }
  back.share(1);
  back.give_new(0);
  wide.edge = back.out();
  return tape.new_gradient(wide);
}

/// The weight is whole once more while backward multiplies by it; int8's scales and the gradient of the input follow each other.
struct Packed {
  u64 elements = 0, outputs = 0;
  u8 bytes = 2;
};
void multiply_packed(Backward& back, const LoraSetting& lora, const Linear& linear, const Packed& weight) {
  if (!back.wants(0)) return;
  const bool int8 = lora.int8.has(linear.part);
  const u64 scales = int8 ? weight.outputs : lora.scale_elements == 0 ? 0 : ceil_div(weight.elements, lora.scale_elements).value;
  const u8 whole = back.make(weight.elements, weight.bytes);
  if (scales != 0) back.drop(back.make(scales, 4));
  back.give_new(0, linear.flat ? Backward::Shape::same : Backward::Shape::view);
  back.drop(whole);
}

}  // namespace

void give_linear_parameters(Backward& back, const Tape& tape, u64 weight, u64 bias) {
  const u8 bytes = tape.pass().weight_bytes();
  if (!tape.pass().casts_weights()) {
    back.parameter(weight, bytes);
    if (bias != 0) back.parameter(bias, bytes);
    return;
  }
  const u8 lower = back.make(weight + bias, 2);
  back.release_all();
  back.lose();
  back.parameter(weight + bias, bytes);
  back.drop(lower);
}

Traced trace_linear(Tape& tape, const Traced& input, const Linear& linear) {
  const Traced taken = tape.lower(input);
  const LoraSetting* lora = tape.pass().lora ? &*tape.pass().lora : nullptr;
  const bool trained = tape.trains(linear.part), adapted = tape.adapts(linear.part);
  if (trained) {
    tape.save(taken);
    if (tape.pass().casts_weights()) tape.copy_weight(linear.weight_copy);
  } else if (taken.gradient && tape.pass().casts_weights()) {
    tape.keep(linear.weight_copy, 2);  // autocast keeps no copy of a frozen weight: each operator makes its own
  }
  if (taken.gradient && lora != nullptr && lora->int8.has(linear.part)) tape.save_past_checkpoint(taken);
  Traced out = tape.make(linear.result, taken.bytes, taken.gradient || trained);
  const u64 tokens = (Checked{tape.values[Symbol::B]} * tape.values[Symbol::T]).value, width = out.elements / tokens;
  {
    const u64 inputs = taken.elements / tokens, weight = (Checked{inputs} * width).value;
    Backward back(tape, {taken});
    out.edge = back.out();
    if (lora != nullptr && lora->quantised.has(linear.part)) {
      multiply_packed(back, *lora, linear, {weight, width, taken.bytes});
    } else {
      back.give_new(0, linear.flat ? Backward::Shape::same : Backward::Shape::view);
      if (trained) give_linear_parameters(back, tape, weight, linear.bias ? width : 0);
    }
  }
  if (!adapted) return out;
  tape.values[Symbol::r] = lora->rank;
  tape.values[Symbol::rows] = width;
  tape.values[Symbol::cols] = taken.elements / tokens;
  if (lora->dora) out.storage = tape.make(base_result, out.bytes, out.gradient).storage;
  const Traced beside = trace_adapter(tape, input, out, linear);
  return tape.make(linear.result, taken.bytes, true, sum_with_adapter(tape, out, beside, linear));
}

bool trace_parameter(Tape& tape, const Traced& input, const TracedParameter& parameter) {
  if (!tape.adapts(parameter.part)) return tape.trains(parameter.part);
  const LoraSetting& lora = *tape.pass().lora;
  const u8 bytes = tape.pass().weight_bytes();
  tape.values[Symbol::r] = lora.rank_of(parameter.part.role);
  tape.values[Symbol::rows] = parameter.out;
  tape.values[Symbol::cols] = parameter.in;
  if (!parameter.stacked) {
    tape.copy_weight(a_copy);
    tape.copy_weight(b_copy);
  } else if (bytes_of(lora.adapter_dtype) != bytes) {
    tape.keep(a_of_experts, bytes);
    tape.keep(b_of_experts, bytes);
  }
  if (input.gradient && parameter.kept) tape.keep(parameter.stacked ? merged_experts : merged_matrix, bytes);
  return true;
}

}  // namespace plimsoll
