#include "training/activations.hpp"

#include "training_cases.hpp"

using namespace plimsoll;
using namespace plimsoll::testing;

namespace {

u64 alive(const ModelSpec& model, const TrainingPass& pass, bool explain) {
  TermTree tree(explain);
  tree.open("test", Combine::sum);
  const u64 bytes = add_saved_activations(tree, model, pass);
  CHECK(tree.close() == bytes);
  return bytes;
}

ModelSpec small_llama() {
  const Result<JsonDocument> document = JsonDocument::parse(R"({"model_type": "llama", "vocab_size": 1000, "hidden_size": 64, "intermediate_size": 192,
    "num_hidden_layers": 4, "num_attention_heads": 4, "num_key_value_heads": 2})", "config");
  return model_of(document.value().root());
}

}  // namespace

TEST_CASE("what real models keep for backward is met to the byte", "[training]") {
  const JsonDocument document = case_file("saved_activations.json");
  const JsonView models = document.root()["models"];
  for (std::size_t i = 0; i < models.size(); ++i) {
    const ModelSpec model = model_of(models.at(i)["config"]);
    const JsonView passes = models.at(i)["passes"];
    for (std::size_t j = 0; j < passes.size(); ++j) {
      const TrainingPass pass = training_pass_of(passes.at(j));
      INFO(*models.at(i)["name"].string() << " " << title_of(pass));
      const JsonView layers = passes.at(j)["layers"];
      for (std::size_t k = 0; k < layers.size(); ++k) {
        const u64 index = *layers.at(k).at(0).whole();
        const bool gradient = !pass.lora || pass.lora->input_gradients || index > 0;
        CHECK(saved_per_layer(model, pass, index, gradient).value == *layers.at(k).at(1).whole());
      }
      if (!passes.at(j)["alive"].present()) continue;
      CHECK(alive(model, pass, false) == *passes.at(j)["alive"].whole());
      CHECK(alive(model, pass, true) == *passes.at(j)["alive"].whole());
    }
  }
}

TEST_CASE("a recomputed layer keeps its input alone", "[training]") {
  const ModelSpec model = small_llama();
  TrainingPass pass{.micro_batch_size = 3, .sequence_length = 128, .recompute = RecomputeGranularity::full};
  CHECK(saved_per_layer(model, pass, 1).value == 2 * 3 * 128 * 64);
  pass.precision = TrainingPrecision::fp32;
  CHECK(saved_per_layer(model, pass, 1).value == 4 * 3 * 128 * 64);
}

TEST_CASE("a padded batch leaves the flash kernel: repeated keys and values, and a bias in every layer", "[training]") {
  const ModelSpec model = small_llama();
  TrainingPass pass{.micro_batch_size = 2, .sequence_length = 128};
  const u64 flash = saved_per_layer(model, pass, 1).value;
  pass.padded = true;
  const u64 repeats = 2 * 2 * (2 * 2 * 128 * 16), bias = 2 * 2 * 128 * 128;  // two more heads of keys and of values
  CHECK(saved_per_layer(model, pass, 1).value == flash + repeats + bias - 8);
}

TEST_CASE("every leaf of what is kept has a formula and a source", "[training]") {
  TermTree tree(true);
  add_saved_activations(tree, small_llama(), {.micro_batch_size = 1, .sequence_length = 64});
  const Term term = tree.take();
  REQUIRE(term.children.size() > 2);
  for (const Term& part : term.children)
    for (const Term& leaf : part.combine == Combine::leaf ? std::vector<Term>{part} : part.children) {
      REQUIRE(leaf.formula);
      CHECK_FALSE(leaf.formula->source.empty());
    }
}
