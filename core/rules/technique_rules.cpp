#include "rules/compare_rules.hpp"
#include "rules/reasons.hpp"
#include "training/activations.hpp"

namespace plimsoll {
namespace {

/// A plan that differs in one choice of its step.
template <class Choose>
std::optional<Plan> plan_with(const Plan& plan, Choose choose) {
  Request request = plan.request;
  choose(*std::get_if<TrainingWorkload>(&request.workload));
  auto other = make_plan(request, plan.model, *plan.catalog);
  if (!other.ok()) return std::nullopt;
  return std::move(other.value());
}

/// What stands is that of the plan at hand: no technique changes it. The rest is read off the moments, as a report has them.
RuleSide side_of(const RuleCase& asked, const Plan& other, std::string_view id) {
  RuleSide side{.id = id};
  TermTree step(true);
  step.open("step", Combine::sum);
  const StepTotals totals = add_step(step, other, asked.estimate.states, other.length(), other.sequences());
  step.close();
  side.allocated_bytes = asked.estimate.states.standing_bytes + totals.buffers_bytes + totals.peak_bytes;
  side.worst_moment = totals.worst_moment;
  const Term tree = step.take();
  const Term* moments = child(tree, "moments");
  const Term* kept = moments != nullptr ? child(*moments, "moment.loss") : nullptr;
  if (kept == nullptr) return side;
  for (const Term& part : kept->children) {
    if (part.id == "loss") side.loss_bytes += part.bytes;
    if (part.id == "loss" || part.id == "activations") side.kept_bytes += part.bytes;
    if (part.id != "activations") continue;
    for (const Term& held : part.children)
      if (held.id == "saved.layers" || held.id == "saved.layer_input") side.layers_bytes += held.bytes;
  }
  return side;
}

i64 saved_permille(u64 without, u64 with) {
  return with <= without ? static_cast<i64>(permille_of(without - with, without)) : -static_cast<i64>(permille_of(with - without, without));
}

void take_sides(RuleComparison& rule, const RuleSide& without, const RuleSide& with) {
  rule.saving = RuleSaving{saved_permille(without.layers_bytes, with.layers_bytes), saved_permille(without.kept_bytes, with.kept_bytes),
                           saved_permille(without.allocated_bytes, with.allocated_bytes)};
  rule.sides = {without, with};
}

/// The implementation that leaves the scores unstored: SDPA, which the library takes by itself, or where a class refuses it Flash Attention 2,
/// which has no kernel for FP32.
std::optional<Plan> with_fused_attention(const Plan& plan) {
  const TrainingAttention asked = plan.training().pass.attention;
  if (asked == TrainingAttention::sdpa || asked == TrainingAttention::flash_attention_2) return plan;
  for (const TrainingAttention fused : {TrainingAttention::sdpa, TrainingAttention::flash_attention_2}) {
    if (fused == TrainingAttention::flash_attention_2 && plan.training().pass.precision == TrainingPrecision::fp32) break;
    auto other = plan_with(plan, [fused](TrainingWorkload& w) { w.attention = fused; });
    if (other && other->training().pass.attention == fused) return other;
  }
  return std::nullopt;
}

/// O3: a fifth of the memory, beside the same step without and with the scores stored.
void compare_attention(const RuleCase& asked, std::vector<RuleComparison>& out) {
  RuleComparison rule{.rule = "O3", .rule_permille = asked.thumb.claimed_permille("flash_attention")};
  const auto eager = plan_with(asked.plan, [](TrainingWorkload& w) { w.attention = TrainingAttention::eager; });
  const auto fused = with_fused_attention(asked.plan);
  rule.applies = eager && fused && eager->training().pass.attention == TrainingAttention::eager;
  if (!rule.applies) {
    out.push_back(std::move(rule));
    return;
  }
  const RuleSide without = side_of(asked, *eager, name_of(TrainingAttention::eager));
  const RuleSide with = side_of(asked, *fused, name_of(fused->training().pass.attention));
  take_sides(rule, without, with);
  rule.rule_bytes = asked.thumb.after_claim("flash_attention", without.allocated_bytes).value_or(0);
  rule.exact_bytes = with.allocated_bytes;
  ReasonList reasons;
  reasons.beyond("CLAIM_FLAT", without.allocated_bytes, rule.rule_bytes);
  reasons.beyond("FA_CONST", with.kept_bytes, without.kept_bytes, "activations");
  const i64 rest = static_cast<i64>(with.allocated_bytes) - static_cast<i64>(rule.rule_bytes) - reasons.sum();
  if (rest < 0) reasons.add("FA_BACKWARD", rest, without.worst_moment);
  else reasons.add("PEAK_IS_MAX", rest, with.worst_moment);
  rule.reasons = reasons.take();
  rule.agrees = agrees(rule);
  out.push_back(std::move(rule));
}

/// With nothing offloaded. Trainers ask for the embeddings' gradient where layers are recomputed, so that goes by the choice as well.
std::optional<Plan> with_recompute(const Plan& plan, RecomputeGranularity granularity) {
  const TrainingPass& pass = plan.training().pass;
  if (pass.recompute == granularity && pass.offloading == ActivationOffloading::none) return plan;
  return plan_with(plan, [granularity](TrainingWorkload& w) {
    if (w.recompute_granularity != granularity) {
      w.recompute_method.reset();
      w.recompute_num_layers.reset();
      w.recompute_modules.reset();
      w.enable_input_require_grads.reset();
    }
    w.recompute_granularity = granularity;
    w.activation_offloading = ActivationOffloading::none;
  });
}

/// O4: three fifths of the activations, beside what the layers keep when they are computed twice.
void compare_recomputation(const RuleCase& asked, std::vector<RuleComparison>& out) {
  RuleComparison rule{.rule = "O4", .rule_permille = asked.thumb.claimed_permille("gradient_checkpointing")};
  const auto kept = with_recompute(asked.plan, RecomputeGranularity::none), twice = with_recompute(asked.plan, RecomputeGranularity::full);
  rule.applies = kept && twice;
  if (!rule.applies) {
    out.push_back(std::move(rule));
    return;
  }
  const RuleSide without = side_of(asked, *kept, name_of(RecomputeGranularity::none)), with = side_of(asked, *twice, name_of(RecomputeGranularity::full));
  take_sides(rule, without, with);
  rule.rule_bytes = asked.thumb.after_claim("gradient_checkpointing", without.layers_bytes).value_or(0);
  rule.exact_bytes = with.layers_bytes;
  ReasonList reasons, beside;
  reasons.beyond("CLAIM_FLAT", without.layers_bytes, rule.rule_bytes);
  reasons.beyond("CKPT_CONST", with.layers_bytes, without.layers_bytes, "activations");
  if (with.allocated_bytes + without.kept_bytes > without.allocated_bytes + with.kept_bytes) reasons.say("PEAK_IS_MAX");
  const std::vector<LayerMoment> live = SavedTrace(twice->model->spec, twice->training().pass).layer_moments(NewGradients::stay);
  beside.beyond("LIVE_LAYER", live.front().bytes, 0, "activations");
  beside.beyond("NO_LOGITS", with.loss_bytes, 0, "loss");
  beside.beyond("OUTSIDE_LAYERS", with.kept_bytes, with.layers_bytes + with.loss_bytes, "activations");
  rule.reasons = reasons.take();
  rule.left_out = beside.take();
  rule.agrees = agrees(rule);
  out.push_back(std::move(rule));
}

}  // namespace

void compare_techniques(const RuleCase& asked, std::vector<RuleComparison>& out) {
  compare_attention(asked, out);
  compare_recomputation(asked, out);
}

}  // namespace plimsoll
