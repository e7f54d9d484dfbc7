// Megatron-LM: transformer/moe/{router,moe_utils,token_dispatcher,experts,shared_experts}.py. Transformer Engine:
// pytorch/module/grouped_linear.py.
#include "training/megatron_blocks.hpp"

namespace plimsoll {
namespace {

constexpr LedgerItem mlp_input = saved("saved.mlp_input", "L * b_a * B * T * h", source::engine);
constexpr LedgerItem probabilities = saved("saved.router_probabilities", "4 * L * B * T * E", source::megatron);
constexpr LedgerItem chosen_probabilities = saved("saved.routing_weights", "4 * L * B * T * k", source::megatron);
constexpr LedgerItem weight_sum = saved("saved.routing_sum", "4 * L * B * T", source::megatron);
constexpr LedgerItem indices = saved("saved.routing_indices", "8 * L * B * T * k", source::megatron);
constexpr LedgerItem group_mask = saved("saved.routing_mask", "L * B * T * E", source::megatron);
constexpr LedgerItem dense_weights = saved("saved.routing_weights", "L * b_a * B * T * E", source::megatron);
constexpr LedgerItem routing_map = saved("saved.routing_map", "L * B * T * E", source::megatron);
constexpr LedgerItem order = saved("saved.expert_order", "8 * L * B * T * (E + k)", source::megatron);  // sorted, and the tokens of the first k
constexpr LedgerItem sorted_weights = saved("saved.routing_weights_sorted", "L * b_a * B * T * k", source::megatron);
constexpr LedgerItem routed = saved("saved.routed_tokens", "L * b_a * B * T * k * h", source::engine);
constexpr LedgerItem gate_and_up = saved("saved.expert_gate_up", "2 * L * b_a * B * T * k * f_moe", source::megatron);
constexpr LedgerItem one_of_both = saved("saved.activation_steps", "L * b_a * B * T * k * f_moe", source::megatron);
constexpr LedgerItem product = saved("saved.expert_product", "L * b_a * B * T * k * f_moe", source::engine);
constexpr LedgerItem shared_gate_and_up = saved("saved.mlp_gate_up", "2 * L * b_a * B * T * f", source::megatron);
constexpr LedgerItem shared_step = saved("saved.activation_steps", "L * b_a * B * T * f", source::megatron);
constexpr LedgerItem shared_product = saved("saved.mlp_product", "L * b_a * B * T * f", source::engine);
constexpr LedgerItem shared_gate = saved("saved.shared_expert_gate", "L * b_a * B * T", source::megatron);
constexpr LedgerItem output = saved("saved.mlp_output", "L * b_a * B * T * h", source::megatron);

/// TopKRouter without auxiliary losses. A softmax over the chosen logits is what a normalised softmax over all of them gives.
void trace_router(Tape& tape, const MixtureOfExperts& e, const Traced& input) {
  using Routing = MixtureOfExperts::Routing;
  tape.save(input);
  tape.keep(indices);
  const bool over_chosen = e.routing == Routing::top_k_softmax || (e.routing == Routing::softmax_top_k && e.norm_topk_prob);
  tape.keep(over_chosen ? chosen_probabilities : probabilities);
  if (e.routing == Routing::group_limited) tape.keep(group_mask, 1);
  if (e.routing == Routing::sigmoid_groups && e.num_experts_per_tok > 1) {
    tape.keep(chosen_probabilities);
    tape.keep(weight_sum);
  }
  tape.keep(dense_weights, e.router_fp32 ? 4 : 2);
  tape.keep(routing_map, 1);
}

/// Each half of the gated experts whose activation has no fused function passes the product once more: the router's weights.
void trace_experts(Tape& tape, const MixtureOfExperts& e) {
  const bool fused = e.activation == Mlp::Activation::silu || e.clamped_gate;
  tape.keep(order);
  tape.keep(sorted_weights, e.router_fp32 ? 4 : 2);
  megatron_linear(tape, tape.make(routed, 2, true), routed);
  if (fused) {
    tape.keep(gate_and_up, 2);
    megatron_linear(tape, tape.make(product, 2, true), product);
    return;
  }
  if (e.activation != Mlp::Activation::relu) tape.keep(gate_and_up, 2);
  for (int step = 0; step < 3; ++step) tape.keep(one_of_both, 2);  // activated, the other half plus nothing, their product
  megatron_linear(tape, tape.make(product, 2, true), product);
}

void trace_shared_expert(Tape& tape, const MixtureOfExperts& e, const Traced& input) {
  tape.values[Symbol::f] = e.shared_intermediate_size;
  megatron_linear(tape, input, mlp_input);
  trace_megatron_activation(tape, e.activation, true, {shared_gate_and_up, shared_step, shared_product});
  if (!e.shared_router) return;
  tape.keep(shared_gate, 2);
  tape.keep(output, 2);
}

}  // namespace

/// MoEAlltoAllTokenDispatcher without fusion of the permutation, on one rank: every token goes to k experts and none is dropped.
Traced trace_megatron_mixture(Tape& tape, const MixtureOfExperts& e, NormKind norm, const Traced& input) {
  const u64 tokens = (Checked{tape.values[Symbol::B]} * tape.values[Symbol::T]).value;
  const Traced normed = megatron_norm(tape, norm, tokens, tape.values[Symbol::h], input, mlp_input);
  trace_router(tape, e, normed);
  trace_experts(tape, e);
  if (e.shared_intermediate_size != 0) trace_shared_expert(tape, e, normed);
  return tape.make(output, 2, true);
}

}  // namespace plimsoll
