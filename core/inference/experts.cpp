// transformers/integrations/moe.py, grouped_mm_experts_forward: every token is copied once for each expert it goes to, sorted by
// expert, and all experts run as one grouped product. So the cost follows tokens times experts per token, never the balance of load.
#include "inference/block_runs.hpp"

namespace plimsoll {
namespace {

consteval LedgerItem part(const char* id, const char* formula) { return activation(id, formula, source::experts); }

// sorted expert ids and permutation (int64), ids again (int32), weights sorted, counts and offsets (int32)
constexpr LedgerItem order = part("activations.expert_order", "(20 + b_r) * B * T * k + 8 * E");
constexpr LedgerItem routed_tokens = part("activations.routed_tokens", "b_a * B * T * k * h");
constexpr LedgerItem bias_in = part("activations.expert_bias", "2 * b_a * B * T * k * f_moe");
constexpr LedgerItem bias_out = part("activations.expert_bias", "b_a * B * T * k * h");
constexpr LedgerItem gate_and_up = part("activations.expert_gate_up", "2 * b_a * B * T * k * f_moe");
constexpr LedgerItem inner = part("activations.expert_inner", "b_a * B * T * k * f_moe");
constexpr LedgerItem product = part("activations.expert_product", "b_a * B * T * k * f_moe");
constexpr LedgerItem outputs = part("activations.expert_output", "b_a * B * T * k * h");
constexpr LedgerItem weighed = part("activations.expert_weighed", "max(b_a, b_r) * B * T * k * h");
constexpr LedgerItem inverse_order = part("activations.expert_order", "8 * B * T * k");
constexpr LedgerItem summed = part("activations.mlp_output", "max(b_a, b_r) * B * T * h");
constexpr LedgerItem result = part("activations.mlp_output", "b_a * B * T * h");
constexpr LedgerItem shared_gate = part("activations.shared_gate", "b_a * B * T");

/// gpt-oss's _apply_gate: clamped gate and up, their sigmoid and sum, each a tensor of its own.
Hold run_clamped_gate(PassContext& c) {
  const Hold gate = c.hold(inner), up = c.hold(inner);
  Hold scaled = c.hold(inner);
  Hold sigmoid = c.hold(inner);
  scaled.drop();
  const Hold activated = c.hold(inner);
  sigmoid.drop();
  const Hold up_plus_one = c.hold(inner);
  return c.hold(product);
}

Hold run_bank(PassContext& c, const MixtureOfExperts& e) {
  const u64 rows = (Checked{c.values[Symbol::B]} * c.values[Symbol::T] * c.values[Symbol::k]).value;
  const Hold sorted = c.hold(order), tokens = c.hold(routed_tokens);
  Hold bias;
  if (e.expert_bias) bias = c.hold(bias_in);
  Hold both = c.hold(gate_and_up);
  Hold products;
  if (e.clamped_gate) {
    products = run_clamped_gate(c);
  } else {
    const Hold gated = run_activation(c, e.activation, rows, c.values[Symbol::f_moe], inner);
    products = c.hold(product);
  }
  both.drop();
  if (e.expert_bias) bias = c.hold(bias_out);
  const Hold out = c.hold(outputs);
  products.drop();
  Hold weights = c.hold(weighed);
  const Hold inverse = c.hold(inverse_order);
  weights = c.hold(weighed);  // back in the order of the tokens
  Hold sum = c.hold(summed);
  if (c.values[Symbol::b_r] > c.values[Symbol::b_a]) sum = c.hold(result);
  return sum;
}

Hold run_shared(PassContext& c, const MixtureOfExperts& e) {
  PassContext shared = c;
  shared.values[Symbol::f] = c.values[Symbol::f_shared];
  return run_mlp(shared, Mlp::Form::gated, e.activation,
                 {.gate = Role::shared_expert_gate, .up = Role::shared_expert_up, .down = Role::shared_expert_down});
}

}  // namespace

Hold run_mixture(PassContext& c, const MixtureOfExperts& e) {
  Hold shared;
  if (e.shared_intermediate_size > 0 && e.shared_first) shared = run_shared(c, e);
  const Routed routed = run_router(c, e);
  Hold out = run_bank(c, e);
  if (e.shared_intermediate_size == 0) return out;
  if (!e.shared_first) shared = run_shared(c, e);
  if (e.shared_router) {
    Hold weight = run_linear(c, Role::shared_expert_router, 1, c.values[Symbol::h], shared_gate);
    weight = c.hold(shared_gate);  // its sigmoid
    shared = c.hold(result);
  }
  out = c.hold(result);
  return out;
}

}  // namespace plimsoll
