#include "plan.hpp"

#include <algorithm>

#include "session.hpp"

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

const std::string llama = "meta-llama/Llama-3.1-8B";

const TrainingWorkload& workload(const Plan& plan) { return *std::get_if<TrainingWorkload>(&plan.request.workload); }

Error refused(const Ask& asked) {
  const auto made = asked.try_plan();
  REQUIRE_FALSE(made.ok());
  return made.error();
}

}  // namespace

TEST_CASE("a training request gets every default, and says them", "[training][plan]") {
  const Plan plan = ask(llama).train({.method = TrainingMethod::full}).plan();
  CHECK(workload(plan).stack == "transformers");
  CHECK(workload(plan).sequence_length == 2048U);
  CHECK(workload(plan).precision.has_value());
  CHECK(workload(plan).optimizer.has_value());
  CHECK(workload(plan).optimizer->implementation.has_value());
  CHECK(workload(plan).attention == TrainingAttention::sdpa);
  CHECK(workload(plan).recompute_granularity.has_value());
  CHECK(workload(plan).kept_logits.has_value());
  CHECK(plan.request.weight_format.has_value());
  CHECK(plan.request.parallel.tensor_parallel_size == 1U);
}

TEST_CASE("a resolved training request asked again is the same plan", "[training][plan]") {
  for (const TrainingMethod method : {TrainingMethod::full, TrainingMethod::lora}) {
    Ask asked = ask("google/gemma-2-2b").train({.method = method, .sequence_length = 512, .micro_batch_size = 3});
    Ask again = asked;
    again.request = asked.plan().request;
    CHECK(again.needed() == asked.needed());
    JsonWriter first, second;
    write_json(first, asked.plan().request);
    write_json(second, again.plan().request);
    CHECK(first.take() == second.take());
  }
}

TEST_CASE("the sequence is at most what the model was made for, unless asked", "[training][plan]") {
  const Plan shortened = ask("openai-community/gpt2").train({.stack = "torchtune"}).plan();
  CHECK(shortened.length() == 1024);
  CHECK(std::any_of(shortened.notices.begin(), shortened.notices.end(), [](const Notice& notice) { return notice.code == "context_clamped"; }));
  CHECK(ask("openai-community/gpt2").train({.sequence_length = 2000}).plan().length() == 2000);
}

TEST_CASE("what does not go together in training is refused with its place", "[training][plan]") {
  CHECK(refused(ask(llama).train({.stack = "nowhere"})).where == "request.workload.stack");
  CHECK(refused(ask(llama).train({.precision = "fp12"})).where == "request.workload.precision");
  CHECK(refused(ask(llama).train({.optimizer = OptimizerChoice{.id = "torch-nothing"}})).where == "request.workload.optimizer.id");
  CHECK(refused(ask(llama).train({.optimizer = OptimizerChoice{.id = "torch-adamw", .implementation = "magic"}})).where == "request.workload.optimizer.implementation");
  CHECK(refused(ask(llama).train({.method = TrainingMethod::full}).weights("int4")).where == "request.weight_format");
  CHECK(refused(ask(llama).train({.method = TrainingMethod::qlora}).weights("bf16")).where == "request.weight_format");
  CHECK(refused(ask(llama).train({}).on("nvidia/l4", 2)).where == "request.device.device_count");
  CHECK(refused(ask(llama).train({}).ranks(2)).where == "request.parallel.tensor_parallel_size");
  CHECK(refused(ask(llama).train({.sequence_length = most_tokens + 1})).where == "request.workload.sequence_length");
  CHECK(refused(ask(llama).train({.micro_batch_size = most_sequences + 1})).where == "request.workload.micro_batch_size");
}

TEST_CASE("a board of two devices trains on one of them", "[training][plan]") {
  const Plan plan = ask(llama).train({.method = TrainingMethod::full}).on("amd/mi250").plan();
  CHECK(plan.ranks.size() == 1);
  CHECK(plan.request.device->device_count == 1U);
}

TEST_CASE("adapters given in part are completed, an optimizer is not", "[training][plan]") {
  const Plan adapters = ask(llama).train({.lora = LoraChoice{.r = 8}}).plan();
  CHECK(workload(adapters).lora->r == 8U);
  const Plan plain = ask(llama).train({.optimizer = OptimizerChoice{.id = "torch-sgd"}}).plan();
  CHECK(workload(plain).optimizer->id == "torch-sgd");
  CHECK(workload(plain).optimizer->options.empty());
}
