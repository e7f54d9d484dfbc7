#include "rules/compare_rules.hpp"
#include "rules/reasons.hpp"

namespace plimsoll {
namespace {

/// What a moment holds, by the nodes that a report has for it. Autocast's copies of weights are counted apart from the activations
/// that they are kept among.
struct Held {
  u64 gradients = 0, activations = 0, weight_copies = 0, loss = 0, optimizer_transient = 0, others = 0;

  [[nodiscard]] u64 total() const { return gradients + activations + weight_copies + loss + optimizer_transient + others; }
  void raise_to(const Held& other) {
    for (u64 Held::*part : {&Held::gradients, &Held::activations, &Held::weight_copies, &Held::loss, &Held::optimizer_transient, &Held::others})
      this->*part = std::max(this->*part, other.*part);
  }
};

u64 weight_copies_in(const Term& term) {
  if (term.id == "saved.weight_copy") return term.bytes;
  u64 bytes = 0;
  for (const Term& child : term.children) bytes += weight_copies_in(child);
  return bytes;
}

Held held_at(const Term& moment) {
  Held held;
  for (const Term& part : moment.children) {
    if (part.id == "gradients") held.gradients += part.bytes;
    else if (part.id == "loss") held.loss += part.bytes;
    else if (part.id == "optimizer_transient" || part.id == "master_gradients") held.optimizer_transient += part.bytes;
    else if (part.id != "activations") held.others += part.bytes;
    else {
      held.weight_copies = weight_copies_in(part);
      held.activations = part.bytes - held.weight_copies;
    }
  }
  return held;
}

/// A step by its parts: what stands from step to step, and what comes and goes.
struct StepParts {
  u64 weights = 0, adapters = 0, master_weights = 0, weight_copies = 0, optimizer_states = 0, gradients = 0, buffers = 0, others = 0;  // standing
  u64 allocator_reserve = 0, runtime_overhead = 0;
  Held most, at_forward_peak, at_worst, at_end;
  u64 allocated = 0;

  [[nodiscard]] u64 standing() const { return weights + adapters + master_weights + weight_copies + optimizer_states + gradients + buffers + others; }
  [[nodiscard]] u64 all_gradients() const { return gradients + at_end.gradients; }
};

StepParts parts_of(const RankEstimate& estimate) {
  StepParts parts;
  for (const Term& node : estimate.tree.children) {
    if (node.id == "weights") parts.weights = node.bytes;
    else if (node.id == "adapters") parts.adapters = node.bytes;
    else if (node.id == "master_weights") parts.master_weights = node.bytes;
    else if (node.id == "fp8_weights") parts.weight_copies = node.bytes;
    else if (node.id == "optimizer_states") parts.optimizer_states = node.bytes;
    else if (node.id == "gradients") parts.gradients = node.bytes;
    else if (node.id == "buffers") parts.buffers = node.bytes;
    else if (node.id == "allocator_reserve") parts.allocator_reserve = node.bytes;
    else if (node.id == "runtime_overhead") parts.runtime_overhead = node.bytes;
    else if (node.id != "moments") parts.others += node.bytes;
    else
      for (const Term& moment : node.children) {
        const Held held = held_at(moment);
        parts.most.raise_to(held);
        if (moment.id == "moment.forward_peak") parts.at_forward_peak = held;
        if (moment.id == "moment.end_of_backward") parts.at_end = held;
        if (moment.id == estimate.worst_moment) parts.at_worst = held;
      }
  }
  parts.allocated = estimate.allocated_bytes;
  return parts;
}

/// What a rule of training counts of each parameter: weights of so many bytes, and a state.
struct Counted {
  u64 weight_bytes = 0, state_bytes = 0;
};

/// Weights, master weights and states, each beside what the rule counts of it.
void add_states(ReasonList& reasons, const RuleCase& asked, const StepParts& parts, Counted counted) {
  const u64 width = asked.plan.training().weight_bytes, trained = asked.estimate.states.trained_parameters, all = asked.exact_count;
  const u64 on_host = asked.estimate.states.host_bytes;
  reasons.add("NOMINAL_COUNT", asked.nominal_bytes(counted.weight_bytes + counted.state_bytes));
  reasons.beyond("NO_MASTER", parts.master_weights + (width > counted.weight_bytes ? width * all : 0),
                 width > counted.weight_bytes ? counted.weight_bytes * all : 0, parts.master_weights != 0 ? "master_weights" : "weights");
  if (width < counted.weight_bytes) reasons.beyond("WEIGHTS_FIXED", width * all, counted.weight_bytes * all, "weights");
  reasons.beyond("MIXED_DTYPE", parts.weights, width * all, "weights");
  reasons.beyond("OPT_FIXED", parts.optimizer_states + on_host, counted.state_bytes * trained, "optimizer_states");
  reasons.beyond("STATES_ON_HOST", 0, on_host);
  reasons.beyond("FROZEN", counted.state_bytes * trained, counted.state_bytes * all);
}

/// Why a rule for the whole model says nothing of adapters: the optimizer bytes that it counts for frozen parameters.
void refuse_adapters(const RuleCase& asked, RuleComparison& rule) {
  ReasonList reasons;
  reasons.beyond("NO_PEFT", 0, asked.thumb.optimizer_bytes() * asked.estimate.states.frozen_parameters);
  rule.applies = false;
  rule.reasons = reasons.take();
}

/// R2: 12 B of each parameter, beside what stands through a step, without gradients and with them.
RuleComparison compare_states(const RuleCase& asked, const StepParts& parts) {
  RuleComparison rule{.rule = "R2", .rule_bytes = asked.thumb.optimizer(asked.count)};
  if (asked.plan.training().method != TrainingMethod::full) {
    refuse_adapters(asked, rule);
    return rule;
  }
  const u64 states = parts.weights + parts.master_weights + parts.optimizer_states;
  rule.exact_bytes = states + parts.gradients + parts.at_forward_peak.gradients;
  const u64 with_gradients = states + parts.all_gradients();
  if (with_gradients != *rule.exact_bytes) rule.exact_high_bytes = with_gradients;
  ReasonList reasons;
  add_states(reasons, asked, parts, {asked.thumb.weight_bytes(), asked.thumb.optimizer_bytes()});
  reasons.beyond("NO_GRADS", parts.all_gradients(), 0, "gradients");
  reasons.say("UNIT_DECIMAL");
  rule.reasons = reasons.take();
  rule.agrees = agrees(rule);
  return rule;
}

/// R3: (w + 8) * f bytes of each parameter, beside what is allocated at the highest moment.
RuleComparison compare_total(const RuleCase& asked, const StepParts& parts) {
  const Thumb& thumb = asked.thumb;
  const std::string_view format = asked.plan.training().recipe->compute == TrainingPrecision::fp32 ? "fp32" : "fp16";
  RuleComparison rule{.rule = "R3", .rule_bytes = thumb.training(asked.count, format, 0).value_or(0)};
  rule.rule_high_bytes = thumb.training(asked.count, format, 1);
  if (asked.plan.training().method != TrainingMethod::full) {
    refuse_adapters(asked, rule);
    return rule;
  }
  rule.exact_bytes = parts.allocated;
  const Counted counted{thumb.load(1, format).value_or(0), thumb.optimizer_bytes()};
  ReasonList reasons;
  reasons.beyond("SAFETY_FLAT", (counted.weight_bytes + counted.state_bytes) * asked.count, rule.rule_bytes);
  add_states(reasons, asked, parts, counted);
  reasons.beyond("NO_GRADS", parts.all_gradients(), 0, "gradients");
  reasons.beyond("EMBEDDING_GRADS", parts.most.gradients, parts.at_end.gradients, "gradients");
  reasons.beyond("ACT_SHARE", parts.most.activations, 0, "activations");
  reasons.beyond("CAST_COPIES", parts.weight_copies + parts.most.weight_copies, 0, parts.weight_copies != 0 ? "fp8_weights" : "activations");
  reasons.beyond("NO_LOGITS", parts.most.loss, 0, "loss");
  reasons.beyond("OPT_COPIES", parts.most.optimizer_transient, 0, "optimizer_transient");
  reasons.beyond("NO_BUFFERS", parts.buffers, 0, "buffers");
  reasons.beyond("MORE_STANDS", parts.others + parts.most.others, 0);
  reasons.beyond("PEAK_IS_MAX", parts.allocated, parts.standing() + parts.most.total(), asked.estimate.worst_moment);
  reasons.say("UNIT_DECIMAL");
  rule.reasons = reasons.take();
  reasons.beyond("NO_WORKSPACE", parts.allocator_reserve, 0, "allocator_reserve");
  reasons.beyond("NO_CONTEXT", parts.runtime_overhead, 0, "runtime_overhead");
  rule.left_out = reasons.take();
  rule.agrees = agrees(rule);
  return rule;
}

/// R4: a fifth to three tenths of the total, beside what activations and loss take at the end of the forward pass.
RuleComparison compare_activations(const RuleCase& asked, const StepParts& parts) {
  const Thumb& thumb = asked.thumb;
  const u64 total = parts.standing() + parts.at_forward_peak.total();
  RuleComparison rule{.rule = "R4", .rule_bytes = thumb.activations(total, "low"), .rule_high_bytes = thumb.activations(total, "high")};
  rule.rule_permille = thumb.activation_permille("low");
  rule.rule_high_permille = thumb.activation_permille("high");
  rule.exact_bytes = parts.at_forward_peak.activations + parts.at_forward_peak.loss;
  rule.exact_permille = permille_of(*rule.exact_bytes, total);
  rule.worst_moment_permille = permille_of(parts.at_worst.activations + parts.at_worst.loss, parts.allocated);
  ReasonList reasons;
  reasons.beyond("ACT_SHARE", *rule.exact_bytes, rule.rule_bytes, "activations");
  if (parts.at_worst.activations < parts.at_forward_peak.activations) reasons.say("PEAK_IS_MAX");
  rule.reasons = reasons.take();
  rule.agrees = agrees(rule);
  return rule;
}

/// R5: what is needed at the highest moment beside weights, states, gradients and activations.
RuleComparison compare_buffers(const RuleCase& asked, const StepParts& parts) {
  RuleComparison rule{.rule = "R5"};
  ReasonList reasons;
  reasons.beyond("NO_LOGITS", parts.at_worst.loss, 0, "loss");
  reasons.beyond("CAST_COPIES", parts.weight_copies + parts.at_worst.weight_copies, 0, parts.weight_copies != 0 ? "fp8_weights" : "activations");
  reasons.beyond("OPT_COPIES", parts.at_worst.optimizer_transient, 0, "optimizer_transient");
  reasons.beyond("NO_BUFFERS", parts.buffers, 0, "buffers");
  reasons.beyond("MORE_STANDS", parts.others + parts.at_worst.others, 0);
  reasons.beyond("NO_WORKSPACE", parts.allocator_reserve, 0, "allocator_reserve");
  reasons.beyond("NO_CONTEXT", parts.runtime_overhead, 0, "runtime_overhead");
  const u64 named = parts.weights + parts.adapters + parts.master_weights + parts.optimizer_states + parts.gradients + parts.at_worst.gradients +
                    parts.at_worst.activations;
  rule.exact_bytes = asked.estimate.needed_bytes - named;
  rule.reasons = reasons.take();
  return rule;
}

/// U3: a monitor shows the device: what was allocated, what the allocator keeps beside it, and the runtime's own.
RuleComparison compare_monitor(const RuleCase& asked, const StepParts& parts) {
  RuleComparison rule{.rule = "U3", .rule_bytes = asked.estimate.needed_bytes, .exact_bytes = parts.allocated};
  ReasonList reasons;
  reasons.beyond("SHOWS_RESERVED", 0, parts.allocator_reserve, "allocator_reserve");
  reasons.beyond("SHOWS_CONTEXT", 0, parts.runtime_overhead, "runtime_overhead");
  reasons.say("POLLING");
  rule.reasons = reasons.take();
  rule.agrees = agrees(rule);
  return rule;
}

}  // namespace

void compare_training_rules(const RuleCase& asked, std::vector<RuleComparison>& out) {
  const StepParts parts = parts_of(asked.estimate);
  for (const auto compare : {compare_states, compare_total, compare_activations, compare_buffers, compare_monitor}) out.push_back(compare(asked, parts));
}

}  // namespace plimsoll
