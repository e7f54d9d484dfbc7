#include "session.hpp"
#include "training_cases.hpp"
#include "wire_json.hpp"

using namespace plimsoll;
using namespace plimsoll::testing;

namespace {

TrainingWorkload workload_of(JsonView json) {
  TrainingWorkload workload;
  REQUIRE_FALSE(read_json(json, "workload", workload));
  return workload;
}

Plan plan_of(JsonView step) {
  test::Ask asked = test::ask_config(std::string(*step["config"].string()));
  asked.train(workload_of(step["workload"]));
  if (step["weight_format"].present()) asked.weights(std::string(*step["weight_format"].string()));
  return asked.plan();
}

u64 kept(const ModelSpec& model, const TrainingPass& pass, bool explain) {
  TermTree tree(explain);
  tree.open("test", Combine::sum);
  add_saved_activations(tree, model, pass);
  return tree.close();
}

}  // namespace

TEST_CASE("adapters keep for backward what PEFT's modules save, to the byte", "[adapters]") {
  const JsonDocument document = case_file("saved_adapters.json");
  const JsonView steps = document.root()["steps"];
  REQUIRE(steps.size() > 20);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    INFO(*steps.at(i)["name"].string());
    const Plan plan = plan_of(steps.at(i));
    const ModelSpec& model = plan.model->spec;
    const TrainingPass& pass = plan.training().pass;
    CHECK(kept(model, pass, false) == *steps.at(i)["saved"].whole());
    CHECK(kept(model, pass, true) == *steps.at(i)["saved"].whole());
    const bool flows = pass.lora->input_gradients || !pass.lora->targets.outside.empty();  // a gradient, to the first layer
    const JsonView layers = steps.at(i)["layers"];
    for (std::size_t layer = 0; layer < layers.size(); ++layer)
      CHECK(saved_per_layer(model, pass, layer, layer > 0 || flows).value == *layers.at(layer).whole());
  }
}

TEST_CASE("the highest moment of backward with adapters is the measured one, a packed weight whole again among it", "[adapters]") {
  const JsonDocument document = case_file("saved_adapters.json");
  const JsonView steps = document.root()["steps"];
  u64 checked = 0, packed = 0;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (!steps.at(i)["backward_peak"].present()) continue;
    INFO(*steps.at(i)["name"].string());
    const Result<Report> report = make_report(plan_of(steps.at(i)));
    REQUIRE(report.ok());
    for (const StepMoment& moment : report.value().training->moments)
      if (moment.id == "moment.backward_peak") CHECK(moment.allocated_bytes == *steps.at(i)["backward_peak"].whole());
    checked += 1;
    packed += steps.at(i)["weight_format"].present() ? 1 : 0;
  }
  CHECK(checked >= 60);
  CHECK(packed >= 12);
}
