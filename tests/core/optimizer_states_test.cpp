#include "training/optimizer_states.hpp"

#include "session.hpp"

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

OptimizerSetup setup_of(JsonView choice) {
  OptimizerChoice chosen;
  REQUIRE_FALSE(read_json(choice, "optimizer", chosen).has_value());
  const auto setup = optimizer_setup(chosen, catalog(), "optimizer");
  REQUIRE(setup.ok());
  return setup.value();
}

OptimizerSetup setup_of(std::string_view choice) { return setup_of(json(choice).root()); }

Result<OptimizerStates> asked(JsonView request) {
  OptimizerStatesRequest question;
  REQUIRE_FALSE(read_json(request, "request", question).has_value());
  return optimizer_states(question, catalog());
}

std::string shown(std::string_view key, u64 bytes, std::string_view place, bool shared) {
  return std::string(key) + " " + std::to_string(bytes) + " " + std::string(place) + (shared ? " shared" : "");
}

std::vector<TrainedTensor> whole_model(const std::string& preset, u32 bytes, bool explain = false) {
  const auto model = preset_model(preset);
  return trained_tensors(model->inventory, model->spec, RankShare{}, [=](const Tensor&) { return std::optional<u32>(bytes); }, explain);
}

u64 states_in(const OptimizerSetup& setup, const std::vector<TrainedTensor>& tensors, StatePlace place) {
  TermTree tree(false);
  return add_optimizer_states(tree, setup, tensors, place);
}

std::string error_of(const std::string& request) {
  const JsonDocument answer = json(session().optimizer_states(request));
  CHECK(answer.root()["ok"].boolean() == false);
  CHECK_FALSE(text(answer.root()["error"]["hint_zh"]).empty());
  return text(answer.root()["error"]["code"]) + " " + text(answer.root()["error"]["where"]);
}

}  // namespace

TEST_CASE("one tensor has the states that the libraries give it", "[optimizer]") {
  const Cases cases("optimizer_states");
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const JsonView one = cases.at(i);
    INFO(text(one["name"]));
    const auto answer = asked(one["request"]);
    REQUIRE(answer.ok());
    std::vector<std::string> expected, got;
    for (std::size_t j = 0; j < one["states"].size(); ++j) {
      const JsonView state = one["states"].at(j);
      expected.push_back(shown(text(state["key"]), whole(state["bytes"]), text(state["place"]), state["shared"].boolean().value_or(false)));
    }
    for (const OptimizerState& state : answer.value().states) got.push_back(shown(state.key, state.bytes, name_of(state.place), state.shared));
    CHECK(got == expected);
  }
}

TEST_CASE("a model has the states of its tensors, and the step what it holds beside them", "[optimizer]") {
  const Cases cases("optimizer_models");
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const JsonView one = cases.at(i);
    INFO(text(one["name"]));
    const OptimizerSetup setup = setup_of(one["optimizer"]);
    const auto tensors = whole_model(text(one["preset"]), text(one["weight_format"]) == "fp32" ? 4 : 2);
    CHECK(states_in(setup, tensors, StatePlace::device) == whole(one["device"]));
    CHECK(states_in(setup, tensors, StatePlace::unified) == whole(one["unified"]));
    CHECK(states_in(setup, tensors, StatePlace::host) == whole(one["host"]));
    TermTree tree(false);
    CHECK(add_step_transient(tree, setup, tensors) == whole(one["transient"]));
  }
}

TEST_CASE("the explained tree has a leaf for each tensor, and its leaves are its sum", "[optimizer]") {
  for (const char* choice : {R"({"id": "torch-adamw"})", R"({"id": "bitsandbytes-adamw-8bit", "options": ["embeddings_32bit"]})",
                             R"({"id": "torchao-adamw-4bit"})", R"({"id": "galore-adamw", "rank": 128})", R"({"id": "transformers-adafactor"})"})
    for (const char* preset : {"meta-llama/Llama-3.1-8B", "openai/gpt-oss-20b", "deepseek-ai/DeepSeek-V3"}) {
      CAPTURE(choice, preset);
      const OptimizerSetup setup = setup_of(std::string_view(choice));
      TermTree tree(true);
      const u64 bytes = add_optimizer_states(tree, setup, whole_model(preset, 2, true), StatePlace::device);
      CHECK_FALSE(tree.overflowed());
      const Term root = tree.take();
      CHECK(root.id == "optimizer_states");
      CHECK(root.bytes == bytes);
      CHECK(bytes == states_in(setup, whole_model(preset, 2), StatePlace::device));
      u64 sum = 0;
      for (const Term& kind : root.children) {
        CHECK_FALSE(kind.label.empty());
        for (const Term& leaf : kind.children) {
          sum += leaf.bytes;
          REQUIRE(leaf.formula.has_value());
          CHECK(leaf.formula->source == setup.optimizer->source);
        }
      }
      CHECK(sum == bytes);
    }
}

TEST_CASE("the states of a model are those of its tensors one by one", "[optimizer]") {
  const OptimizerSetup setup = setup_of(R"({"id": "bitsandbytes-adamw-8bit"})");
  const auto tensors = whole_model("mistralai/Mixtral-8x7B-v0.1", 2);
  u64 sum = 0;
  for (const TrainedTensor& tensor : tensors)
    for (const StateSize& state : states_of(setup, tensor))
      if (!state.rule->shared) sum += state.formula->evaluate(state.values).value;
  CHECK(states_in(setup, tensors, StatePlace::device) == sum + 2 * 1024);
}

TEST_CASE("a frozen tensor has no states, and one that is refused goes to another optimizer", "[optimizer]") {
  const auto model = preset_model("Qwen/Qwen3-0.6B");
  const auto none = trained_tensors(model->inventory, model->spec, RankShare{}, [](const Tensor&) { return std::optional<u32>(); }, false);
  CHECK(none.empty());
  const OptimizerSetup muon = setup_of(R"({"id": "torch-muon"})");
  u64 matrices = 0;
  for (const TrainedTensor& tensor : whole_model("Qwen/Qwen3-0.6B", 2)) {
    CHECK(muon.takes(tensor) == (tensor.axes == 2));
    if (tensor.axes == 2) matrices += tensor.count * tensor.rows * tensor.cols * 2;
  }
  CHECK(states_in(muon, whole_model("Qwen/Qwen3-0.6B", 2), StatePlace::device) == matrices);
}

TEST_CASE("every optimizer of the catalogue answers for every shape or says that it refuses", "[optimizer]") {
  CHECK(catalog().optimizers().size() > 30);
  for (const Optimizer& optimizer : catalog().optimizers())
    for (const char* shape : {"[]", "[7]", "[5000]", "[64, 64]", "[3, 70, 80]"}) {
      CAPTURE(optimizer.id, shape);
      const std::string rank = optimizer.id == "galore-adamw" ? R"(, "rank": 4)" : "";
      const std::string request = R"({"optimizer": {"id": ")" + std::string(optimizer.id) + "\"" + rank + R"(}, "tensor": {"shape": )" + shape + "}}";
      const auto answer = asked(json(request).root());
      if (!answer.ok()) CHECK(answer.error().code == ErrorCode::unsupported_combination);
      CHECK(answer.ok() == (optimizer.id != "torch-muon" || std::string_view(shape) == "[64, 64]"));
    }
}

TEST_CASE("a wrong choice is answered with its place", "[optimizer]") {
  const std::string tensor = R"(, "tensor": {"shape": [64, 64], "dtype": "bf16"}})";
  CHECK(error_of(R"({"optimizer": {})" + tensor) == "missing_field request.optimizer.id");
  CHECK(error_of(R"({"optimizer": {"id": "torch-adamx"})" + tensor) == "unknown_id request.optimizer.id");
  CHECK(error_of(R"({"optimizer": {"id": "torch-adamw", "options": ["amsgrad", "nesterov"]})" + tensor) == "out_of_range request.optimizer.options[1]");
  CHECK(error_of(R"({"optimizer": {"id": "torch-adamw", "options": "amsgrad"})" + tensor) == "wrong_type request.optimizer.options");
  CHECK(error_of(R"({"optimizer": {"id": "torch-adamw", "implementation": "compiled"})" + tensor) == "out_of_range request.optimizer.implementation");
  CHECK(error_of(R"({"optimizer": {"id": "galore-adamw"})" + tensor) == "missing_field request.optimizer.rank");
  CHECK(error_of(R"({"optimizer": {"id": "torch-adamw", "rank": 8})" + tensor) == "unknown_id request.optimizer.rank");
  CHECK(error_of(R"({"optimizer": {"id": "bitsandbytes-adamw-8bit", "block_size": 64})" + tensor) == "unknown_id request.optimizer.block_size");
  const std::string adamw = R"({"optimizer": {"id": "torch-adamw"}, "tensor": )";
  CHECK(error_of(adamw + R"({"shape": [0]}})") == "out_of_range request.tensor.shape[0]");
  CHECK(error_of(adamw + R"({"shape": [1,1,1,1,1,1,1,1,1]}})") == "out_of_range request.tensor.shape");
  CHECK(error_of(adamw + R"({"shape": [8], "dtype": "int4"}})") == "out_of_range request.tensor.dtype");
  CHECK(error_of(adamw + R"({"shape": [9007199254740992, 2048]}})") == "overflow request.tensor.shape");
  CHECK(error_of(R"({"optimizer": {"id": "torchao-adamw-8bit", "options": ["amsgrad"]})" + tensor) == "unsupported_combination request.tensor.shape");
}
