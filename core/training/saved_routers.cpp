// The routers of the model files.
#include <optional>

#include "training/saved_mixture.hpp"

namespace plimsoll {
namespace {

constexpr LedgerItem product = saved("saved.mlp_product", "L * b_a * B * T * f");
constexpr LedgerItem weight = saved("saved.weight_copy", "L * b_a * h * f");
constexpr LedgerItem router_weight = saved("saved.weight_copy", "L * b_a * h * E");
constexpr LedgerItem logits = saved("saved.router_logits", "L * b_a * B * T * E");
constexpr LedgerItem probabilities = saved("saved.router_probabilities", "4 * L * B * T * E");
constexpr LedgerItem scores = saved("saved.router_probabilities", "L * b_a * B * T * E");
constexpr LedgerItem indices = saved("saved.routing_indices", "8 * L * B * T * k");
constexpr LedgerItem chosen = saved("saved.routing_weights", "L * b_a * B * T * k");
constexpr LedgerItem weight_sum = saved("saved.routing_sum", "4 * L * B * T");
constexpr LedgerItem wide_input = saved("saved.router_input", "L * b_a * B * T * h");
constexpr LedgerItem wide_weight = saved("saved.router_weight", "L * b_a * E * h");
constexpr LedgerItem score_mask = saved("saved.routing_mask", "L * B * T * E");

u64 tokens_of(const Tape& tape) { return (Checked{tape.values[Symbol::B]} * tape.values[Symbol::T]).value; }

/// From the gradient of the chosen weights to that of the logits: zeros, the weights scattered among them, then that of softmax or sigmoid.
struct Scores {
  u64 tokens = 0, experts = 0, chosen = 0;
  u8 bytes = 4;      ///< of an element of the scores
  bool normalised = false, masked = false;
};
void scores_backward(Backward& back, const Scores& s) {
  const u8 of_chosen = back.make(s.tokens * s.chosen, s.bytes);
  back.lose();
  if (s.normalised) {
    const u8 quotient = back.make(s.tokens * s.chosen, s.bytes), negative = back.make(s.tokens * s.chosen, s.bytes);
    const u8 of_sum = back.make(s.tokens * s.chosen, s.bytes);
    for (const u8 gone : {quotient, negative, of_sum}) back.drop(gone);
  }
  const u8 zeros = back.make(s.tokens * s.experts, s.bytes);
  u8 scattered = back.make(s.tokens * s.experts, s.bytes);
  back.drop(zeros);
  back.drop(of_chosen);
  if (s.masked) {
    const u8 filled = back.make(s.tokens * s.experts, s.bytes);
    back.drop(scattered);
    scattered = filled;
  }
  const u8 of_scores = back.make(s.tokens * s.experts, s.bytes);
  back.drop(scattered);
  back.release_all();
  back.give_new(0);
  back.drop(of_scores);
}

/// Scores of all experts. A router holds its matrix itself: no adapter is beside it, one may be added to it.
Traced trace_router_logits(Tape& tape, const MixtureOfExperts& e, const Traced& input) {
  const Traced taken = tape.lower(input);
  const u64 hidden = tape.values[Symbol::h];
  const bool trained = tape.trains({Role::router}), asked = trace_parameter(tape, taken, {{Role::router}, e.num_experts, hidden});
  if (asked) tape.save(taken);
  if (trained && tape.pass().casts_weights()) tape.copy_weight(router_weight);
  else if (taken.gradient && tape.pass().casts_weights()) tape.keep(router_weight, 2);
  Backward back(tape, {taken});
  const Traced out = tape.make(logits, taken.bytes, taken.gradient || asked, back.out());
  back.give_new(0);
  if (trained) give_linear_parameters(back, tape, (Checked{hidden} * e.num_experts).value, e.router_bias ? e.num_experts : 0);
  return out;
}

Scores scores_of(const Tape& tape, const MixtureOfExperts& e, u8 bytes) {
  return {tokens_of(tape), e.num_experts, e.num_experts_per_tok, bytes, e.norm_topk_prob};
}

RoutedWeights routed_weights(Tape& tape, const MixtureOfExperts& e, u8 bytes, bool gradient, Edge edge) {
  Traced weights;
  weights.elements = (Checked{tokens_of(tape)} * e.num_experts_per_tok).value;
  weights.bytes = bytes;
  weights.gradient = gradient;
  weights.edge = edge;
  return {weights, bytes, gradient};
}

/// What a softmax router keeps; `normalised` divides the chosen weights by their sum.
RoutedWeights trace_softmax_router(Tape& tape, const MixtureOfExperts& e, const Traced& input) {
  const Traced out = trace_router_logits(tape, e, input);
  if (out.gradient) {
    tape.keep(probabilities);
    tape.keep(indices);
    if (e.norm_topk_prob) {
      tape.keep(weight_sum);
      tape.keep(chosen, 4);
    }
  }
  Backward back(tape, {out});
  scores_backward(back, scores_of(tape, e, 4));
  return routed_weights(tape, e, e.weights_fp32 ? u8{4} : out.bytes, out.gradient, back.out());
}

RoutedWeights trace_top_k_router(Tape& tape, const MixtureOfExperts& e, const Traced& input) {
  const Traced out = trace_router_logits(tape, e, input);
  if (out.gradient) {
    tape.keep(indices);
    tape.keep(chosen, out.bytes);
  }
  Backward back(tape, {out});
  const u8 of_chosen = back.make(tokens_of(tape) * e.num_experts_per_tok, out.bytes);
  back.lose();
  const u8 zeros = back.make(out.elements, out.bytes);
  back.give_new(0);
  back.drop(zeros);
  back.drop(of_chosen);
  return routed_weights(tape, e, out.bytes, out.gradient, back.out());
}

/// DeepSeek's routers compute in fp32: the cast input and the cast weight are saved. Autocast takes the product back to 16 bit, and
/// with it what a sigmoid makes of it; the softmax asks for fp32.
RoutedWeights trace_wide_router(Tape& tape, const MixtureOfExperts& e, const Traced& input) {
  const Traced wide = input.bytes == 4 ? input : tape.make(wide_input, 4, input.gradient);
  const bool narrow = tape.pass().weight_bytes() < 4, trained = tape.trains({Role::router});
  const bool asked = trace_parameter(tape, input, {{Role::router}, e.num_experts, tape.values[Symbol::h], false, !narrow}), out = input.gradient || asked;
  const Traced taken = tape.lower(wide);
  if (asked) tape.save(taken);
  if (input.gradient && narrow) tape.keep(wide_weight, tape.pass().autocast() ? 2 : 4);
  if (trained && tape.pass().casts_weights()) tape.copy_weight(router_weight);
  else if (input.gradient && tape.pass().casts_weights()) tape.keep(router_weight, 2);
  const bool sigmoid = e.routing == MixtureOfExperts::Routing::sigmoid_groups;
  const u8 bytes = sigmoid ? taken.bytes : 4;
  Traced score;
  {
    Backward back(tape, {input});
    score = tape.make(scores, bytes, out, back.out());
    const u64 elements = (Checked{tape.values[Symbol::h]} * e.num_experts).value;
    std::optional<u8> of_weight, of_input;
    if (trained) of_weight = back.make(elements, taken.bytes);
    if (input.gradient) of_input = back.make(input.elements, taken.bytes);
    back.lose();
    if (trained) {
      back.parameter(elements, tape.pass().weight_bytes());
      back.drop(*of_weight);
    }
    back.release_all();
    if (of_input && input.bytes != taken.bytes) {
      back.give_new(0);
      back.drop(*of_input);
    } else if (of_input) {
      back.give(0, *of_input);
    }
  }
  if (out) {
    tape.save(score);
    tape.keep(indices);
    if (sigmoid && e.norm_topk_prob) {
      tape.keep(weight_sum);
      tape.keep(chosen, bytes);
    }
    if (e.routing == MixtureOfExperts::Routing::group_limited) tape.keep(score_mask);  // of a sigmoid's groups nothing asks for a gradient
  }
  Backward back(tape, {score});
  Scores shape = scores_of(tape, e, bytes);
  shape.normalised = sigmoid && e.norm_topk_prob;
  shape.masked = e.routing == MixtureOfExperts::Routing::group_limited;
  scores_backward(back, shape);
  return routed_weights(tape, e, bytes, out, back.out());
}

}  // namespace

RoutedWeights trace_router(Tape& tape, const MixtureOfExperts& e, const Traced& input) {
  if (e.router_fp32) return trace_wide_router(tape, e, input);
  return e.routing == MixtureOfExperts::Routing::top_k_softmax ? trace_top_k_router(tape, e, input) : trace_softmax_router(tape, e, input);
}

}  // namespace plimsoll
