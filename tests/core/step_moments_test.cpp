#include "training/step_moments.hpp"

#include "training_cases.hpp"

using namespace plimsoll;
using namespace plimsoll::testing;

namespace {

StateBytes states_of(JsonView step) {
  return {.weights = *step["weights"].whole(), .gradients = *step["gradients"].whole(), .embedding_gradient = *step["embedding_gradient"].whole(),
          .first_layer_gradients = *step["first_layer_gradients"].whole(), .optimizer_states = *step["optimizer_states"].whole(),
          .states_before_step = flag_of(step, "states_before_step"), .gradients_before_step = flag_of(step, "gradients_before_step")};
}

}  // namespace

TEST_CASE("every moment of recorded training steps is met to the byte", "[training]") {
  const JsonDocument document = case_file("step_peaks.json");
  const JsonView models = document.root()["models"];
  for (std::size_t i = 0; i < models.size(); ++i) {
    const ModelSpec model = model_of(models.at(i)["config"]);
    const JsonView steps = models.at(i)["steps"];
    for (std::size_t j = 0; j < steps.size(); ++j) {
      const TrainingPass pass = training_pass_of(steps.at(j));
      INFO(*models.at(i)["name"].string() << " " << title_of(pass));
      for (const bool explain : {false, true}) {
        TermTree tree(explain);
        tree.open("test", Combine::sum);
        const StepPeak peak = add_step_moments(tree, model, pass, states_of(steps.at(j)));
        const u64 highest = tree.close();
        const JsonView moments = steps.at(j)["moments"];
        CHECK(peak.before_forward == *moments.at(0).whole());
        CHECK(peak.forward_peak == *moments.at(1).whole());
        CHECK(peak.loss == *moments.at(2).whole());
        CHECK(peak.backward_peak == *moments.at(3).whole());
        CHECK(peak.end_of_backward == *moments.at(4).whole());
        CHECK(highest == std::max({peak.forward_peak, peak.backward_peak, peak.optimizer_step}));
      }
    }
  }
}

TEST_CASE("the optimizer's states and transient stand in its own moment", "[training]") {
  const Result<JsonDocument> document = JsonDocument::parse(R"({"model_type": "llama", "vocab_size": 1000, "hidden_size": 64, "intermediate_size": 192,
    "num_hidden_layers": 4, "num_attention_heads": 4})", "config");
  TermTree tree(false);
  tree.open("test", Combine::sum);
  const StateBytes states{.weights = 1000, .gradients = 1000, .optimizer_states = 2000, .step_transient = 500, .states_before_step = false};
  const StepPeak peak = add_step_moments(tree, model_of(document.value().root()), {.micro_batch_size = 1, .sequence_length = 16}, states);
  tree.close();
  CHECK(peak.after_step - peak.before_forward == 2000);
  CHECK(peak.end_of_backward - peak.before_forward == 1000);
  CHECK(peak.optimizer_step - peak.end_of_backward == 2500);
}
