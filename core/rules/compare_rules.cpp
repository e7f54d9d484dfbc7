#include "rules/compare_rules.hpp"

#include "messages.hpp"
#include "model/parameter_count.hpp"
#include "rules/reasons.hpp"

namespace plimsoll {
namespace {

RuleCase case_of(const Plan& plan, const RankEstimate& estimate) {
  RuleCase asked{.plan = plan, .estimate = estimate, .thumb = Thumb(plan.catalog->rules())};
  asked.exact_count = asked.count = plan.model->inventory.parameter_count;
  const ModelChoice& choice = plan.request.model;
  if (choice.preset) asked.count = asked.thumb.nominal_of(*choice.preset).value_or(asked.exact_count);
  if (choice.parameter_count)
    if (const auto named = read_parameter_count(*choice.parameter_count); named.ok()) asked.count = named.value();
  return asked;
}

/// Bytes of what quantised weights have beside them, scales and their tables: a tensor of several parts is a node, its first part the weight.
u64 scale_bytes(const Term& weights) {
  u64 bytes = 0;
  for (const Term& group : weights.children)
    for (const Term& tensor : group.children)
      for (std::size_t part = 1; part < tensor.children.size(); ++part) bytes += tensor.children[part].bytes;
  return bytes;
}

/// What a serving rank holds beside its weights at its highest moment.
void add_beside_weights(const RuleCase& asked, ReasonList& reasons) {
  const RankEstimate& e = asked.estimate;
  u64 logits = 0;
  if (const Term* moments = child(e.tree, "moments"))
    if (const Term* worst = child(*moments, e.worst_moment))
      if (const Term* found = child(*worst, "logits")) logits = found->bytes;
  reasons.beyond("NO_CONTEXT", e.overhead_bytes, 0, "runtime_overhead");
  reasons.beyond("NO_LOGITS", logits, 0, "logits");
  reasons.beyond("NO_WORKSPACE", e.needed_bytes - e.weights_bytes - e.kv_cache_bytes - e.overhead_bytes - logits, 0, "activations");
}

/// The exact weights beside N * w or N * q, closed by what is neither the count nor scales: types that differ from the named one.
void close_load(const RuleCase& asked, std::string_view format, RuleComparison& rule) {
  ReasonList reasons;
  const u64 at_exact_count = asked.thumb.load(asked.exact_count, format).value_or(0);
  reasons.beyond("NOMINAL_COUNT", at_exact_count, rule.rule_bytes);
  if (rule.exact_bytes) {
    const Term* weights = child(asked.estimate.tree, "weights");
    const u64 scales = weights != nullptr ? scale_bytes(*weights) : 0;
    reasons.beyond("SCALES", scales, 0, "weights");
    reasons.beyond(rule.rule == "R6" ? "EXCLUDED_TENSORS" : "MIXED_DTYPE", *rule.exact_bytes - scales, at_exact_count, "weights");
  }
  if (asked.plan.model->spec.tie_word_embeddings) reasons.say("TIED");
  reasons.say("UNIT_DECIMAL");
  rule.reasons = reasons.take();
}

void compare_load(const RuleCase& asked, std::vector<RuleComparison>& out) {
  const std::string& format = asked.plan.weight_format;
  const auto load = asked.thumb.load(asked.count, format);
  if (!load) return;
  RuleComparison rule{.rule = asked.thumb.rule_of(format), .rule_bytes = *load};
  if (asked.plan.tensor_parallel_size() == 1) rule.exact_bytes = asked.estimate.weights_bytes;
  close_load(asked, format, rule);
  if (!asked.plan.trains()) {
    ReasonList beside;
    beside.beyond("NO_KV", asked.estimate.kv_cache_bytes, 0, "kv_cache");
    add_beside_weights(asked, beside);
    rule.left_out = beside.take();
  }
  rule.agrees = agrees(rule);
  out.push_back(std::move(rule));
}

/// The rules of training beside a model that serves: what they say, and nothing exact.
void quote_training_rules(const RuleCase& asked, std::vector<RuleComparison>& out) {
  const auto quote = [&](RuleComparison rule, std::initializer_list<std::string_view> codes) {
    ReasonList reasons;
    if (rule.rule != "R4" && asked.count != asked.exact_count) reasons.say("NOMINAL_COUNT");
    for (const std::string_view code : codes) reasons.say(code);
    rule.applies = false;
    rule.reasons = reasons.take();
    out.push_back(std::move(rule));
  };
  const u64 training = asked.thumb.training(asked.count, "fp16", 0).value_or(0);
  quote({.rule = "R2", .rule_bytes = asked.thumb.optimizer(asked.count)}, {"NO_GRADS", "OPT_FIXED", "PEAK_IS_MAX"});
  quote({.rule = "R3", .rule_bytes = training, .rule_high_bytes = asked.thumb.training(asked.count, "fp16", 1)},
        {"NO_GRADS", "NO_MASTER", "SAFETY_FLAT", "PEAK_IS_MAX", "NO_SHARDING"});
  quote({.rule = "R4", .rule_bytes = asked.thumb.activations(training, "low"), .rule_high_bytes = asked.thumb.activations(training, "high"),
         .rule_permille = asked.thumb.activation_permille("low"), .rule_high_permille = asked.thumb.activation_permille("high")},
        {"ACT_SHARE", "PEAK_IS_MAX", "NO_KV"});
}

void compare_serving_buffers(const RuleCase& asked, std::vector<RuleComparison>& out) {
  RuleComparison rule{.rule = "R5"};
  rule.exact_bytes = asked.estimate.needed_bytes - asked.estimate.weights_bytes - asked.estimate.kv_cache_bytes;
  ReasonList reasons;
  add_beside_weights(asked, reasons);
  rule.reasons = reasons.take();
  out.push_back(std::move(rule));
}

constexpr std::string_view eight_bit_recipe = "bnb_int8";

/// U4: bitsandbytes' 8-bit load keeps embedding, output head and norms as they were, and a scale for each output row.
void compare_eight_bit_load(const RuleCase& asked, std::vector<RuleComparison>& out) {
  Request request{.model = asked.plan.request.model, .weight_format = std::string(eight_bit_recipe)};
  const auto plan = make_plan(request, asked.plan.model, *asked.plan.catalog);
  if (!plan.ok()) return;
  TermTree tree(true);
  RuleComparison rule{.rule = "U4", .rule_bytes = asked.thumb.load(asked.count, eight_bit_recipe).value_or(0)};
  rule.exact_bytes = add_weights(tree, plan.value().model->spec, plan.value().model->inventory, plan.value().ranks.front(), plan.value().weight_formats);
  ReasonList reasons;
  const u64 at_exact_count = asked.thumb.load(asked.exact_count, eight_bit_recipe).value_or(0), scales = scale_bytes(tree.take());
  reasons.beyond("NOMINAL_COUNT", at_exact_count, rule.rule_bytes);
  reasons.beyond("SCALES", scales, 0);
  reasons.beyond("EXCLUDED_TENSORS", *rule.exact_bytes - scales, at_exact_count);
  reasons.say("NOT_TRAINED");
  rule.reasons = reasons.take();
  rule.agrees = agrees(rule);
  out.push_back(std::move(rule));
}

/// U1: the script that counts parameters prints count * 4 / 1024^3 and calls it GB.
void compare_count_script(const RuleCase& asked, std::vector<RuleComparison>& out) {
  if (asked.plan.tensor_parallel_size() != 1) return;
  RuleComparison rule{.rule = "U1", .rule_bytes = asked.thumb.load(asked.exact_count, "fp32").value_or(0), .exact_bytes = asked.estimate.weights_bytes};
  ReasonList reasons;
  reasons.beyond("ALWAYS_FP32", asked.estimate.weights_bytes, rule.rule_bytes, "weights");
  for (const std::string_view code : {"UNIT_LABEL", "NO_MODEL"}) reasons.say(code);
  rule.reasons = reasons.take();
  rule.agrees = agrees(rule);
  out.push_back(std::move(rule));
}

}  // namespace

std::vector<RuleComparison> compare_rules(const Plan& plan, const RankEstimate& estimate) {
  const RuleCase asked = case_of(plan, estimate);
  std::vector<RuleComparison> out;
  compare_load(asked, out);
  if (plan.trains()) {
    compare_training_rules(asked, out);
    compare_techniques(asked, out);
  } else {
    quote_training_rules(asked, out);
    compare_serving_buffers(asked, out);
  }
  compare_count_script(asked, out);
  if (plan.trains()) compare_eight_bit_load(asked, out);
  return out;
}

}  // namespace plimsoll
