#include "training/adapters.hpp"

#include <map>
#include <set>

#include "training_cases.hpp"
#include "wire_json.hpp"

using namespace plimsoll;
using namespace plimsoll::testing;

namespace {

/// How many tensors there are of each shape and type: "[8, 64] of 4".
using Made = std::map<std::string, u64>;

std::string shown(const std::vector<u64>& shape, u64 bytes) {
  std::string text;
  for (const u64 size : shape) text += (text.empty() ? "[" : ", ") + std::to_string(size);
  return text + "] of " + std::to_string(bytes);
}

Made made_here(const std::vector<TrainedTensor>& tensors) {
  Made made;
  for (const TrainedTensor& tensor : tensors) {
    std::vector<u64> shape{tensor.leading, tensor.rows, tensor.cols};
    shape.erase(shape.begin(), shape.end() - tensor.axes);
    made[shown(shape, tensor.bytes_per_element)] += tensor.count;
  }
  return made;
}

Made made_by_peft(JsonView tensors) {
  Made made;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    std::vector<u64> shape;
    for (std::size_t j = 0; j < tensors.at(i).at(1).size(); ++j) shape.push_back(*tensors.at(i).at(1).at(j).whole());
    made[shown(shape, *tensors.at(i).at(2).whole())] += *tensors.at(i).at(3).whole();
  }
  return made;
}

/// Names of adapters beside modules: what sits beside a parameter is named after its module.
bool beside_module(std::string_view name) {
  return name.find(".lora_") != name.npos && name.find("experts.") == name.npos && name.find(".gate.") == name.npos && name.find(".router.") == name.npos;
}

std::set<std::string> names_here(const std::vector<TrainedTensor>& tensors) {
  std::set<std::string> names;
  for (const TrainedTensor& tensor : tensors)
    if (beside_module(tensor.label)) names.insert(tensor.label);
  return names;
}

std::set<std::string> names_by_peft(JsonView tensors) {
  std::set<std::string> names;
  for (std::size_t i = 0; i < tensors.size(); ++i)
    if (beside_module(*tensors.at(i).at(0).string())) names.insert(std::string(*tensors.at(i).at(0).string()));
  return names;
}

LoraChoice choice_of(JsonView json) {
  LoraChoice choice;
  REQUIRE_FALSE(read_json(json, "lora", choice));
  return choice;
}

u64 bytes_of_all(const std::vector<TrainedTensor>& tensors) {
  u64 sum = 0;
  for (const TrainedTensor& tensor : tensors) sum += tensor.elements().value * tensor.count * tensor.bytes_per_element;
  return sum;
}

}  // namespace

TEST_CASE("adapters are the tensors that PEFT makes", "[adapters]") {
  const JsonDocument document = case_file("adapters.json");
  const JsonView models = document.root()["models"];
  for (std::size_t i = 0; i < models.size(); ++i) {
    const ModelSpec model = model_of(models.at(i)["config"]);
    const TensorInventory inventory = inventory_of(model);
    const JsonView choices = models.at(i)["choices"];
    for (std::size_t j = 0; j < choices.size(); ++j) {
      INFO(*models.at(i)["name"].string() << ", choice " << j);
      const auto lora = lora_setting(choice_of(choices.at(j)["lora"]), model, inventory, "lora");
      CHECK(lora.ok() != choices.at(j)["refused"].present());
      if (!lora.ok()) {
        CHECK_FALSE(lora.error().hint.empty());
        continue;
      }
      const std::vector<TrainedTensor> tensors = adapter_tensors(inventory, model, {}, lora.value(), true);
      CHECK(made_here(tensors) == made_by_peft(choices.at(j)["tensors"]));
      CHECK(names_here(tensors) == names_by_peft(choices.at(j)["tensors"]));
      TermTree tree(true);
      CHECK(add_adapters(tree, inventory, model, {}, lora.value()) == bytes_of_all(tensors));
    }
  }
}

namespace {

struct Small {
  ModelSpec model;
  TensorInventory inventory;

  explicit Small(std::string_view config) : model(model_of(JsonDocument::parse(config, "config").value().root())), inventory(inventory_of(model)) {}
  [[nodiscard]] Result<LoraSetting> with(LoraChoice choice) const { return lora_setting(choice, model, inventory, "request.workload.lora"); }
};

const Small& llama() {
  static const Small small(R"({"model_type": "llama", "vocab_size": 1000, "hidden_size": 64, "intermediate_size": 192, "num_hidden_layers": 12,
    "num_attention_heads": 4, "num_key_value_heads": 2})");
  return small;
}

const Small& gpt2() {
  static const Small small(R"({"model_type": "gpt2", "vocab_size": 1000, "n_embd": 64, "n_layer": 2, "n_head": 4})");
  return small;
}

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("a word that names nothing is an error that lists what there is", "[adapters]") {
  const auto lora = gpt2().with({.target_modules = Words{"c_attn", "q_proj"}});
  REQUIRE_FALSE(lora.ok());
  CHECK(lora.error().code == ErrorCode::unknown_id);
  CHECK(lora.error().where == "request.workload.lora.target_modules[1]");
  CHECK(lora.error().message == "No module of this model is called \"q_proj\".");
  CHECK(lora.error().hint == "Use names of: wte, wpe, c_attn, c_proj, c_fc, lm_head.");
  CHECK(gpt2().with({.modules_to_save = Words{"norm"}}).error().where == "request.workload.lora.modules_to_save[0]");
  CHECK(llama().with({.target_parameters = Words{"experts.down_proj"}}).error().where == "request.workload.lora.target_parameters[0]");
  CHECK_FALSE(llama().with({.modules_to_save = Words{""}}).ok());
}

TEST_CASE("no targets, no rank and a rank past counting are refused at their place", "[adapters]") {
  CHECK(llama().with({.target_modules = Words{}}).error().code == ErrorCode::missing_field);
  CHECK(llama().with({.target_modules = Words{"q_proj"}, .modules_to_save = Words{"q_proj"}}).error().code == ErrorCode::missing_field);
  CHECK(llama().with({.r = 0}).error().where == "request.workload.lora.r");
  CHECK(llama().with({.r = 65537}).error().code == ErrorCode::out_of_range);
}

TEST_CASE("a word may name one layer, and the end of a number is no layer's name", "[adapters]") {
  const auto lora = llama().with({.target_modules = Words{"layers.1.self_attn.q_proj", "k_proj"}});
  REQUIRE(lora.ok());
  CHECK(lora.value().targets.of_layer(1) == PartSet{{Role::attention_q}, {Role::attention_k}});
  CHECK(lora.value().targets.of_layer(11) == PartSet{{Role::attention_k}});
  const auto saved = llama().with({.target_modules = Words{"k_proj"}, .modules_to_save = Words{"1.mlp"}});  // compared without a dot before it
  REQUIRE(saved.ok());
  CHECK(saved.value().saved.of_layer(11) == saved.value().saved.of_layer(1));
  CHECK(saved.value().saved.of_layer(10).empty());
}

TEST_CASE("a module that one layer trains whole has its adapter in the others", "[adapters]") {
  const auto lora = llama().with({.target_modules = Words{"q_proj", "v_proj"}, .modules_to_save = Words{"layers.2.self_attn.v_proj"}});
  REQUIRE(lora.ok());
  CHECK(lora.value().targets.of_layer(2) == PartSet{{Role::attention_q}});
  CHECK(lora.value().targets.of_layer(3) == PartSet{{Role::attention_q}, {Role::attention_v}});
}

TEST_CASE("adapters in 16 bit take half, and every leaf says how it was counted", "[adapters]") {
  const auto wide = llama().with({}), narrow = llama().with({.adapter_dtype = ComputeDtype::bf16});
  TermTree tree(true), other(false);
  CHECK(add_adapters(tree, llama().inventory, llama().model, {}, wide.value()) ==
        2 * add_adapters(other, llama().inventory, llama().model, {}, narrow.value()));
  for (const Term& leaf : tree.take().children) {
    REQUIRE(leaf.formula);
    CHECK(leaf.formula->source == "peft-lora");
    CHECK_FALSE(leaf.label.empty());
  }
}
