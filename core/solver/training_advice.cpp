#include "solver/training_advice.hpp"

#include "messages.hpp"
#include "solver/capacity.hpp"
#include "solver/change_list.hpp"

namespace plimsoll {
namespace {

/// A step that can be taken, and how a request takes it.
struct Step {
  std::string id, value;
  void (*take)(TrainingWorkload&, Request&);
};

void to_8_bit(TrainingWorkload& w, Request&) { w.optimizer = OptimizerChoice{.id = "bitsandbytes-adamw-8bit"}; }
void to_paged(TrainingWorkload& w, Request&) { w.optimizer = OptimizerChoice{.id = "bitsandbytes-adamw-8bit", .options = {"paged"}}; }
void to_fused(TrainingWorkload& w, Request&) { w.optimizer->implementation = "fused"; }
void to_recompute(TrainingWorkload& w, Request&) { w.recompute_granularity = RecomputeGranularity::full; }
void to_sdpa(TrainingWorkload& w, Request&) { w.attention = TrainingAttention::sdpa; }
void to_chunked(TrainingWorkload& w, Request&) { w.loss = LossImplementation::chunked; }
void to_liger_loss(TrainingWorkload& w, Request&) { w.loss = LossImplementation::liger_fused_linear; }
void to_bf16(TrainingWorkload& w, Request& request) {
  w.precision = "bf16";
  request.weight_format.reset();
}
void to_lora(TrainingWorkload& w, Request&) { w.method = TrainingMethod::lora; }
void to_qlora(TrainingWorkload& w, Request& request) {
  w.method = TrainingMethod::qlora;
  w.precision = "bf16";
  request.weight_format.reset();
}

class TrainingAdvisor {
 public:
  TrainingAdvisor(const Plan& plan, u64 needed_bytes) : plan_(plan), asked_(*std::get_if<TrainingWorkload>(&plan.request.workload)), changes_(plan, needed_bytes) {}

  std::vector<Change> run() {
    const std::vector<Step> steps = possible_steps();
    for (const Step& step : steps) changes_.offer(step.id, step.value, with({step}));
    fewer_at_once();
    shorter();
    if (changes_.empty()) together(steps);
    changes_.another_device(plan_.request, false);
    return changes_.take();
  }

 private:
  [[nodiscard]] std::vector<Step> possible_steps() const {
    std::vector<Step> steps;
    const bool adam = asked_.optimizer->id == "torch-adamw" || asked_.optimizer->id == "torch-adam";
    if (adam && asked_.optimizer->implementation != "fused") steps.push_back({"optimizer", asked_.optimizer->id + ", fused", to_fused});
    if (plan_.training().pass.attention == TrainingAttention::eager || plan_.training().pass.attention == TrainingAttention::sdpa_math)
      steps.push_back({"attention", "sdpa", to_sdpa});
    add_loss(steps);
    if (*asked_.recompute_granularity != RecomputeGranularity::full) steps.push_back({"recompute_granularity", "full", to_recompute});
    if (adam) {
      steps.push_back({"optimizer", "bitsandbytes-adamw-8bit", to_8_bit});
      steps.push_back({"optimizer", "bitsandbytes-adamw-8bit, paged", to_paged});
    }
    if (*asked_.precision != "bf16") steps.push_back({"precision", "bf16", to_bf16});
    if (asked_.method == TrainingMethod::full) steps.push_back({"method", "lora", to_lora});
    if (asked_.method != TrainingMethod::qlora) steps.push_back({"method", "qlora", to_qlora});
    return steps;
  }

  /// A loss that never holds all logits, where the stack has a switch for one: torchtune's chunks, Liger's of Trainer and its kin.
  void add_loss(std::vector<Step>& steps) const {
    const bool whole = *asked_.loss == LossImplementation::transformers && *asked_.objective == TrainingObjective::sft;
    if (!whole || *asked_.kernels == TrainingKernels::transformer_engine) return;
    if (*asked_.stack == "torchtune") steps.push_back({"loss", std::string(name_of(LossImplementation::chunked)), to_chunked});
    else if (plan_.model->spec.liger && *asked_.stack != "trl" && *asked_.stack != "unsloth")
      steps.push_back({"loss", std::string(name_of(LossImplementation::liger_fused_linear)), to_liger_loss});
  }

  [[nodiscard]] Request with(const std::vector<Step>& steps) const {
    Request request = plan_.request;
    auto& workload = *std::get_if<TrainingWorkload>(&request.workload);
    for (const Step& step : steps) step.take(workload, request);
    return request;
  }

  void fewer_at_once() {
    const Answer sequences = most_sequences_of(plan_);
    if (sequences.value == 0 || sequences.value >= *asked_.micro_batch_size) return;
    Request request = plan_.request;
    auto& workload = *std::get_if<TrainingWorkload>(&request.workload);
    workload.micro_batch_size = sequences.value;
    workload.gradient_accumulation_steps = ceil_div(*asked_.micro_batch_size * *asked_.gradient_accumulation_steps, sequences.value).value;
    changes_.offer("micro_batch_size", digits(sequences.value), request);
  }

  void shorter() {
    const Answer length = longest_context(plan_);
    if (length.value == 0 || length.value >= *asked_.sequence_length) return;
    Request request = plan_.request;
    std::get_if<TrainingWorkload>(&request.workload)->sequence_length = length.value;
    changes_.offer("sequence_length", digits(length.value), request);
  }

  /// One after the other; a later optimizer or method takes the place of an earlier one.
  void together(const std::vector<Step>& steps) {
    std::vector<Step> taken;
    for (const Step& step : steps) {
      taken.push_back(step);
      std::string value;
      for (const Step& one : taken) value += (value.empty() ? "" : ", ") + one.id + " " + one.value;
      if (changes_.offer("together", value, with(taken))) return;
    }
  }

  const Plan& plan_;
  const TrainingWorkload& asked_;
  ChangeList changes_;
};

}  // namespace

std::vector<Change> training_advice(const Plan& plan, u64 needed_bytes) { return TrainingAdvisor(plan, needed_bytes).run(); }

}  // namespace plimsoll
