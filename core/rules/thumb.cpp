#include "rules/thumb.hpp"

#include "messages.hpp"
#include "model/parameter_count.hpp"

namespace plimsoll {
namespace {

u64 times(u64 amount, JsonView ratio) {
  return (Checked{amount} * ratio["num"].whole().value_or(0) / ratio["den"].whole().value_or(1)).value;
}

JsonView entry(JsonView list, std::string_view key, std::string_view value) {
  for (std::size_t i = 0; i < list.size(); ++i)
    if (list.at(i)[key].string() == value) return list.at(i);
  return {};
}

}  // namespace

std::optional<u64> Thumb::load(u64 parameters, std::string_view format) const {
  const JsonView type = entry(rules_["data_types"], "format", format);
  if (!type.present()) return std::nullopt;
  return times(parameters, type["bytes_per_parameter"]);
}

std::string_view Thumb::rule_of(std::string_view format) const {
  return entry(rules_["data_types"], "format", format)["rule"].string().value_or("");
}

u64 Thumb::optimizer(u64 parameters) const {
  const u64 bytes = rules_["training_weight_bytes_per_parameter"].whole().value_or(0) + rules_["optimizer_bytes_per_parameter"].whole().value_or(0);
  return (Checked{parameters} * bytes).value;
}

std::optional<u64> Thumb::training(u64 parameters, std::string_view format, std::size_t factor) const {
  const auto weights = load(parameters, format);
  if (!weights) return std::nullopt;
  const u64 states = (Checked{parameters} * rules_["optimizer_bytes_per_parameter"].whole().value_or(0)).value;
  return times(*weights + states, rules_["safety_factors"].at(factor));
}

u64 Thumb::activations(u64 total, std::string_view end) const { return times(total, rules_["activation_share"][end]); }

std::optional<u64> Thumb::after_claim(std::string_view id, u64 amount) const {
  for (const std::string_view list : {"quantization_claims", "optimization_claims"}) {
    const JsonView reduction = entry(rules_[list], "id", id)["claimed_reduction"];
    if (reduction.present()) return amount - times(amount, reduction);
  }
  return std::nullopt;
}

std::optional<u64> Thumb::nominal_of(std::string_view preset) const {
  return entry(rules_["recommendations"], "counterpart", preset)["parameter_count"].whole();
}

std::vector<RuleComparison> compare_rules(const Plan& plan, const RankEstimate& estimate) {
  const Thumb thumb(plan.catalog->rules());
  const u64 exact_count = plan.model->inventory.parameter_count;
  u64 count = exact_count;
  const ModelChoice& choice = plan.request.model;
  if (choice.preset) count = thumb.nominal_of(*choice.preset).value_or(exact_count);
  if (choice.parameter_count)
    if (const auto asked = read_parameter_count(*choice.parameter_count); asked.ok()) count = asked.value();
  const bool nominal = count != exact_count;
  const std::string& format = *plan.request.weight_format;

  std::vector<RuleComparison> out;
  const auto add = [&](std::string_view rule, u64 bytes, std::optional<u64> high, std::optional<u64> exact, std::vector<std::string> reasons) {
    if (nominal && rule != "R4" && rule != "R5") reasons.insert(reasons.begin(), "NOMINAL_COUNT");
    out.push_back({std::string(rule), bytes, high, exact, std::move(reasons)});
  };
  if (const auto load = thumb.load(count, format)) {
    std::vector<std::string> reasons{"UNIT_DECIMAL"};
    if (thumb.rule_of(format) == "R6") reasons.insert(reasons.end(), {"SCALES", "EXCLUDED_TENSORS"});
    if (plan.model->spec.tie_word_embeddings) reasons.emplace_back("TIED");
    reasons.insert(reasons.end(), {"NO_KV", "NO_CONTEXT", "NO_WORKSPACE"});
    std::optional<u64> exact;
    if (plan.tensor_parallel_size() == 1) exact = estimate.weights_bytes;
    add(thumb.rule_of(format), *load, std::nullopt, exact, std::move(reasons));
  }
  const u64 training = thumb.training(count, "fp16", 0).value_or(0);
  add("R2", thumb.optimizer(count), std::nullopt, std::nullopt, {"NO_GRADS", "OPT_FIXED", "PEAK_IS_MAX"});
  add("R3", training, thumb.training(count, "fp16", 1), std::nullopt, {"NO_GRADS", "NO_MASTER", "SAFETY_FLAT", "PEAK_IS_MAX", "NO_SHARDING", "NO_PEFT"});
  add("R4", thumb.activations(training, "low"), thumb.activations(training, "high"), std::nullopt, {"ACT_SHARE", "PEAK_IS_MAX", "NO_KV"});
  add("R5", 0, std::nullopt, estimate.needed_bytes - estimate.weights_bytes - estimate.kv_cache_bytes, {"NO_WORKSPACE", "NO_CONTEXT", "NO_LOGITS"});
  return out;
}

Result<RuleTable> rule_table(const Catalog& catalog) {
  const Thumb thumb(catalog.rules());
  RuleTable table;
  const JsonView rows = thumb.rules()["recommendations"];
  for (std::size_t i = 0; i < rows.size(); ++i) {
    Request request;
    request.model.preset = std::string(rows.at(i)["counterpart"].string().value_or(""));
    PLIMSOLL_TRY(const auto model, load_model(request.model, catalog));
    for (const std::string_view format : {"fp32", "fp16", "int8", "int4"}) {
      request.weight_format = std::string(format);
      PLIMSOLL_TRY(const Plan plan, make_plan(request, model, catalog));
      const u64 nominal = rows.at(i)["parameter_count"].whole().value_or(0);
      table.cells.push_back({std::string(rows.at(i)["label"].string().value_or("")), std::string(format),
                             thumb.load(nominal, format).value_or(0), estimate_rank(plan, plan.ranks[0], false).weights_bytes});
    }
  }
  return table;
}

}  // namespace plimsoll
