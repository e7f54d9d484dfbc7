#include "catalog/catalog.hpp"

#include <algorithm>

#include "session.hpp"

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

const std::string llama = "meta-llama/Llama-3.2-1B";

Result<Plan> plan_of(const TrainingWorkload& workload) {
  Request request;
  request.model.preset = llama;
  request.workload = workload;
  return make_plan(request, preset_model(llama), catalog());
}

TrainingWorkload resolved(const TrainingWorkload& workload) {
  const auto plan = plan_of(workload);
  INFO((plan.ok() ? "" : plan.error().where + ": " + plan.error().message));
  REQUIRE(plan.ok());
  return *std::get_if<TrainingWorkload>(&plan.value().request.workload);
}

/// Whether `said` has everything that `set` says; it may say more.
bool says(JsonView said, JsonView set) {
  if (set.kind() != JsonView::Kind::object) {
    if (set.kind() != JsonView::Kind::array) return said.shown() == set.shown();
    bool same = said.size() == set.size();
    for (std::size_t i = 0; i < set.size(); ++i) same = same && says(said.at(i), set.at(i));
    return same;
  }
  bool all = said.kind() == JsonView::Kind::object;
  for (std::size_t i = 0; i < set.size(); ++i) all = all && says(said[set.key_at(i)], set.at(i));
  return all;
}

/// A field that a request always says is never left to a stack; the format of a base stands outside the workload.
bool always_said(std::string_view field) {
  return field == "micro_batch_size" || field == "gradient_accumulation_steps" || field == "weight_format";
}

std::vector<std::string> targets_of(const Plan& plan) {
  return std::get_if<TrainingWorkload>(&plan.request.workload)->lora->target_modules.value_or(std::vector<std::string>{});
}
bool told(const Plan& plan, std::string_view code) {
  return std::ranges::any_of(plan.notices, [&](const Notice& notice) { return notice.code == code; });
}

}  // namespace

TEST_CASE("what a program sets for one method wins over what it sets for all", "[stacks]") {
  const auto made = Catalog::load(R"({"date": "2026-01-01", "gpus": [], "memory_classes": {}, "formats": {}, "quantizations": {}, "engines": {},
    "models": [], "stacks": {"program": {"name": "Program", "source": "code", "defaults": {"precision": {"value": "bf16"}, "padded": {"value": true}},
    "by_method": {"full": {"precision": {"value": "fp32"}}}}}})");
  REQUIRE(made.ok());
  const auto stack = made.value().stack("program", "");
  REQUIRE(stack.ok());
  CHECK(stack.value()->value(TrainingMethod::full, "precision").string() == "fp32");
  CHECK(stack.value()->value(TrainingMethod::lora, "precision").string() == "bf16");
  CHECK(stack.value()->value(TrainingMethod::full, "padded").boolean() == true);
  CHECK_FALSE(stack.value()->value(TrainingMethod::full, "optimizer").present());
}

TEST_CASE("a request that says nothing gets what its program sets, for each program and method", "[stacks]") {
  REQUIRE(catalog().stacks().size() >= 7);
  for (const TrainingStack& stack : catalog().stacks())
    for (const TrainingMethod method : {TrainingMethod::full, TrainingMethod::lora, TrainingMethod::qlora}) {
      JsonWriter out;
      write_json(out, resolved({.method = method, .stack = std::string(stack.id)}));
      const JsonDocument said = json(out.take());
      for (const JsonView fields : {stack.defaults, stack.by_method[name_of(method)]})
        for (std::size_t i = 0; i < fields.size(); ++i) {
          const std::string_view field = fields.key_at(i);
          if (always_said(field) || (field == "lora" && stack.linear_names)) continue;  // the words of "all-linear" are tested apart
          INFO(stack.id << " " << name_of(method) << " " << field);
          CHECK(says(said.root()[field], stack.value(method, field)));
        }
    }
}

TEST_CASE("programs that list linear modules themselves reach no experts that are none", "[stacks]") {
  const auto targets = [](const std::string& model, const std::string& stack) {
    LoraChoice every{.target_modules = std::vector<std::string>{"all-linear"}, .lora_dropout = false};
    return targets_of(ask(model).train({.method = TrainingMethod::lora, .stack = stack, .lora = every}).plan());
  };
  const std::vector<std::string> attention{"q_proj", "k_proj", "v_proj", "o_proj"};
  std::vector<std::string> dense = attention;
  dense.insert(dense.end(), {"gate_proj", "up_proj", "down_proj"});
  for (const std::string stack : {"llama-factory", "ms-swift"}) {
    CHECK(targets(llama, stack) == dense);
    CHECK(targets("Qwen/Qwen3-30B-A3B", stack) == attention);  // PEFT's own "all-linear" has the experts' parameters too
  }
  CHECK(targets("Qwen/Qwen3-30B-A3B", "transformers") == std::vector<std::string>{"all-linear"});
}

TEST_CASE("what a request says stands against its program", "[stacks]") {
  const TrainingWorkload full = resolved({.method = TrainingMethod::full, .stack = "torchtune"});
  REQUIRE(full.optimizer.has_value());
  CHECK(full.optimizer->id == "bitsandbytes-adamw-8bit");
  CHECK(full.optimizer->options == std::vector<std::string>{"paged"});
  const TrainingWorkload asked = resolved({.method = TrainingMethod::full, .stack = "torchtune", .precision = "fp32",
                                           .optimizer = OptimizerChoice{.id = "torch-sgd"}, .recompute_granularity = RecomputeGranularity::none});
  CHECK(asked.optimizer->id == "torch-sgd");
  CHECK(asked.optimizer->options.empty());
  CHECK(asked.precision == "fp32");
  CHECK(asked.recompute_granularity == RecomputeGranularity::none);
  const TrainingWorkload rank = resolved({.method = TrainingMethod::lora, .stack = "trl", .lora = LoraChoice{.r = 4}});
  REQUIRE(rank.lora.has_value());
  CHECK(rank.lora->r == 4);
  CHECK(rank.lora->lora_dropout == true);
}

TEST_CASE("a program's own length is at most what the model was made for; one that is asked for is taken", "[stacks]") {
  const std::string config = R"({"model_type": "llama", "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 1, "num_attention_heads": 4,
    "vocab_size": 100, "max_position_embeddings": 512})";
  const Plan shortened = ask_config(config).train({.method = TrainingMethod::full, .stack = "unsloth"}).plan();
  CHECK(shortened.training().pass.sequence_length == 512);
  CHECK(told(shortened, "context_clamped"));
  const Plan asked = ask_config(config).train({.method = TrainingMethod::full, .stack = "unsloth", .sequence_length = 2048}).plan();
  CHECK(asked.training().pass.sequence_length == 2048);
  CHECK(ask_config(config).train({.method = TrainingMethod::full, .stack = "torchtune"}).plan().training().pass.sequence_length == 512);
}

TEST_CASE("each program quantises a base its own way, unless another is asked for", "[stacks]") {
  const auto format = [](const std::string& stack) {
    return *ask(llama).train({.method = TrainingMethod::qlora, .stack = stack}).plan().request.weight_format;
  };
  CHECK(format("transformers") == "fp4");
  CHECK(format("trl") == "nf4");
  CHECK(format("unsloth") == "nf4_double_quant");
  CHECK(*ask(llama).train({.method = TrainingMethod::qlora, .stack = "trl"}).weights("bnb_int8").plan().request.weight_format == "bnb_int8");
  CHECK(*ask(llama).train({.method = TrainingMethod::lora, .stack = "transformers"}).plan().request.weight_format == "bf16");
}

TEST_CASE("a program's targets are those of them that a model has, or every linear module, and it is said", "[stacks]") {
  const auto targets = [](const std::string& model, const std::string& stack) {
    return ask(model).train({.method = TrainingMethod::lora, .stack = stack}).plan();
  };
  const std::string phi = "microsoft/Phi-3-mini-4k-instruct";
  const Plan usual = targets(llama, "trl"), fused = targets(phi, "trl"), some = targets(phi, "unsloth");
  CHECK(targets_of(usual) == std::vector<std::string>{"q_proj", "v_proj"});
  CHECK_FALSE(told(usual, "program_targets"));
  CHECK(targets_of(fused) == std::vector<std::string>{"qkv_proj", "o_proj", "gate_up_proj", "down_proj"});
  CHECK(told(fused, "program_targets"));
  CHECK(targets_of(some) == std::vector<std::string>{"o_proj", "down_proj"});
  const Plan experts = targets("Qwen/Qwen3-30B-A3B", "ms-swift");  // its dropout and adapters on stacked experts do not go together
  CHECK(targets_of(experts) == std::vector<std::string>{"q_proj", "k_proj", "v_proj", "o_proj"});
  for (const Preset& preset : catalog().presets())
    for (const TrainingStack& stack : catalog().stacks()) {
      INFO(preset.id << " " << stack.id);
      CHECK(ask(std::string(preset.id)).train({.method = TrainingMethod::lora, .stack = std::string(stack.id)}).try_plan().ok());
    }
}

TEST_CASE("two programs that share a library differ in what they set", "[stacks]") {
  const auto trainer = resolved({.method = TrainingMethod::full, .stack = "transformers"});
  const auto trl = resolved({.method = TrainingMethod::full, .stack = "trl"});
  CHECK(trainer.precision == "bf16");
  CHECK(trainer.recompute_granularity == RecomputeGranularity::none);
  CHECK(trl.precision == "amp_bf16");
  CHECK(trl.recompute_granularity == RecomputeGranularity::full);
  CHECK(trl.sequence_length == 1024);
}
