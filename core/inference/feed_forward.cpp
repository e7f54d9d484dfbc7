// XMLP.forward of the model files, and the activation functions of transformers/activations.py.
#include "inference/block_runs.hpp"

namespace plimsoll {
namespace {

constexpr LedgerItem gate = activation("activations.mlp_gate", "b_a * B * T * f");
constexpr LedgerItem up = activation("activations.mlp_up", "b_a * B * T * f");
constexpr LedgerItem gate_and_up = activation("activations.mlp_gate_up", "2 * b_a * B * T * f");
constexpr LedgerItem product = activation("activations.mlp_product", "b_a * B * T * f");
constexpr LedgerItem output = activation("activations.mlp_output", "b_a * B * T * h");

constexpr LedgerItem activated = activation("activations.mlp_activated", "b_a * B * T * f");
constexpr LedgerItem four_steps = activation("activations.activation_steps", "4 * b_a * rows * cols");
constexpr LedgerItem three_steps = activation("activations.activation_steps", "3 * b_a * rows * cols");
constexpr LedgerItem two_steps = activation("activations.activation_steps", "2 * b_a * rows * cols");

/// The width of the MLP on this rank, and of the residual stream.
struct Widths {
  u64 f = 0, h = 0;
};

Hold run_gated(PassContext& c, Mlp::Activation kind, u64 tokens, const MlpRoles& roles, const Widths& w) {
  Hold gated = run_linear(c, roles.gate, w.f, w.h, gate);
  gated = run_activation(c, kind, tokens, c.values[Symbol::f], activated);
  Hold other = run_linear(c, roles.up, w.f, w.h, up);
  Hold both = c.hold(product);
  gated.drop();
  other.drop();
  return run_linear(c, roles.down, w.h, w.f, output);
}

/// Phi3MLP: gate and up are views of one result, which a name keeps alive to the end.
Hold run_fused(PassContext& c, Mlp::Activation kind, u64 tokens, const MlpRoles& roles, const Widths& w) {
  const Hold whole = run_linear(c, roles.gate_up, 2 * w.f, w.h, gate_and_up);
  Hold gated = run_activation(c, kind, tokens, c.values[Symbol::f], activated);
  const Hold both = c.hold(product);
  gated.drop();
  return run_linear(c, roles.down, w.h, w.f, output);
}

Hold run_plain(PassContext& c, Mlp::Activation kind, u64 tokens, const MlpRoles& roles, const Widths& w) {
  Hold inner = run_linear(c, roles.up, w.f, w.h, up);
  inner = run_activation(c, kind, tokens, c.values[Symbol::f], activated);
  return run_linear(c, roles.down, w.h, w.f, output);
}

}  // namespace

Hold run_activation(PassContext& context, Mlp::Activation kind, u64 rows, u64 cols, const LedgerItem& result) {
  Values v = context.values;
  v[Symbol::rows] = rows;
  v[Symbol::cols] = cols;
  switch (kind) {
    case Mlp::Activation::silu:
    case Mlp::Activation::gelu:
    case Mlp::Activation::gelu_tanh:
    case Mlp::Activation::relu: break;  // one operator
    case Mlp::Activation::gelu_new: context.ledger.spike(three_steps, v); break;  // 0.5 x waits while the other factor is made of two
    case Mlp::Activation::gelu_fast: context.ledger.spike(four_steps, v); break;
    case Mlp::Activation::quick_gelu: context.ledger.spike(two_steps, v); break;
  }
  return context.ledger.hold(result, v);
}

Hold run_mlp(PassContext& context, Mlp::Form form, Mlp::Activation kind, const MlpRoles& roles) {
  const u64 tokens = (Checked{context.values[Symbol::B]} * context.values[Symbol::T]).value;
  const Widths widths{context.values[Symbol::f], context.values[Symbol::h]};
  switch (form) {
    case Mlp::Form::gated: return run_gated(context, kind, tokens, roles, widths);
    case Mlp::Form::gated_fused: return run_fused(context, kind, tokens, roles, widths);
    case Mlp::Form::plain: break;
  }
  return run_plain(context, kind, tokens, roles, widths);
}

Hold run_feed_forward(PassContext& context, const FeedForward& feed_forward) {
  return std::visit(Match{
      [&](const Mlp& m) { return run_mlp(context, m.form, m.activation); },
      [&](const MixtureOfExperts& e) { return run_mixture(context, e); },
  }, feed_forward);
}

}  // namespace plimsoll
