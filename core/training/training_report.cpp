#include "training/training_report.hpp"

#include <algorithm>

#include "answer.hpp"
#include "hardware/fit.hpp"
#include "training/launch.hpp"

namespace plimsoll {
namespace {

/// In the first step the optimizer makes its states when it steps, after its transient copies.
std::vector<StepMoment> moments_of(const StepStates& states, const StepTotals& step) {
  const u64 standing = states.standing_bytes + step.buffers_bytes, before = standing - states.optimizer_bytes;
  const StepPeak& m = step.moments;
  return {{"moment.before_forward", standing + m.before_forward, before + m.before_forward},
          {"moment.forward_peak", standing + m.forward_peak, before + m.forward_peak},
          {"moment.loss", standing + m.loss, before + m.loss},
          {"moment.backward_peak", standing + m.backward_peak, before + m.backward_peak},
          {"moment.end_of_backward", standing + m.end_of_backward, (states.state.steps_in_backward ? standing : before) + m.end_of_backward},
          {"moment.optimizer_step", standing + m.optimizer_step, standing + m.optimizer_step},
          {"moment.after_step", standing + m.after_step, standing + m.after_step}};
}

/// The same step by each method, everything else as asked.
std::vector<LadderRung> ladder_of(const Plan& plan) {
  std::vector<LadderRung> ladder;
  for (const TrainingMethod method : {TrainingMethod::full, TrainingMethod::lora, TrainingMethod::qlora}) {
    Request request = plan.request;
    auto& workload = *std::get_if<TrainingWorkload>(&request.workload);
    if (workload.method != method) request.weight_format.reset();
    workload.method = method;
    const auto other = make_plan(request, plan.model, *plan.catalog);
    if (!other.ok()) continue;  // such as a base that cannot be quantised
    const auto worst = estimate_worst(other.value(), true);
    if (!worst.ok()) continue;
    LadderRung rung{.method = method, .needed_bytes = worst.value().needed_bytes, .outcome = {}, .segments = segments_of(worst.value().tree, worst.value().worst_moment),
                    .request = other.value().request};
    if (plan.gpu != nullptr) rung.outcome = verdict_of(rung.needed_bytes, plan.memory.usable_bytes).outcome;
    ladder.push_back(std::move(rung));
  }
  return ladder;
}

}  // namespace

TrainingReport training_report(const Plan& plan, const RankEstimate& estimate) {
  TrainingReport report;
  report.trained_parameter_count = estimate.states.trained_parameters;
  report.frozen_parameter_count = estimate.states.frozen_parameters;
  report.allocated_bytes = estimate.allocated_bytes;
  report.device_bytes = estimate.needed_bytes;
  report.reserved_bytes = estimate.needed_bytes - estimate.overhead_bytes;
  report.host_bytes = estimate.states.host_bytes + estimate.step.offloaded_bytes;
  report.standing_bytes = estimate.states.standing_bytes + estimate.step.buffers_bytes;
  report.moments = moments_of(estimate.states, estimate.step);
  for (const StepMoment& moment : report.moments) report.first_step_bytes = std::max(report.first_step_bytes, moment.first_step_bytes);
  report.ladder = ladder_of(plan);
  report.launch = launch_files(plan);
  return report;
}

}  // namespace plimsoll
