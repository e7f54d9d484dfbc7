#include "training/training_estimate.hpp"

#include <algorithm>
#include <cmath>

#include "answer.hpp"
#include "report_checks.hpp"
#include "session.hpp"
#include "solver/capacity.hpp"

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

const std::string llama = "meta-llama/Llama-3.1-8B";

/// Full training with nothing that a stack adds.
TrainingWorkload plain(u64 length, RecomputeGranularity recompute = RecomputeGranularity::none) {
  return {.method = TrainingMethod::full, .sequence_length = length, .micro_batch_size = 1, .precision = "bf16",
          .optimizer = OptimizerChoice{.id = "torch-adamw", .implementation = "foreach"}, .attention = TrainingAttention::sdpa,
          .recompute_granularity = recompute, .kept_logits = KeptLogits::none};
}

/// Whether a record in MiB is of these bytes: it rounds every storage up to 512 bytes, which random states of 16 and 24 bytes in each
/// layer make some tens of KiB in all.
bool recorded_as(const StepMoment& moment, u64 mebibytes) {
  constexpr u64 half = 1U << 19U, rounding = 1U << 16U;
  return (moment.allocated_bytes + half) >> 20U == mebibytes || (moment.allocated_bytes + rounding + half) >> 20U == mebibytes;
}

const Term* child(const Term& term, std::string_view id) {
  const auto found = std::find_if(term.children.begin(), term.children.end(), [id](const Term& one) { return one.id == id; });
  return found == term.children.end() ? nullptr : &*found;
}

}  // namespace

// Measured on the meta device with torch 2.15 and transformers 5.23: before, forward peak, after forward, backward peak, ..., step.
TEST_CASE("a step of 4096 tokens is what torch allocates", "[training]") {
  const auto check = [](const std::string& model, RecomputeGranularity recompute, u64 before, u64 peak, u64 after, u64 backward, u64 step) {
    const Report report = ask(model).train(plain(4096, recompute)).report();
    const std::vector<StepMoment>& moments = report.training->moments;
    CHECK(recorded_as(moments[0], before));
    CHECK(recorded_as(moments[1], peak));
    CHECK(recorded_as(moments[2], after));
    CHECK(recorded_as(moments[3], backward));
    CHECK(recorded_as(moments[5], step));
    CHECK(recorded_as(moments[6], before));
  };
  check(llama, RecomputeGranularity::none, 45950, 76195, 73189, 77197, 76583);
  check(llama, RecomputeGranularity::full, 45950, 52114, 49108, 61298, 76583);
  check("Qwen/Qwen3-8B", RecomputeGranularity::none, 46868, 83215, 79654, 84402, 78113);
  check("Qwen/Qwen3-8B", RecomputeGranularity::full, 46868, 54085, 50524, 62522, 78113);
}

TEST_CASE("the tree of a step adds up to what is needed, and so does the bar", "[training]") {
  for (const std::string model : {"openai-community/gpt2", "deepseek-ai/DeepSeek-V3", "google/gemma-2-2b", "openai/gpt-oss-20b"}) {
    INFO(model);
    const Report report = ask(model).train(plain(256)).on("nvidia/h100-sxm5-80gb").report();
    check_node(report.tree);
    CHECK(report.tree.bytes == report.needed_bytes);
    u64 bar = 0;
    for (const Segment& segment : report.segments) bar += segment.bytes;
    CHECK(bar == report.needed_bytes);
    CHECK(report.training->allocated_bytes < report.training->reserved_bytes);
    CHECK(report.training->reserved_bytes < report.training->device_bytes);
    CHECK(report.training->device_bytes == report.needed_bytes);
    u64 highest = 0;
    for (const StepMoment& moment : report.training->moments) highest = std::max(highest, moment.allocated_bytes);
    CHECK(highest == report.training->allocated_bytes);
  }
}

TEST_CASE("quick totals are the report's", "[training]") {
  const Ask asked = ask("Qwen/Qwen3-8B").train(plain(1000));
  CHECK(asked.needed() == asked.report().needed_bytes);
}

TEST_CASE("Megatron's recipe holds 18 bytes for each parameter through the whole step", "[training]") {
  TrainingWorkload workload = plain(128);
  workload.precision = "bf16_master";
  workload.optimizer->implementation = "fused";
  const Report report = ask(llama).train(workload).report();
  const u64 parameters = report.training->trained_parameter_count;
  CHECK(child(report.tree, "weights")->bytes + child(report.tree, "master_weights")->bytes + child(report.tree, "gradients")->bytes == 10 * parameters);
  const Term* states = child(report.tree, "optimizer_states");
  CHECK(states->bytes >= 8 * parameters);
  CHECK(states->bytes < 8 * parameters + 2000);  // and a step counter of 4 bytes for each tensor
}

TEST_CASE("in the first step the states are not there before the optimizer steps", "[training]") {
  const Report report = ask(llama).train(plain(512)).report();
  const u64 states = child(report.tree, "optimizer_states")->bytes;
  for (const StepMoment& moment : report.training->moments) {
    const bool stepped = moment.id == "moment.optimizer_step" || moment.id == "moment.after_step";
    CHECK(moment.allocated_bytes - moment.first_step_bytes == (stepped ? 0 : states));
  }
}

TEST_CASE("what stands and what moves make up each moment, and the first step has its own highest", "[training]") {
  for (const std::string precision : {"bf16", "bf16_master", "amp_bf16"}) {
    INFO(precision);
    TrainingWorkload workload = plain(512);
    workload.precision = precision;
    const Report report = ask("Qwen/Qwen3-0.6B").train(workload).report();
    const Term* moments = child(report.tree, "moments");
    u64 standing = 0, first = 0;
    for (const Term& term : report.tree.children)
      if (&term != moments && term.id != "allocator_reserve" && term.id != "runtime_overhead") standing += term.bytes;
    CHECK(report.training->standing_bytes == standing);
    for (const StepMoment& moment : report.training->moments) {
      CHECK(moment.allocated_bytes == standing + child(*moments, moment.id)->bytes);
      first = std::max(first, moment.first_step_bytes);
    }
    CHECK(report.training->first_step_bytes == first);
  }
}

TEST_CASE("accumulated gradients are there when the last micro batch starts", "[training]") {
  TrainingWorkload workload = plain(512);
  const u64 once = ask(llama).train(workload).report().training->moments[0].allocated_bytes;
  workload.gradient_accumulation_steps = 4;
  const Report report = ask(llama).train(workload).report();
  CHECK(report.training->moments[0].allocated_bytes == once + 2 * report.training->trained_parameter_count);
}

TEST_CASE("the longest sequence and the largest micro batch fit, one more does not", "[training][capacity]") {
  const Ask asked = ask("Qwen/Qwen3-0.6B").train(plain(1024)).on("nvidia/l4");
  const Plan plan = asked.plan();
  const Capacity capacity = capacity_of(plan);
  const auto need = [&](u64 length, u64 sequences) {
    TrainingWorkload workload = plain(length);
    workload.micro_batch_size = sequences;
    return ask("Qwen/Qwen3-0.6B").train(workload).needed();
  };
  const u64 usable = plan.memory.usable_bytes;
  REQUIRE(capacity.longest_context.limit == Limit::memory);
  CHECK(need(capacity.longest_context.value, 1) <= usable);
  CHECK(need(capacity.longest_context.value + 1, 1) > usable);
  CHECK(need(1024, capacity.most_sequences.value) <= usable);
  CHECK(need(1024, capacity.most_sequences.value + 1) > usable);
}

TEST_CASE("each change that is offered fits when asked by itself", "[training][advice]") {
  for (const std::string gpu : {"nvidia/h100-sxm5-80gb", "nvidia/rtx-4090", "nvidia/l4"}) {
    const Report report = ask("Qwen/Qwen3-8B").train(plain(8192)).on(gpu).report();
    INFO(gpu);
    CHECK_FALSE(report.advice.empty());
    for (const Change& change : report.advice) {
      Ask again;
      again.request = change.request;
      const Report changed = again.report();
      INFO(change.id << " " << change.value);
      CHECK(changed.needed_bytes == change.needed_bytes);
      CHECK(changed.verdict->outcome != Outcome::does_not_fit);
      CHECK(change.saved_bytes == static_cast<i64>(report.needed_bytes) - static_cast<i64>(change.needed_bytes));
    }
  }
}

TEST_CASE("a loss that never holds all logits is offered where the stack has one", "[training][advice]") {
  const auto offered = [](const char* stack) {
    TrainingWorkload workload = plain(16384, RecomputeGranularity::full);
    workload.stack = stack;
    workload.loss = LossImplementation::transformers;
    std::string values;
    for (const Change& change : ask("Qwen/Qwen3-0.6B").train(workload).on("nvidia/rtx-4090").report().advice)
      if (change.id == "loss") values += change.value;
    return values;
  };
  CHECK(offered("transformers") == "liger_fused_linear");
  CHECK(offered("torchtune") == "chunked");
  CHECK(offered("trl").empty());
}

TEST_CASE("each rung of the ladder is that method's own report", "[training]") {
  const Report report = ask("Qwen/Qwen3-8B").train(plain(2048)).report();
  REQUIRE(report.training->ladder.size() == 3);
  for (const LadderRung& rung : report.training->ladder) {
    Ask again;
    again.request = rung.request;
    CHECK(again.needed() == rung.needed_bytes);
    u64 bar = 0;
    for (const Segment& segment : rung.segments) bar += segment.bytes;
    CHECK(bar == rung.needed_bytes);
  }
  CHECK(report.training->ladder[0].needed_bytes > report.training->ladder[1].needed_bytes);
  CHECK(report.training->ladder[1].needed_bytes > report.training->ladder[2].needed_bytes);
}
