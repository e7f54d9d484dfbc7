// XMLP.forward, and the blocks of experts of the model files.
#include "training/saved_mixture.hpp"

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
constexpr LedgerItem shared_gate = saved("saved.shared_expert_gate", "L * b_a * B * T", source::experts);
constexpr LedgerItem shared_gate_weight = saved("saved.weight_copy", "L * b_a * h");

u64 tokens_of(const Tape& tape) { return (Checked{tape.values[Symbol::B]} * tape.values[Symbol::T]).value; }

Traced trace_shared_expert(Tape& tape, const MixtureOfExperts& e, const Traced& input) {
  tape.values[Symbol::f] = e.shared_intermediate_size;
  const Mlp mlp{.intermediate_size = e.shared_intermediate_size, .activation = e.activation};
  const MlpRoles roles{Role::shared_expert_gate, Role::shared_expert_up, Role::shared_expert_down, e.shared_router};
  return tape.run_part(RecomputeModule::shared_experts, {input}, false, [&] { return trace_mlp(tape, mlp, roles, input); });
}

}  // namespace

/// Two halves of one tensor: backward joins their gradients.
std::pair<Traced, Traced> split_halves(Tape& tape, const Traced& both) {
  Backward back(tape, {both});
  const u8 joined = back.make(both.elements, both.bytes);
  back.lose();
  back.give(0, joined);
  Traced first = Tape::part(both, both.elements / 2), second = first;
  first.edge = back.out(0);
  second.edge = back.out(1);
  return {first, second};
}

Traced trace_mlp(Tape& tape, const Mlp& m, const MlpRoles& roles, const Traced& input) {
  const u64 rows = tokens_of(tape);
  const auto projected = [&](const LedgerItem& item, const LedgerItem& copy, Role role) {
    return trace_linear(tape, input, {item, copy, adapter_input, {role}, m.bias, roles.flat});
  };
  Traced inner;
  switch (m.form) {
    case Mlp::Form::gated: {
      const Traced half = projected(gate, weight, roles.gate);
      if (gate_is_fused(tape, m.activation)) {
        inner = trace_fused_gate(tape, half, projected(up, weight, roles.up), product);
        break;
      }
      const Traced g = trace_activation(tape, m.activation, half, rows, m.intermediate_size);
      inner = trace_product(tape, g, projected(up, weight, roles.up), product);
      break;
    }
    case Mlp::Form::gated_fused: {
      const auto [half, other] = split_halves(tape, projected(gate_and_up, double_weight, Role::mlp_gate_up));
      inner = gate_is_fused(tape, m.activation) ? trace_fused_gate(tape, half, other, product)
                                                : trace_product(tape, other, trace_activation(tape, m.activation, half, rows, m.intermediate_size), product);
      break;
    }
    case Mlp::Form::plain: inner = trace_activation(tape, m.activation, projected(up, weight, roles.up), rows, m.intermediate_size); break;
  }
  const Traced out = trace_linear(tape, inner, {output, weight, adapter_product, {roles.down}, m.bias, roles.flat});
  return m.output_dropout ? trace_dropout(tape, out, output_mask, output) : out;
}

Traced trace_mixture(Tape& tape, const MixtureOfExperts& e, const Traced& input) {
  const bool shared = e.shared_intermediate_size != 0;
  const Traced flat = tape.reshaped(input);  // [tokens, h]
  Traced beside;
  if (shared && e.shared_first) beside = trace_shared_expert(tape, e, flat);
  const RoutedWeights weights = trace_router(tape, e, e.router_fp32 ? tape.reshaped(input) : flat);
  const Traced routed_sum = trace_routed_experts(tape, e, flat, weights);
  if (!shared) return routed_sum;
  if (!e.shared_first) beside = trace_shared_expert(tape, e, e.shared_router ? flat : input);
  if (e.shared_router) {
    const Traced weighed = trace_linear(tape, flat, {shared_gate, shared_gate_weight, adapter_input, {Role::shared_expert_router}, false, true});
    Traced open = tape.make(shared_gate, weighed.bytes, weighed.gradient);
    if (open.gradient) tape.save(open);  // the sigmoid's result
    open.edge = tape.new_gradient(weighed);
    beside = trace_product(tape, open, beside, output);
  }
  return tape.make(output, input.bytes, routed_sum.gradient || beside.gradient, tape.pass_gradient({routed_sum, beside}));
}

}  // namespace plimsoll
