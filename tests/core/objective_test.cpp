#include <algorithm>

#include "session.hpp"
#include "training/step_choices.hpp"

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

const std::string llama = "meta-llama/Llama-3.2-1B";

TrainingWorkload asks_for(TrainingObjective objective, TrainingMethod method = TrainingMethod::full) {
  return {.method = method, .objective = objective, .sequence_length = 512, .micro_batch_size = 1, .precision = "bf16",
          .recompute_granularity = RecomputeGranularity::full, .gradient_clipping = false};
}

u64 node(const Report& report, std::string_view id) {
  const auto found = std::find_if(report.tree.children.begin(), report.tree.children.end(), [id](const Term& term) { return term.id == id; });
  return found == report.tree.children.end() ? 0 : found->bytes;
}

Error refused(TrainingWorkload workload) {
  const auto plan = ask(llama).train(std::move(workload)).try_plan();
  REQUIRE_FALSE(plan.ok());
  return plan.error();
}

}  // namespace

// Numbers of single tokens are not counted: some bytes for each of some hundred tokens.
TEST_CASE("a step of another objective is what torch allocates, but for numbers of single tokens", "[training][objective]") {
  const Cases cases("objective_steps");
  for (std::size_t i = 0; i < cases.size(); ++i) {
    INFO(i << ": " << text(cases.at(i)["name"]));
    TrainingWorkload workload;
    REQUIRE_FALSE(read_json(cases.at(i)["workload"], "workload", workload).has_value());
    const Report report = ask_config(text(cases.at(i)["config"])).train(workload).report();
    for (std::size_t j = 0; j < report.training->moments.size(); ++j) {
      const StepMoment& ours = report.training->moments[j];
      INFO(ours.id);
      for (const auto& [estimated, step] : {std::pair{ours.first_step_bytes, 0U}, {ours.allocated_bytes, 1U}}) {
        const u64 measured = whole(cases.at(i)["moments"].at(j).at(step));
        CHECK(std::max(estimated, measured) - std::min(estimated, measured) <= measured / 200);
      }
    }
  }
}

TEST_CASE("a reference stands beside a trained model, and is the base of adapters without them", "[training][objective]") {
  const Report full = ask(llama).train(asks_for(TrainingObjective::dpo)).report();
  CHECK(node(full, "reference_model") == node(full, "weights") + 2 * 4 * 32);  // and its rotary frequencies
  CHECK(node(ask(llama).train(asks_for(TrainingObjective::dpo, TrainingMethod::lora)).report(), "reference_model") == 0);
  CHECK(node(ask(llama).train(asks_for(TrainingObjective::grpo)).report(), "reference_model") == 0);
}

TEST_CASE("a teacher may be larger, and has the same words", "[training][objective]") {
  TrainingWorkload workload = asks_for(TrainingObjective::distillation);
  const Report alone = ask(llama).train(workload).report();
  CHECK(node(alone, "teacher_model") == node(alone, "weights") + 2 * 4 * 32);
  workload.teacher = ModelChoice{.preset = "meta-llama/Llama-3.1-8B"};
  const Report large = ask(llama).train(workload).report();
  CHECK(node(large, "teacher_model") == 8030261248 * 2 + 2 * 4 * 64);
  workload.teacher = ModelChoice{.preset = "Qwen/Qwen3-8B"};
  CHECK(refused(workload).where == "request.workload.teacher");
}

TEST_CASE("ppo trains a value model whole, beside a reward model", "[training][objective]") {
  const Report full = ask(llama).train(asks_for(TrainingObjective::ppo)).report();
  const u64 tied = node(full, "weights"), score = 2048 * 2, frequencies = 2 * 4 * 32;  // the head of this model is its embedding
  CHECK(node(full, "reference_model") == tied + frequencies);
  CHECK(node(full, "reward_model") == tied + score + frequencies);
  CHECK(node(full, "value_model") == node(full, "reward_model"));
  const u64 parameters = ask(llama).train(asks_for(TrainingObjective::grpo)).report().training->trained_parameter_count;
  CHECK(full.training->trained_parameter_count == 2 * parameters + 2048);
  const Report lora = ask(llama).train(asks_for(TrainingObjective::ppo, TrainingMethod::lora)).report();
  CHECK(node(lora, "reference_model") == 0);
  CHECK(lora.training->trained_parameter_count > parameters + 2048);
  const Report qlora = ask(llama).train(asks_for(TrainingObjective::ppo, TrainingMethod::qlora)).report();
  CHECK(node(qlora, "value_model") == node(full, "value_model"));  // not of the quantised base's format
}

TEST_CASE("ppo's reward model may be another, and its trainer clips and recomputes nothing by itself", "[training][objective]") {
  TrainingWorkload workload = asks_for(TrainingObjective::ppo);
  workload.reward_model = ModelChoice{.preset = "meta-llama/Llama-3.1-8B"};
  CHECK(node(ask(llama).train(workload).report(), "reward_model") == (8030261248 - 128256 * 4096 + 4096) * 2 + 2 * 4 * 64);
  workload.reward_model = ModelChoice{.preset = "Qwen/Qwen3-8B"};
  CHECK(refused(workload).where == "request.workload.reward_model");
  workload = {.method = TrainingMethod::full, .objective = TrainingObjective::ppo, .stack = "trl"};
  const Report report = ask(llama).train(workload).report();
  const auto* decided = std::get_if<TrainingWorkload>(&report.request.workload);
  CHECK(decided->recompute_granularity == RecomputeGranularity::none);
  CHECK(decided->gradient_clipping == false);
  CHECK(decided->max_completion_length == 53);
  workload.optimizer_in_backward = true;
  CHECK(refused(workload).where == "request.workload.objective");
}

TEST_CASE("what an objective has no use for is refused or left out", "[training][objective]") {
  TrainingWorkload workload = asks_for(TrainingObjective::grpo);
  workload.max_completion_length = 512;
  CHECK(refused(workload).where == "request.workload.max_completion_length");
  workload = asks_for(TrainingObjective::dpo);
  workload.kernels = TrainingKernels::compiled;
  CHECK(refused(workload).where == "request.workload.objective");
  workload = asks_for(TrainingObjective::sft);
  workload.max_completion_length = 5;
  const Report report = ask(llama).train(workload).report();
  CHECK_FALSE(std::get_if<TrainingWorkload>(&report.request.workload)->max_completion_length.has_value());
}
