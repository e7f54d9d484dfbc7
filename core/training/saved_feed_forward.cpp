// XMLP.forward, the routers, and integrations/moe.py (grouped_mm).
#include "training/saved_blocks.hpp"

namespace plimsoll {
namespace {

constexpr LedgerItem gate = saved("saved.mlp_gate", "L * b_a * B * T * f");
constexpr LedgerItem up = saved("saved.mlp_up", "L * b_a * B * T * f");
constexpr LedgerItem gate_and_up = saved("saved.mlp_gate_up", "2 * L * b_a * B * T * f");
constexpr LedgerItem product = saved("saved.mlp_product", "L * b_a * B * T * f");
constexpr LedgerItem output = saved("saved.mlp_output", "L * b_a * B * T * h");
constexpr LedgerItem output_mask = saved("saved.mlp_dropout", "L * B * T * h");
constexpr LedgerItem adapter_input = saved("saved.adapter_input", "L * b_a * B * T * h", source::adapters);
constexpr LedgerItem adapter_product = saved("saved.adapter_input", "L * b_a * B * T * f", source::adapters);
constexpr LedgerItem weight = saved("saved.weight_copy", "L * b_a * h * f");
constexpr LedgerItem double_weight = saved("saved.weight_copy", "2 * L * b_a * h * f");
constexpr LedgerItem router_weight = saved("saved.weight_copy", "L * b_a * h * E");

constexpr LedgerItem logits = saved("saved.router_logits", "L * b_a * B * T * E");
constexpr LedgerItem probabilities = saved("saved.router_probabilities", "4 * L * B * T * E");
constexpr LedgerItem scores = saved("saved.router_probabilities", "L * b_a * B * T * E");
constexpr LedgerItem indices = saved("saved.routing_indices", "8 * L * B * T * k");
constexpr LedgerItem chosen = saved("saved.routing_weights", "L * b_a * B * T * k");
constexpr LedgerItem weight_sum = saved("saved.routing_sum", "4 * L * B * T");
constexpr LedgerItem wide_input = saved("saved.router_input", "L * b_a * B * T * h");
constexpr LedgerItem wide_weight = saved("saved.router_weight", "4 * L * E * h");
constexpr LedgerItem group_indices = saved("saved.routing_groups", "L * (16 * B * T * n_group + 8 * B * T * topk_group)");
constexpr LedgerItem score_mask = saved("saved.routing_mask", "L * B * T * E");

constexpr LedgerItem order = saved("saved.expert_order", "8 * L * B * T * k", source::experts);  // of tokens, of their weights, and back
constexpr LedgerItem sorted_ids = saved("saved.expert_ids", "8 * L * B * T * k", source::experts);
constexpr LedgerItem offsets = saved("saved.expert_offsets", "4 * L * E", source::experts);
constexpr LedgerItem routed = saved("saved.routed_tokens", "L * b_a * B * T * k * h", source::experts);
constexpr LedgerItem expert_gate_up = saved("saved.expert_gate_up", "2 * L * b_a * B * T * k * f_moe", source::experts);
constexpr LedgerItem expert_product = saved("saved.expert_product", "L * b_a * B * T * k * f_moe", source::experts);
constexpr LedgerItem clamped_steps = saved("saved.expert_gate_steps", "4 * L * b_a * B * T * k * f_moe", source::experts);  // gate, sigmoid, gated, up + 1
constexpr LedgerItem expert_output = saved("saved.expert_output", "L * b_a * B * T * k * h", source::experts);
constexpr LedgerItem sorted_weights = saved("saved.routing_weights_sorted", "L * b_a * B * T * k", source::experts);
constexpr LedgerItem fused_order = saved("saved.expert_order", "4 * L * (3 * B * T * k + E + 1)", source::liger);
constexpr LedgerItem fused_tiles = saved("saved.expert_tiles", "8 * L * (ceil_div(B * T * k, 64) + E)", source::liger);  // at most
constexpr LedgerItem shared_gate = saved("saved.shared_expert_gate", "L * b_a * B * T", source::experts);
constexpr LedgerItem shared_gate_weight = saved("saved.weight_copy", "L * b_a * h");

u64 tokens_of(const Tape& tape) { return (Checked{tape.values[Symbol::B]} * tape.values[Symbol::T]).value; }

struct RoutedWeights {
  u8 bytes = 2;  ///< of an element of the weights
  bool gradient = false;
};

/// What a softmax router keeps; `normalised` divides the chosen weights by their sum.
RoutedWeights trace_softmax_router(Tape& tape, const MixtureOfExperts& e, const Traced& input) {
  const Traced out = trace_linear(tape, input, {logits, router_weight, adapter_input, {Role::router}});
  if (out.gradient) {
    tape.keep(probabilities);
    tape.keep(indices);
    if (e.norm_topk_prob) {
      tape.keep(weight_sum);
      tape.keep(chosen, 4);
    }
  }
  return {e.weights_fp32 ? u8{4} : out.bytes, out.gradient};
}

RoutedWeights trace_top_k_router(Tape& tape, const Traced& input) {
  const Traced out = trace_linear(tape, input, {logits, router_weight, adapter_input, {Role::router}});
  if (out.gradient) {
    tape.keep(indices);
    tape.keep(chosen, out.bytes);
  }
  return {out.bytes, out.gradient};
}

/// DeepSeek's routers compute in fp32: the cast input and the cast weight are saved. Autocast takes the product back to 16 bit, and
/// with it what a sigmoid makes of it; the softmax asks for fp32.
RoutedWeights trace_wide_router(Tape& tape, const MixtureOfExperts& e, const Traced& input) {
  const Traced wide = input.bytes == 4 ? input : tape.make(wide_input, 4, input.gradient);
  const bool trained = tape.trains({Role::router}), out = input.gradient || trained;
  const Traced taken = tape.lower(wide);
  if (trained) tape.save(taken);
  if (input.gradient && tape.pass().weight_bytes() < 4) tape.keep(wide_weight);
  tape.copy_weight(router_weight);
  const bool sigmoid = e.routing == MixtureOfExperts::Routing::sigmoid_groups;
  const u8 bytes = sigmoid ? taken.bytes : 4;
  if (out) {
    tape.keep(scores, bytes);
    tape.keep(indices);
    if (sigmoid && e.norm_topk_prob) {
      tape.keep(weight_sum);
      tape.keep(chosen, bytes);
    }
    if (sigmoid) tape.keep(group_indices);
    if (sigmoid || e.routing == MixtureOfExperts::Routing::group_limited) tape.keep(score_mask);
  }
  return {bytes, out};
}

RoutedWeights trace_router(Tape& tape, const MixtureOfExperts& e, const Traced& input) {
  if (e.router_fp32) return trace_wide_router(tape, e, input);
  return e.routing == MixtureOfExperts::Routing::top_k_softmax ? trace_top_k_router(tape, input) : trace_softmax_router(tape, e, input);
}

/// Liger's experts are one function: it keeps its input, what both halves of the gate were made from, and where each row came from.
bool experts_are_fused(const Tape& tape, const MixtureOfExperts& e) {
  return tape.pass().kernels == TrainingKernels::liger && e.activation == Mlp::Activation::silu && !e.clamped_gate && !e.expert_bias;
}

bool trace_fused_experts(Tape& tape, const Traced& input, RoutedWeights weights) {
  if (!input.gradient && !weights.gradient && !tape.trains({Role::expert_gate_up}) && !tape.trains({Role::expert_down})) return false;
  tape.save(input);
  tape.keep(expert_gate_up, input.bytes);
  tape.keep(sorted_weights, weights.bytes);
  tape.keep(fused_order);
  tape.keep(fused_tiles);
  return true;
}

/// What gate and up make of each other.
Traced trace_gate(Tape& tape, const MixtureOfExperts& e, const Traced& both) {
  if (e.clamped_gate) {
    if (both.gradient) {
      tape.save(both);
      tape.keep(clamped_steps, both.bytes);
    }
    return tape.make(expert_product, both.bytes, both.gradient);
  }
  const u64 rows = tokens_of(tape) * e.num_experts_per_tok;
  const Traced half = Tape::part(both, rows * e.moe_intermediate_size);
  if (gate_is_fused(tape, e.activation)) return trace_fused_gate(tape, both, half, expert_product);
  return trace_product(tape, trace_activation(tape, e.activation, half, rows, e.moe_intermediate_size), half, expert_product);
}

/// Rows are sorted by expert, multiplied group by group, weighed, and put back. Returns whether a gradient flows to the sum.
bool trace_experts(Tape& tape, const MixtureOfExperts& e, const Traced& input, RoutedWeights weights) {
  const bool trains_up = tape.trains({Role::expert_gate_up}), trains_down = tape.trains({Role::expert_down});
  if (input.gradient) tape.keep(order);
  if (weights.gradient) tape.keep(order);
  if (e.expert_bias && (trains_up || trains_down)) tape.keep(sorted_ids);
  const Traced tokens = tape.make(routed, input.bytes, input.gradient);
  if (trains_up) tape.save(tokens);
  const Traced both = tape.make(expert_gate_up, input.bytes, input.gradient || trains_up);
  const Traced inner = tape.run_part(RecomputeModule::moe_act, {both}, true, [&] { return trace_gate(tape, e, both); });
  if (trains_down) tape.save(inner);
  const Traced result = tape.make(expert_output, input.bytes, inner.gradient || trains_down);
  if (result.gradient) tape.keep(offsets);
  if (weights.gradient) tape.save(result);
  if (result.gradient) tape.keep(sorted_weights, weights.bytes);
  if (weights.gradient || result.gradient) tape.keep(order);
  return weights.gradient || result.gradient;
}

Traced trace_shared_expert(Tape& tape, const MixtureOfExperts& e, const Traced& input) {
  tape.values[Symbol::f] = e.shared_intermediate_size;
  const Mlp mlp{.intermediate_size = e.shared_intermediate_size, .activation = e.activation};
  const MlpRoles roles{Role::shared_expert_gate, Role::shared_expert_up, Role::shared_expert_down};
  return tape.run_part(RecomputeModule::shared_experts, {input}, false, [&] { return trace_mlp(tape, mlp, roles, input); });
}

}  // namespace

Traced trace_mlp(Tape& tape, const Mlp& m, const MlpRoles& roles, const Traced& input) {
  const u64 rows = tokens_of(tape), elements = rows * m.intermediate_size;
  Traced inner;
  switch (m.form) {
    case Mlp::Form::gated: {
      const Traced half = trace_linear(tape, input, {gate, weight, adapter_input, {roles.gate}});
      if (gate_is_fused(tape, m.activation)) {
        inner = trace_fused_gate(tape, half, trace_linear(tape, input, {up, weight, adapter_input, {roles.up}}), product);
        break;
      }
      const Traced g = trace_activation(tape, m.activation, half, rows, m.intermediate_size);
      inner = trace_product(tape, g, trace_linear(tape, input, {up, weight, adapter_input, {roles.up}}), product);
      break;
    }
    case Mlp::Form::gated_fused: {
      const Traced both = trace_linear(tape, input, {gate_and_up, double_weight, adapter_input, {Role::mlp_gate_up}});
      const Traced half = Tape::part(both, elements);
      inner = gate_is_fused(tape, m.activation)
          ? trace_fused_gate(tape, both, half, product)
          : trace_product(tape, half, trace_activation(tape, m.activation, half, rows, m.intermediate_size), product);
      break;
    }
    case Mlp::Form::plain:
      inner = trace_activation(tape, m.activation, trace_linear(tape, input, {up, weight, adapter_input, {roles.up}}), rows, m.intermediate_size);
      break;
  }
  const Traced out = trace_linear(tape, inner, {output, weight, adapter_product, {roles.down}});
  return m.output_dropout ? trace_dropout(tape, out, output_mask, output) : out;
}

Traced trace_mixture(Tape& tape, const MixtureOfExperts& e, const Traced& input) {
  const bool shared = e.shared_intermediate_size != 0;
  Traced first;
  if (shared && e.shared_first) first = trace_shared_expert(tape, e, input);
  const RoutedWeights weights = trace_router(tape, e, input);
  bool out = experts_are_fused(tape, e) ? trace_fused_experts(tape, input, weights) : trace_experts(tape, e, input, weights);
  if (shared && !e.shared_first) first = trace_shared_expert(tape, e, input);
  if (shared && e.shared_router) {
    const Traced weighed = trace_linear(tape, input, {shared_gate, shared_gate_weight, adapter_input, {Role::shared_expert_router}});
    const Traced open = tape.make(shared_gate, weighed.bytes, weighed.gradient);
    if (open.gradient) tape.save(open);  // the sigmoid's result
    first = trace_product(tape, open, first, output);
  }
  out = out || first.gradient;
  return tape.make(output, input.bytes, out);
}

}  // namespace plimsoll
