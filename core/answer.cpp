#include "answer.hpp"

#include "estimate.hpp"
#include "hardware/fit.hpp"
#include "messages.hpp"
#include "rules/compare_rules.hpp"
#include "solver/advice.hpp"
#include "solver/capacity.hpp"
#include "training/training_report.hpp"
#include "version.hpp"

namespace plimsoll {
namespace {

DeviceFacts facts_of(const Plan& plan) {
  DeviceFacts facts{.id = std::string(plan.gpu->id), .name = std::string(plan.gpu->name), .vendor = std::string(plan.gpu->vendor),
                    .marketed_memory = std::string(plan.gpu->marketed_memory), .usable_source = std::string(plan.memory.source),
                    .bandwidth_bytes_per_second = plan.gpu->bandwidth_bytes_per_second};
  facts.device_count = plan.request.device->device_count.value_or(1);
  facts.nominal_bytes = plan.memory.nominal_bytes;
  facts.usable_bytes = plan.memory.usable_bytes;
  facts.usable_basis = plan.memory.basis;
  return facts;
}

bool overhead_is_assumed(const Term& tree) {
  for (const Term& part : tree.children)
    for (const Term& leaf : part.children)
      if (leaf.id.starts_with("runtime_overhead.") && leaf.formula && leaf.formula->basis == Basis::assumed) return true;
  return false;
}

}  // namespace

std::vector<Segment> segments_of(const Term& tree, std::string_view worst_moment) {
  std::vector<Segment> out;
  for (const Term& part : tree.children) {
    if (part.combine != Combine::peak) {
      out.push_back({std::string(part.id), part.bytes});
      continue;
    }
    for (const Term& moment : part.children)
      if (moment.id == worst_moment)
        for (const Term& held : moment.children) out.push_back({std::string(held.id), held.bytes});
  }
  return out;
}

Result<Report> make_report(const Plan& plan) {
  PLIMSOLL_TRY(RankEstimate worst, estimate_worst(plan, true));
  Report report;
  report.version = std::string(version_text);
  report.catalog_date = std::string(plan.catalog->date());
  report.request = plan.request;
  report.model = summary_of(*plan.model);
  report.needed_bytes = worst.needed_bytes;
  const Spread spread = spread_of(worst.tree);
  report.needed_low_bytes = spread.low;
  report.needed_high_bytes = spread.high;
  report.kv_cache_bytes = resting_cache_of(plan, plan.ranks.front());
  report.checkpoint_bytes = plan.checkpoint_bytes;
  report.worst_moment = std::string(worst.worst_moment);
  report.segments = segments_of(worst.tree, worst.worst_moment);
  add_by_basis(worst.tree, report.by_basis);
  report.ranks = needs_of_ranks(plan);
  report.notices = plan.notices;
  if (overhead_is_assumed(worst.tree)) report.notices.push_back(make_notice(Say::overhead_assumed, "runtime_overhead", {plan.vendor()}));
  if (plan.trains()) report.training = training_report(plan, worst);
  if (plan.gpu != nullptr) {
    report.device = facts_of(plan);
    report.verdict = verdict_of(worst.needed_bytes, plan.memory.usable_bytes);
    report.capacity = capacity_of(plan);
    report.advice = advice_for(plan, worst.needed_bytes);
  }
  report.rules = compare_rules(plan, worst);
  report.tree = std::move(worst.tree);
  return report;
}

Result<Totals> make_totals(const Plan& plan) {
  PLIMSOLL_TRY(const RankEstimate worst, estimate_worst(plan, false));
  Totals totals{.needed_bytes = worst.needed_bytes, .weights_bytes = worst.weights_bytes, .allocated_bytes = worst.allocated_bytes, .kv_cache_bytes = resting_cache_of(plan, plan.ranks.front()),
                .worst_moment = std::string(worst.worst_moment), .outcome = {}};
  if (plan.gpu != nullptr) totals.outcome = verdict_of(worst.needed_bytes, plan.memory.usable_bytes).outcome;
  return totals;
}

}  // namespace plimsoll
