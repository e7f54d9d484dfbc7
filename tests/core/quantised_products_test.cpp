#include "storage/quantised_products.hpp"

#include "session.hpp"

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

PrecisionPlan formats_of(std::string_view weight_format, ComputeDtype dtype = ComputeDtype::bf16) {
  const auto recipe = catalog().quantization(weight_format, "");
  REQUIRE(recipe.ok());
  const auto plan = precision_plan(*recipe.value(), name_of(dtype), catalog(), "");
  REQUIRE(plan.ok());
  return plan.value();
}

/// A model of which only the gate of its MLP is a linear operator: what is left of a small one.
struct OneLinear {
  ModelSpec model;
  TensorInventory inventory;

  OneLinear(u64 in, u64 out)
      : model(spec_of(R"({"model_type": "llama", "num_hidden_layers": 1, "num_attention_heads": 1, "head_dim": 16, "vocab_size": 32, "hidden_size": )" +
                      digits(in) + ", \"intermediate_size\": " + digits(out) + "}")),
        inventory(inventory_of(model)) {
    std::erase_if(inventory.tensors, [](const Tensor& tensor) { return tensor.role != Role::mlp_gate; });
  }
  [[nodiscard]] u64 bytes(const PrecisionPlan& formats, const ProductSetting& setting) const {
    TermTree tree(false);
    tree.open("test", Combine::sum);
    const u64 added = add_largest_product(tree, "product", model, inventory, {}, formats, setting);
    CHECK(tree.close() == added);
    return added;
  }
};

Term explained(const std::string& preset, std::string_view format, const ProductSetting& setting) {
  const auto model = preset_model(preset);
  TermTree tree(true);
  tree.open("test", Combine::sum);
  add_largest_product(tree, "product", model->spec, model->inventory, {}, formats_of(format), setting);
  tree.close();
  return tree.take();
}

}  // namespace

TEST_CASE("traced operators make these bytes in training, both ways", "[quantised_products]") {
  const Cases cases("quantised_products");
  REQUIRE(cases.size() == 21);
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const JsonView one = cases.at(i);
    INFO(text(one["weight_format"]) << " " << whole(one["in"]) << " to " << whole(one["out"]) << ", " << whole(one["rows"]) << " rows");
    const OneLinear linear(whole(one["in"]), whole(one["out"]));
    const auto dtype = *enum_from<ComputeDtype>(text(one["dtype"]));
    const PrecisionPlan formats = formats_of(text(one["weight_format"]), dtype);
    ProductSetting setting{.dtype = dtype, .sequence_length = whole(one["rows"])};
    CHECK(linear.bytes(formats, setting) == whole(one["forward"]));
    setting.backward = true;
    CHECK(linear.bytes(formats, setting) == whole(one["backward"]));
  }
}

TEST_CASE("the largest product is that of one operator, with its name", "[quantised_products]") {
  const Term tree = explained("meta-llama/Llama-3.1-8B", "nf4_double_quant", {.sequence_length = 4096});
  REQUIRE(tree.children.size() == 1);
  const Term& leaf = tree.children[0];
  CHECK(leaf.id == "product");
  CHECK(leaf.label == "model.layers.*.mlp.gate_proj.weight");
  CHECK(leaf.bytes == 2ULL * 14336 * 4096 + 8ULL * 14336 * 4096 / 64);
  CHECK(leaf.formula->basis == Basis::exact);
  CHECK(leaf.formula->source == "bitsandbytes-products");
  CHECK(explained("meta-llama/Llama-3.1-8B", "nf4_double_quant", {.sequence_length = 512}).children[0].formula->basis == Basis::assumed);
  CHECK(explained("meta-llama/Llama-3.1-8B", "nf4", {.backward = true, .sequence_length = 1}).children[0].formula->basis == Basis::exact);
}

TEST_CASE("nothing is dequantised where nothing is quantised, or one row is multiplied", "[quantised_products]") {
  CHECK(explained("meta-llama/Llama-3.1-8B", "bf16", {.sequence_length = 4096}).children.empty());
  CHECK(explained("meta-llama/Llama-3.1-8B", "nf4", {.sequence_length = 4}).children.empty());
  const auto llama = preset_model("meta-llama/Llama-3.1-8B");
  CHECK(largest_dequantised_bytes(llama->spec, llama->inventory, {}, formats_of("bf16"), ComputeDtype::bf16) == 0);
}

TEST_CASE("the largest dequantised weight leaves heads and fused experts out", "[quantised_products]") {
  const auto of = [](const std::string& preset, u32 ranks, ComputeDtype dtype) {
    const auto model = preset_model(preset);
    return largest_dequantised_bytes(model->spec, model->inventory, {.tensor_parallel_size = ranks}, formats_of("nf4"), dtype);
  };
  CHECK(of("meta-llama/Llama-3.1-8B", 1, ComputeDtype::bf16) == 2ULL * 14336 * 4096);
  CHECK(of("meta-llama/Llama-3.1-8B", 2, ComputeDtype::bf16) == 14336ULL * 4096);
  CHECK(of("meta-llama/Llama-3.1-8B", 1, ComputeDtype::fp32) == 4ULL * 14336 * 4096);
  CHECK(of("Qwen/Qwen3-30B-A3B", 1, ComputeDtype::bf16) == 2ULL * 32 * 128 * 2048);  // queries
  CHECK(of("openai-community/gpt2", 1, ComputeDtype::bf16) == 2ULL * 768 * 3072);
}
