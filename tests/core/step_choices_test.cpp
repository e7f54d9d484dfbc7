#include "training/step_choices.hpp"

#include <algorithm>

#include "session.hpp"

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

const std::string llama = "meta-llama/Llama-3.1-8B";

TrainingWorkload plain() {
  return {.method = TrainingMethod::full, .sequence_length = 1024, .micro_batch_size = 2, .precision = "bf16",
          .optimizer = OptimizerChoice{.id = "torch-adamw", .implementation = "fused"}, .attention = TrainingAttention::flash_attention_2,
          .recompute_granularity = RecomputeGranularity::none, .gradient_clipping = false};
}

const Term* find(const Term& term, std::string_view id) {
  if (term.id == id) return &term;
  for (const Term& child : term.children)
    if (const Term* found = find(child, id)) return found;
  return nullptr;
}

u64 bytes_of(const Report& report, std::string_view id) {
  const Term* term = find(report.tree, id);
  return term == nullptr ? 0 : term->bytes;
}

Error refused(const TrainingWorkload& workload) {
  const auto plan = ask(llama).train(workload).try_plan();
  REQUIRE_FALSE(plan.ok());
  return plan.error();
}

}  // namespace

TEST_CASE("a step under each choice is what torch allocates", "[training]") {
  const Cases cases("step_choices");
  for (std::size_t i = 0; i < cases.size(); ++i) {
    INFO(text(cases.at(i)["name"]));
    TrainingWorkload workload;
    REQUIRE_FALSE(read_json(cases.at(i)["workload"], "workload", workload).has_value());
    const Report report = ask_config(text(cases.at(i)["config"])).train(workload).report();
    for (std::size_t j = 0; j < report.training->moments.size(); ++j) {
      INFO(report.training->moments[j].id);
      CHECK(report.training->moments[j].first_step_bytes == whole(cases.at(i)["moments"].at(j).at(0)));
      CHECK(report.training->moments[j].allocated_bytes == whole(cases.at(i)["moments"].at(j).at(1)));
    }
  }
}

// 291 tensors, the largest of 128256 x 4096 elements: 8016 chunks of 65536.
TEST_CASE("clipping takes a norm of each tensor and room for the chunks of the largest in all", "[training]") {
  TrainingWorkload workload = plain();
  workload.gradient_clipping = true;
  const Report report = ask(llama).train(workload).report();
  const Report without = ask(llama).train(plain()).report();
  const Term* clipping = find(*find(report.tree, "moment.optimizer_step"), "clipping");
  REQUIRE(clipping != nullptr);
  CHECK(clipping->bytes == 291 * 2 + 4 * 291 * 8016);
  const auto step = [](const Report& one) { return one.training->moments[5].allocated_bytes; };
  CHECK(step(report) == step(without) + clipping->bytes);
}

TEST_CASE("stepped in backward, no gradient outlives its use", "[training]") {
  TrainingWorkload workload = plain();
  workload.sequence_length = 64;
  const u64 gathered = ask(llama).train(workload).report().training->moments[3].allocated_bytes;
  workload.optimizer_in_backward = true;
  const Report report = ask(llama).train(workload).report();
  const std::vector<StepMoment>& moments = report.training->moments;
  CHECK(moments[4].allocated_bytes == report.training->standing_bytes);
  CHECK(moments[5].allocated_bytes == report.training->standing_bytes);
  CHECK(moments[3].allocated_bytes + report.training->trained_parameter_count < gathered);
  workload.gradient_accumulation_steps = 2;
  CHECK(refused(workload).where == "request.workload.optimizer_in_backward");
  workload.gradient_accumulation_steps = 1;
  workload.precision = "bf16_master";
  CHECK(refused(workload).where == "request.workload.optimizer_in_backward");
}

TEST_CASE("packed sequences are one row", "[training]") {
  TrainingWorkload packed = plain(), row = plain();
  packed.packing = true;
  row.micro_batch_size = 1;
  row.sequence_length = 2048;
  const Report one = ask(llama).train(packed).report(), other = ask(llama).train(row).report();
  CHECK(bytes_of(one, "moment.backward_peak") == bytes_of(other, "moment.backward_peak"));
  CHECK(bytes_of(one, "buffers.position_ids") == 8 * 2048);
  packed.attention = TrainingAttention::sdpa;
  CHECK(refused(packed).where == "request.workload.attention");
}

TEST_CASE("a batch that nobody asked for is the program's own", "[training]") {
  TrainingWorkload workload = plain();
  workload.micro_batch_size.reset();
  workload.stack = "trl";
  const Plan plan = ask(llama).train(workload).plan();
  CHECK(plan.sequences() == 8);
  workload.micro_batch_size = 0;
  CHECK(refused(workload).where == "request.workload.micro_batch_size");
}
