#include "training/step_moments.hpp"

#include <algorithm>

#include "training/training_buffers.hpp"
#include "training_cases.hpp"

using namespace plimsoll;
using namespace plimsoll::testing;

namespace {

/// The recorded amounts, as parameters of one width.
TrainedState state_of(JsonView step, const ModelSpec& model, const TrainingPass& pass) {
  const u32 width = pass.lora ? bytes_of(pass.lora->adapter_dtype) : pass.weight_bytes();
  const auto parameters = [&](std::string_view key) { return *step[key].whole() / width; };
  REQUIRE(parameters("gradients") * width == *step["gradients"].whole());
  const bool embedding = parameters("embedding_gradient") != 0;
  const u64 before_layers = embedding ? (u64{model.vocab_size} + model.position_rows) * model.hidden_size : 0;
  return {.parts = {{parameters("gradients"), width, embedding, before_layers, embedding}},
          .gradients_before_step = flag_of(step, "gradients_before_step"), .add_optimizer_transient = {}};
}

/// What stands through the recorded step at a moment before the optimizer's.
u64 standing(JsonView step, const ModelSpec& model, const TrainingPass& pass) {
  TermTree tree(false);
  tree.open("test", Combine::sum);
  add_buffers(tree, model, pass);
  return *step["weights"].whole() + (flag_of(step, "states_before_step") ? *step["optimizer_states"].whole() : 0) + tree.close();
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
        const StepPeak peak = add_step_moments(tree, model, pass, state_of(steps.at(j), model, pass));
        const u64 highest = tree.close(), beside = standing(steps.at(j), model, pass);
        const JsonView moments = steps.at(j)["moments"];
        CHECK(beside + peak.before_forward == *moments.at(0).whole());
        CHECK(beside + peak.forward_peak == *moments.at(1).whole());
        CHECK(beside + peak.loss == *moments.at(2).whole());
        CHECK(beside + peak.backward_peak == *moments.at(3).whole());
        CHECK(beside + peak.end_of_backward == *moments.at(4).whole());
        CHECK(highest == std::max({peak.forward_peak, peak.backward_peak, peak.optimizer_step}));
      }
    }
  }
}

namespace {

ModelSpec small_llama() {
  const Result<JsonDocument> document = JsonDocument::parse(R"({"model_type": "llama", "vocab_size": 1000, "hidden_size": 64, "intermediate_size": 192,
    "num_hidden_layers": 4, "num_attention_heads": 4})", "config");
  return model_of(document.value().root());
}

StepPeak small_step(const TrainedState& state) {
  TermTree tree(false);
  tree.open("test", Combine::sum);
  return add_step_moments(tree, small_llama(), {.micro_batch_size = 1, .sequence_length = 16}, state);
}

constexpr Formula transient{"m"};

u64 add_transient(TermTree& tree) {
  Values v;
  v[Symbol::m] = 700;
  tree.open("optimizer_transient", Combine::sum);
  tree.leaf("optimizer_transient.copies", transient, v, {.source = "test"});
  return tree.close();
}

void check_leaves(const Term& term) {
  if (term.combine != Combine::leaf) {
    for (const Term& child : term.children) check_leaves(child);
    return;
  }
  INFO(term.id);
  REQUIRE(term.formula);
  CHECK_FALSE(term.formula->source.empty());
  CHECK(term.formula->text != "m");
}

}  // namespace

TEST_CASE("gradients and the optimizer's transient stand in the moments they belong to", "[training]") {
  const StepPeak peak = small_step({.parts = {{500000, 2, false}, {20, 4, false}}, .add_optimizer_transient = add_transient});
  CHECK(peak.before_forward == 0);
  CHECK(peak.end_of_backward == 500000 * 2 + 20 * 4);
  CHECK(peak.optimizer_step == peak.end_of_backward + 700);
  CHECK(peak.after_step == 0);
}

TEST_CASE("gradients of an earlier micro batch are there from the start; those of a staying buffer are counted elsewhere", "[training]") {
  const TrainedPart part{500000, 2, false};
  const StepPeak once = small_step({.parts = {part}, .add_optimizer_transient = {}});
  const StepPeak again = small_step({.parts = {part}, .gradients_before_step = true, .add_optimizer_transient = {}});
  const StepPeak staying = small_step({.parts = {part}, .gradients_before_step = true, .gradients_stand = true, .add_optimizer_transient = {}});
  CHECK(again.before_forward == 1000000);
  CHECK(again.forward_peak == once.forward_peak + 1000000);
  CHECK(again.loss == once.loss + 1000000);
  CHECK(staying.before_forward == 0);
  CHECK(staying.forward_peak == once.forward_peak);
  CHECK(staying.end_of_backward == 0);
}

TEST_CASE("every leaf of a step has a formula of its own and a source", "[training]") {
  const TrainedState state{.parts = {{500000, 2, true}}, .add_optimizer_transient = {}};
  for (const auto recompute : {RecomputeGranularity::none, RecomputeGranularity::full}) {
    TermTree explained(true);
    add_step_moments(explained, small_llama(), {.micro_batch_size = 2, .sequence_length = 16, .recompute = recompute}, state);
    check_leaves(explained.take());
  }
}
