// integrations/moe.py (grouped_mm) and the model files' experts; Liger's fused experts.
#include <algorithm>
#include <array>
#include <optional>

#include "training/saved_mixture.hpp"

namespace plimsoll {
namespace {

constexpr LedgerItem gate = saved("saved.mlp_gate", "L * b_a * B * T * f");
constexpr LedgerItem up = saved("saved.mlp_up", "L * b_a * B * T * f");
constexpr LedgerItem product = saved("saved.mlp_product", "L * b_a * B * T * f");
constexpr LedgerItem output = saved("saved.mlp_output", "L * b_a * B * T * h");
constexpr LedgerItem weight = saved("saved.weight_copy", "L * b_a * h * f");
constexpr LedgerItem order = saved("saved.expert_order", "8 * L * B * T * k", source::experts);  // of tokens, of their weights, and back
constexpr LedgerItem sorted_ids = saved("saved.expert_ids", "8 * L * B * T * k", source::experts);
constexpr LedgerItem offsets = saved("saved.expert_offsets", "4 * L * E", source::experts);
constexpr LedgerItem routed = saved("saved.routed_tokens", "L * b_a * B * T * k * h", source::experts);
constexpr LedgerItem expert_gate_up = saved("saved.expert_gate_up", "2 * L * b_a * B * T * k * f_moe", source::experts);
constexpr LedgerItem expert_product = saved("saved.expert_product", "L * b_a * B * T * k * f_moe", source::experts);
constexpr LedgerItem clamped_step = saved("saved.expert_gate_steps", "L * b_a * B * T * k * f_moe", source::experts);
constexpr LedgerItem expert_output = saved("saved.expert_output", "L * b_a * B * T * k * h", source::experts);
constexpr LedgerItem sorted_weights = saved("saved.routing_weights_sorted", "L * b_a * B * T * k", source::experts);
constexpr LedgerItem fused_order = saved("saved.expert_order", "4 * L * (3 * B * T * k + E + 1)", source::liger);
constexpr LedgerItem fused_tiles = saved("saved.expert_tiles", "8 * L * (ceil_div(B * T * k, 64) + E)", source::liger);  // at most

u64 tokens_of(const Tape& tape) { return (Checked{tape.values[Symbol::B]} * tape.values[Symbol::T]).value; }

/// Liger's experts are one function: it keeps its input, what both halves of the gate were made from, and where each row came from.
bool experts_are_fused(const Tape& tape, const MixtureOfExperts& e) {
  return tape.pass().kernels == TrainingKernels::liger && e.activation == Mlp::Activation::silu && !e.clamped_gate && !e.expert_bias;
}

/// Gradients of all experts' matrices of one kind.
u64 expert_elements(const Tape& tape, const MixtureOfExperts& e, u64 matrices) {
  return (Checked{matrices} * e.num_experts * tape.values[Symbol::h] * e.moe_intermediate_size).value;
}

Traced trace_fused_experts(Tape& tape, const MixtureOfExperts& e, const Traced& input, const RoutedWeights& routed_by) {
  const bool trains_up = tape.trains({Role::expert_gate_up}), trains_down = tape.trains({Role::expert_down});
  const bool gradient = input.gradient || routed_by.gradient || trains_up || trains_down;
  Backward back(tape, {input, routed_by.weights});
  Traced out = tape.make(output, input.bytes, gradient, back.out());
  if (!gradient) return out;
  tape.save(input);
  tape.keep(expert_gate_up, input.bytes);
  tape.keep(sorted_weights, routed_by.bytes);
  tape.keep(fused_order);
  tape.keep(fused_tiles);
  const u64 rows = tokens_of(tape) * e.num_experts_per_tok;
  const u8 inner = back.make(rows * e.moe_intermediate_size, input.bytes), both = back.make(2 * rows * e.moe_intermediate_size, input.bytes);
  if (trains_down) back.parameter(expert_elements(tape, e, 1), tape.pass().weight_bytes());
  back.drop(inner);
  if (trains_up) back.parameter(expert_elements(tape, e, 2), tape.pass().weight_bytes());
  back.give_new(0);
  back.drop(both);
  back.give_new(1);
  return out;
}

/// gpt-oss: gate and up are strided slices of one tensor, clamped; the gate times its sigmoid, times up + 1.
Traced trace_clamped_gate(Tape& tape, const Traced& both, u64 elements) {
  const u8 bytes = both.bytes;
  std::array<Traced, 4> kept;  // gate, sigmoid, gated, up + 1
  if (both.gradient) {
    tape.save(both);
    for (Traced& step : kept) step = tape.keep(clamped_step, bytes);
  }
  Backward back(tape, {both});
  const Traced out = tape.make(expert_product, bytes, both.gradient, back.out());
  if (!both.gradient) return out;
  const auto one = [&](u8 width) { return back.make(elements, width); };
  const u8 of_up = one(bytes), of_gated = one(bytes);
  back.lose();
  back.release(kept[2]);
  back.release(kept[3]);
  const u8 of_gate = one(bytes), of_sigmoid = one(bytes);
  back.drop(of_gated);
  back.release(kept[0]);
  const u8 inner = one(bytes);
  back.drop(of_sigmoid);
  back.release(kept[1]);
  const u8 scaled = one(bytes);
  back.drop(inner);
  back.drop(scaled);
  const u8 above = one(1), below = one(1), clamped_up = one(bytes);
  for (const u8 gone : {above, below, of_up}) back.drop(gone);
  const u8 gate_below = one(1), clamped = one(bytes);
  back.drop(gate_below);
  back.drop(of_gate);
  back.release_all();
  const u8 padded_up = back.make(both.elements, bytes);
  back.drop(clamped_up);
  back.give(0, padded_up);
  const u8 padded_gate = back.make(both.elements, bytes);
  back.drop(clamped);
  back.give(0, padded_gate);
  return out;
}

/// What gate and up make of each other.
Traced trace_gate(Tape& tape, const MixtureOfExperts& e, const Traced& both) {
  const u64 rows = tokens_of(tape) * e.num_experts_per_tok, elements = rows * e.moe_intermediate_size;
  if (e.clamped_gate) return trace_clamped_gate(tape, both, elements);
  const auto [half, other] = split_halves(tape, both);
  if (gate_is_fused(tape, e.activation)) return trace_fused_gate(tape, half, other, expert_product);
  return trace_product(tape, trace_activation(tape, e.activation, half, rows, e.moe_intermediate_size), other, expert_product);
}

/// A grouped product: the weights' gradient, then the input's, then the bias's, which is gathered over zeros.
struct GroupedProduct {
  u64 weight = 0, bias = 0;
  bool trained = false;
};
void grouped_backward(Backward& back, const Tape& tape, const GroupedProduct& grouped) {
  const u8 bytes = tape.pass().weight_bytes();
  if (grouped.trained) back.parameter(grouped.weight, bytes);
  back.give_new(0);
  if (!grouped.trained || grouped.bias == 0) return;
  const u8 zeros = back.make(grouped.bias, bytes);
  back.parameter(grouped.bias, bytes);
  back.drop(zeros);
}

/// A gather's backward: zeros as large as what was gathered from, and a copy of them that the gradients are put into.
void gather_backward(Backward& back, u64 elements, u8 bytes) {
  const u8 zeros = back.make(elements, bytes);
  back.give_new(0);
  back.drop(zeros);
}

/// The weighed outputs, put back in order and summed over each token's experts.
Traced trace_combination(Tape& tape, const MixtureOfExperts& e, const Traced& result, const Traced& weights, u8 input_bytes) {
  const u64 rows = tokens_of(tape) * e.num_experts_per_tok, h = tape.values[Symbol::h];
  const bool gradient = weights.gradient || result.gradient;
  Traced weighed = result;
  {
    if (weights.gradient) tape.save(result);
    if (result.gradient) tape.save(weights);
    Backward back(tape, {result, weights});
    weighed.bytes = std::max(result.bytes, weights.bytes);
    weighed.gradient = gradient;
    weighed.edge = back.out();
    std::optional<u8> of_result, of_weights;
    if (back.wants(0)) of_result = back.make(rows * h, weighed.bytes);
    if (back.wants(1)) of_weights = back.make(rows * h, weighed.bytes);
    if (of_result && result.bytes != weighed.bytes) {
      const u8 cast = back.make(rows * h, result.bytes);
      back.drop(*of_result);
      of_result = cast;
    }
    if (of_weights) {
      const u8 sum = back.make(rows, weights.bytes);
      back.drop(*of_weights);
      back.give(1, sum);
    }
    if (of_result) back.give(0, *of_result);
  }
  if (gradient) tape.keep(order);
  Backward back(tape, {weighed});
  std::optional<u8> cast;
  const u64 tokens = tokens_of(tape);
  if (weighed.bytes != input_bytes) {
    cast = back.make(tokens * h, weighed.bytes);
    back.lose();
  }
  const u8 spread = back.make(rows * h, weighed.bytes);
  if (cast) back.drop(*cast);
  back.lose();
  const u8 zeros = back.make(rows * h, weighed.bytes);
  back.give_new(0);
  back.drop(zeros);
  back.drop(spread);
  return tape.make(output, input_bytes, gradient, back.out());
}

/// Rows are sorted by expert, multiplied group by group, weighed, and put back.
Traced trace_experts(Tape& tape, const MixtureOfExperts& e, const Traced& input, const RoutedWeights& routed_by) {
  const bool trains_up = tape.trains({Role::expert_gate_up}), trains_down = tape.trains({Role::expert_down});
  const u64 biases = e.expert_bias ? e.num_experts : 0;
  if (input.gradient) tape.keep(order);
  Traced tokens;
  {
    Backward back(tape, {input});
    tokens = tape.make(routed, input.bytes, input.gradient, back.out());
    if (back.wants(0)) gather_backward(back, input.elements, input.bytes);
  }
  Traced weights;
  {
    if (routed_by.gradient) tape.keep(order);
    Backward back(tape, {routed_by.weights});
    weights = tape.make(sorted_weights, routed_by.bytes, routed_by.gradient, back.out());
    if (back.wants(0)) gather_backward(back, weights.elements, weights.bytes);
  }
  if (trains_up) tape.save(tokens);
  Traced both;
  {
    if (e.expert_bias && trains_up) tape.keep(sorted_ids);
    Backward back(tape, {tokens});
    both = tape.make(expert_gate_up, input.bytes, input.gradient || trains_up, back.out());
    grouped_backward(back, tape, {expert_elements(tape, e, 2), biases * 2 * e.moe_intermediate_size, trains_up});
  }
  const Traced inner = tape.run_part(RecomputeModule::moe_act, {both}, true, [&] { return trace_gate(tape, e, both); });
  if (trains_down) tape.save(inner);
  Traced result;
  {
    if (e.expert_bias && trains_down && !trains_up) tape.keep(sorted_ids);
    if (inner.gradient || trains_down) tape.keep(offsets);
    Backward back(tape, {inner});
    result = tape.make(expert_output, input.bytes, inner.gradient || trains_down, back.out());
    grouped_backward(back, tape, {expert_elements(tape, e, 1), biases * tape.values[Symbol::h], trains_down});
  }
  return trace_combination(tape, e, result, weights, input.bytes);
}

}  // namespace

Traced trace_routed_experts(Tape& tape, const MixtureOfExperts& e, const Traced& input, const RoutedWeights& weights) {
  return experts_are_fused(tape, e) ? trace_fused_experts(tape, e, input, weights) : trace_experts(tape, e, input, weights);
}

}  // namespace plimsoll
