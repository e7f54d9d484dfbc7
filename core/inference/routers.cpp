// XTopKRouter.forward of the model files: logits, scores, choice. What lives through the block is small; what does not may be large:
// DeepSeek's routers cast their whole weight to fp32 in every pass.
#include "inference/block_runs.hpp"

namespace plimsoll {
namespace {

consteval LedgerItem part(const char* formula) { return activation("activations.router", formula, source::experts); }

constexpr LedgerItem logits = part("b_a * B * T * E");
constexpr LedgerItem numbers_fp32 = part("4 * B * T * E");
constexpr LedgerItem booleans = part("B * T * E");
constexpr LedgerItem chosen = part("b_a * B * T * k");
constexpr LedgerItem chosen_fp32 = part("4 * B * T * k");
constexpr LedgerItem indices = part("8 * B * T * k");
constexpr LedgerItem row_sums = part("4 * B * T");
constexpr LedgerItem two_row_sums = part("8 * B * T");
constexpr LedgerItem group_numbers = part("4 * B * T * n_group");
constexpr LedgerItem group_indices = part("8 * B * T * n_group");
constexpr LedgerItem group_pairs = part("8 * B * T * n_group");
constexpr LedgerItem group_pair_indices = part("16 * B * T * n_group");
constexpr LedgerItem group_choice = part("8 * B * T * topk_group");
constexpr LedgerItem group_choice_values = part("4 * B * T * topk_group");
constexpr LedgerItem input_fp32 = activation("activations.router_input", "4 * B * T * h", source::experts);
constexpr LedgerItem weight_fp32 = activation("activations.router_weight", "4 * E * h", source::experts);

/// F.linear of input and weight, both cast to fp32 first.
Hold run_fp32_logits(PassContext& c) {
  Hold input, weight;
  if (c.widens()) {
    input = c.hold(input_fp32);
    weight = c.hold(weight_fp32);
  }
  return c.hold(numbers_fp32);
}

/// The groups that may be chosen from, as a mask over experts, and the scores with the others struck out.
struct Grouped {
  Hold group_scores, choice, group_mask, expert_mask;
};
Hold run_group_mask(PassContext& c, Grouped& g) {
  g.choice = c.hold(group_choice);
  c.spike(group_choice_values);
  g.group_mask = c.hold(group_numbers);
  g.expert_mask = c.hold(numbers_fp32);
  Hold allowed = c.hold(booleans);
  allowed = c.hold(booleans);
  return c.hold(numbers_fp32);  // masked_fill
}

/// Qwen2MoeTopKRouter, MixtralTopKRouter: softmax in fp32, the largest k, and their sum where they are normed.
Routed run_softmax_top_k(PassContext& c, const MixtureOfExperts& e) {
  Routed r;
  r.logits = c.hold(logits);
  Hold copy;
  if (c.widens()) copy = c.hold(numbers_fp32);
  const Hold scores = c.hold(numbers_fp32);
  copy.drop();
  r.weights = c.hold(chosen_fp32);
  r.indices = c.hold(indices);
  if (e.norm_topk_prob) c.spike(row_sums);
  if (c.widens() && !e.weights_fp32) r.weights = c.hold(chosen);
  return r;
}

/// GptOssTopKRouter: the largest k logits, then their softmax.
Routed run_top_k_softmax(PassContext& c) {
  Routed r;
  r.logits = c.hold(logits);
  r.weights = c.hold(chosen);
  r.indices = c.hold(indices);
  r.weights = c.hold(chosen);
  return r;
}

/// DeepseekV2TopkRouter: everything in fp32; with groups, only the best groups' experts stand for choice.
Routed run_fp32_softmax(PassContext& c, bool in_groups) {
  Routed r;
  Grouped g;
  r.logits = run_fp32_logits(c);
  Hold scores = c.hold(numbers_fp32);
  if (in_groups) {
    g.group_scores = c.hold(group_numbers);
    c.spike(group_indices);
    scores = run_group_mask(c, g);
  }
  r.weights = c.hold(chosen_fp32);
  r.indices = c.hold(indices);
  r.weights = c.hold(chosen_fp32);  // times routed_scaling_factor
  return r;
}

/// DeepseekV3TopkRouter: sigmoid scores, a correction for the choice only, groups by the sum of their two best.
Routed run_sigmoid_groups(PassContext& c, const MixtureOfExperts& e) {
  Routed r;
  Grouped g;
  r.logits = run_fp32_logits(c);
  const Hold scores = c.hold(numbers_fp32);
  Hold corrected = c.hold(numbers_fp32);
  Hold best = c.hold(group_pairs);
  c.spike(group_pair_indices);
  g.group_scores = c.hold(group_numbers);
  best.drop();
  corrected = run_group_mask(c, g);
  r.indices = c.hold(indices);
  c.spike(chosen_fp32);
  r.weights = c.hold(chosen_fp32);
  Hold sums;
  if (e.norm_topk_prob) {
    c.spike(two_row_sums);
    sums = c.hold(row_sums);
  }
  r.weights = c.hold(chosen_fp32);
  return r;
}

}  // namespace

Routed run_router(PassContext& context, const MixtureOfExperts& experts) {
  using enum MixtureOfExperts::Routing;
  switch (experts.routing) {
    case softmax_top_k: return experts.router_fp32 ? run_fp32_softmax(context, false) : run_softmax_top_k(context, experts);
    case top_k_softmax: return run_top_k_softmax(context);
    case group_limited: return run_fp32_softmax(context, true);
    case sigmoid_groups: break;
  }
  return run_sigmoid_groups(context, experts);
}

}  // namespace plimsoll
