#include "pass_cases.hpp"
#include "session.hpp"

using namespace plimsoll;
using namespace plimsoll::testing;

namespace {

PrecisionPlan formats_of(std::string_view weight_format, ComputeDtype dtype) {
  const auto recipe = test::catalog().quantization(weight_format, "");
  REQUIRE(recipe.ok());
  const auto plan = precision_plan(*recipe.value(), name_of(dtype), test::catalog(), "");
  REQUIRE(plan.ok());
  return plan.value();
}

ModelSpec small_llama() {
  return read_model(R"({"model_type": "llama", "vocab_size": 1000, "hidden_size": 128, "intermediate_size": 512, "num_hidden_layers": 2,
      "num_attention_heads": 4, "num_key_value_heads": 2})").value();
}

/// The bytes of every leaf with this id in a pass's activations.
u64 leaf_bytes(const ModelSpec& model, const ForwardPass& pass, std::string_view id, Basis basis) {
  TermTree tree(true);
  add_pass(tree, model, {}, pass);
  const Term root = tree.take();
  u64 bytes = 0;
  for (const Term& account : root.children)
    for (const Term& leaf : account.children) {
      if (leaf.id != id) continue;
      CHECK(leaf.formula->basis == basis);
      CHECK(leaf.formula->source == "bitsandbytes-products");
      bytes += leaf.bytes;
    }
  return bytes;
}

}  // namespace

TEST_CASE("traced passes over quantised weights are met to the byte", "[quantised_pass]") {
  const JsonDocument document = case_file("quantised_peaks.json");
  const JsonView cases = document.root()["cases"];
  REQUIRE(cases.size() == 33);
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const JsonView recorded = cases.at(i);
    INFO(*recorded["name"].string());
    const ModelSpec model = testing::model_of(recorded["config"]);
    const u64 rows = *recorded["max_num_seqs"].whole(), tokens = *recorded["tokens"].whole();
    const auto dtype = *enum_from<ComputeDtype>(*recorded["dtype"].string());
    const PrecisionPlan formats = formats_of(*recorded["weight_format"].string(), dtype);
    ForwardPass passes[] = {prompt_pass(rows, tokens), decode_pass(rows, tokens, true), decode_pass(rows, tokens + 2, false)};
    for (std::size_t j = 0; j < 3; ++j) {
      INFO("pass " << j);
      passes[j].attention = *enum_from<AttentionImplementation>(*recorded["attention"].string());
      passes[j].dtype = dtype;
      passes[j].weights = &formats;
      CHECK(peak_of(model, passes[j]).bytes == *recorded["peaks"].at(j).whole());
    }
  }
}

TEST_CASE("formats of a data type cost a pass nothing", "[quantised_pass]") {
  const ModelSpec model = small_llama();
  for (const char* format : {"bf16", "int4", "fp8"}) {
    const PrecisionPlan formats = formats_of(format, ComputeDtype::bf16);
    ForwardPass pass = prompt_pass(2, 100);
    const u64 plain = peak_of(model, pass).bytes;
    pass.weights = &formats;
    CHECK(peak_of(model, pass).bytes == plain);
  }
}

TEST_CASE("a weight is dequantised from five rows of input on, and surely above 1536", "[quantised_pass]") {
  const ModelSpec model = read_model(R"({"model_type": "llama", "vocab_size": 1000, "hidden_size": 4096, "intermediate_size": 8192, "num_hidden_layers": 2,
      "num_attention_heads": 32, "num_key_value_heads": 8})").value();
  const PrecisionPlan formats = formats_of("nf4", ComputeDtype::bf16);
  const auto weight = [&](u64 sequences, u64 tokens, Basis basis) {
    ForwardPass pass = tokens == 1 ? decode_pass(sequences, 1, false) : prompt_pass(sequences, tokens);
    pass.weights = &formats;
    return leaf_bytes(model, pass, "activations.dequantised_weight", basis);
  };
  const u64 matrix = 2 * 4096 * 8192;  // the peak is in the MLP
  CHECK(weight(4, 1, Basis::exact) == 0);
  CHECK(weight(5, 1, Basis::assumed) == matrix);
  CHECK(weight(1, 5, Basis::assumed) == matrix);
  CHECK(weight(2, 2, Basis::exact) == 0);
  CHECK(weight(2, 768, Basis::assumed) == matrix);
  CHECK(weight(1, 1537, Basis::exact) == matrix);
}

TEST_CASE("fp16 needs no copies of an int8 product's input and result", "[quantised_pass]") {
  const ModelSpec model = small_llama();
  const auto peak = [&](std::string_view format, ComputeDtype dtype) {
    const PrecisionPlan formats = formats_of(format, dtype);
    ForwardPass pass = prompt_pass(1, 2000);
    pass.dtype = dtype;
    pass.weights = &formats;
    return peak_of(model, pass).bytes;
  };
  CHECK(peak("bnb_int8", ComputeDtype::bf16) - peak("bnb_int8", ComputeDtype::fp16) == 2 * 2000 * 512);
  CHECK(peak("nf4", ComputeDtype::bf16) == peak("nf4", ComputeDtype::fp16));
}
