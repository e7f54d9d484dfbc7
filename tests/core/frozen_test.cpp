#include "training/frozen.hpp"

#include "session.hpp"

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

TrainingWorkload workload_of(JsonView json) {
  TrainingWorkload workload;
  const auto error = read_json(json, "workload", workload);
  INFO((error ? error->where + ": " + error->message : ""));
  REQUIRE_FALSE(error.has_value());
  return workload;
}

Error refused(const FrozenChoice& frozen, bool reentrant = false) {
  TrainingWorkload workload{.method = TrainingMethod::full, .sequence_length = 512, .micro_batch_size = 1, .frozen = frozen};
  if (reentrant) {
    workload.recompute_granularity = RecomputeGranularity::full;
    workload.use_reentrant = true;
    workload.enable_input_require_grads = false;
  }
  const auto plan = ask("meta-llama/Llama-3.2-1B").train(workload).try_plan();
  REQUIRE_FALSE(plan.ok());
  return plan.error();
}

Report step_of(const FrozenChoice& frozen) {
  return ask("meta-llama/Llama-3.2-1B").train({.method = TrainingMethod::full, .sequence_length = 512, .micro_batch_size = 1, .frozen = frozen}).report();
}

}  // namespace

TEST_CASE("a step with frozen parts is what torch allocates", "[training][frozen]") {
  const Cases cases("frozen_steps");
  for (std::size_t i = 0; i < cases.size(); ++i) {
    INFO(text(cases.at(i)["name"]));
    const Report report = ask_config(text(cases.at(i)["config"])).train(workload_of(cases.at(i)["workload"])).report();
    const JsonView moments = cases.at(i)["moments"];
    const std::vector<StepMoment>& ours = report.training->moments;
    for (std::size_t j = 0; j < ours.size(); ++j) {
      INFO(ours[j].id);
      CHECK(ours[j].first_step_bytes == whole(moments.at(j).at(0)));
      CHECK(ours[j].allocated_bytes == whole(moments.at(j).at(1)));
    }
  }
}

TEST_CASE("frozen parameters have no gradient, no state and no master weight", "[training][frozen]") {
  const u64 all = step_of({}).training->trained_parameter_count;
  const TrainingReport half = *step_of({.modules = {{"embed_tokens"}}, .first_layers = 8}).training;
  CHECK(half.trained_parameter_count + half.frozen_parameter_count == all);
  // Half of 16 equal layers, and the embeddings, which are the head as well, are left out.
  const u64 embeddings = u64{128256} * 2048, final_norm = 2048;
  CHECK(half.trained_parameter_count == (all - embeddings - final_norm) / 2 + final_norm);
  CHECK(step_of({.modules = {{"lm_head"}}}).training->trained_parameter_count == all - embeddings);
}

TEST_CASE("what cannot be frozen is said", "[training][frozen]") {
  CHECK(refused({.modules = {{"embedding_table"}}}).where == "request.workload.frozen.modules[0]");
  CHECK(refused({.first_layers = 17}).where == "request.workload.frozen.first_layers");
  CHECK(refused({.modules = {{"embed_tokens", "norm"}}, .first_layers = 16}).code == ErrorCode::unsupported_combination);
  CHECK(refused({.modules = {{"embed_tokens"}}}, true).where == "request.workload.enable_input_require_grads");
}
