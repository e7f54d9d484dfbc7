#include "estimate.hpp"
#include "rules/thumb.hpp"

namespace plimsoll {
namespace {

constexpr u64 worked_length = 2048, worked_rank = 16;
constexpr std::string_view worked_base = "nf4_double_quant";

/// One way of training the worked models.
struct WorkedStep {
  std::string_view id;
  TrainingMethod method;
  std::string_view precision;
};
constexpr WorkedStep worked_steps[] = {{"bf16", TrainingMethod::full, "bf16"}, {"amp_bf16", TrainingMethod::full, "amp_bf16"},
                                       {"lora", TrainingMethod::lora, "bf16"}, {"qlora", TrainingMethod::qlora, "bf16"}};

Request request_for(const std::string& preset, const WorkedStep& step) {
  Request request;
  request.model.preset = preset;
  TrainingWorkload workload{.method = step.method, .sequence_length = worked_length, .micro_batch_size = 1, .gradient_accumulation_steps = 1,
                            .precision = std::string(step.precision),
                            .optimizer = OptimizerChoice{.id = "torch-adamw", .implementation = "foreach"},
                            .kernels = TrainingKernels::transformers, .attention = TrainingAttention::sdpa,
                            .recompute_granularity = RecomputeGranularity::none, .activation_offloading = ActivationOffloading::none,
                            .loss = LossImplementation::transformers, .gradient_clipping = false, .kept_logits = KeptLogits::none};
  if (step.method != TrainingMethod::full) workload.lora = LoraChoice{.r = worked_rank, .target_modules = std::vector<std::string>{"all-linear"}};
  if (step.method == TrainingMethod::qlora) request.weight_format = std::string(worked_base);
  request.workload = std::move(workload);
  return request;
}

}  // namespace

Result<RuleTable> rule_table(const Catalog& catalog) {
  const Thumb thumb(catalog.rules());
  RuleTable table{.sequence_length = worked_length};
  const JsonView rows = thumb.rules()["recommendations"];
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::string label(rows.at(i)["label"].string().value_or("")), preset(rows.at(i)["counterpart"].string().value_or(""));
    Request request;
    request.model.preset = preset;
    PLIMSOLL_TRY(const auto model, load_model(request.model, catalog));
    for (const std::string_view format : {"fp32", "fp16", "int8", "int4"}) {
      request.weight_format = std::string(format);
      PLIMSOLL_TRY(const Plan plan, make_plan(request, model, catalog));
      const u64 nominal = rows.at(i)["parameter_count"].whole().value_or(0);
      table.cells.push_back({label, std::string(format), thumb.load(nominal, format).value_or(0), estimate_rank(plan, plan.ranks[0], false).weights_bytes});
    }
    for (const WorkedStep& step : worked_steps) {
      PLIMSOLL_TRY(const Plan plan, make_plan(request_for(preset, step), model, catalog));
      PLIMSOLL_TRY(const RankEstimate worst, estimate_worst(plan, false));
      table.training.push_back({label, step.id, worst.allocated_bytes});
    }
  }
  return table;
}

}  // namespace plimsoll
