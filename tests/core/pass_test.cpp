#include "inference/pass.hpp"

#include "pass_cases.hpp"

using namespace plimsoll;
using namespace plimsoll::testing;

namespace {

ForwardPass with(ForwardPass pass, AttentionImplementation attention, ComputeDtype dtype = ComputeDtype::bf16) {
  pass.attention = attention;
  pass.dtype = dtype;
  return pass;
}

AttentionImplementation attention_in(JsonView recorded) {
  return *enum_from<AttentionImplementation>(*recorded["attention"].string());
}

JsonDocument small_llama() {
  return std::move(JsonDocument::parse(R"({"model_type": "llama", "vocab_size": 1000, "hidden_size": 64, "intermediate_size": 192,
    "num_hidden_layers": 4, "num_attention_heads": 4, "num_key_value_heads": 2})", "config").value());
}

Term explained(const ModelSpec& model, const ForwardPass& pass) {
  TermTree tree(true);
  add_pass(tree, model, {}, pass);
  return tree.take();
}

const Term* child(const Term& term, std::string_view id) {
  for (const Term& c : term.children)
    if (c.id == id) return &c;
  return nullptr;
}

}  // namespace

TEST_CASE("recorded passes of real models are met to the byte", "[pass]") {
  const JsonDocument document = case_file("generate_peaks.json");
  const JsonView models = document.root()["models"];
  REQUIRE(models.size() == 18);
  for (std::size_t i = 0; i < models.size(); ++i) {
    const ModelSpec model = model_of(models.at(i)["config"]);
    const JsonView passes = models.at(i)["passes"];
    for (std::size_t j = 0; j < passes.size(); ++j) {
      const JsonView recorded = passes.at(j);
      const u64 rows = *recorded["max_num_seqs"].whole(), tokens = *recorded["tokens"].whole();
      INFO(*models.at(i)["name"].string() << " " << *recorded["attention"].string() << " " << rows << " x " << tokens);
      CHECK(peak_of(model, with(prompt_pass(rows, tokens), attention_in(recorded))).bytes == *recorded["peaks"].at(0).whole());
      CHECK(peak_of(model, with(decode_pass(rows, tokens, true), attention_in(recorded))).bytes == *recorded["peaks"].at(1).whole());
    }
  }
}

TEST_CASE("traced passes of reduced models are met to the byte", "[pass]") {
  const JsonDocument document = case_file("traced_peaks.json");
  const JsonView cases = document.root()["cases"];
  REQUIRE(cases.size() == 36);
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const JsonView recorded = cases.at(i);
    INFO(*recorded["name"].string());
    const ModelSpec model = model_of(recorded["config"]);
    const u64 rows = *recorded["max_num_seqs"].whole(), tokens = *recorded["tokens"].whole();
    const auto dtype = *enum_from<ComputeDtype>(*recorded["dtype"].string());
    const ForwardPass passes[] = {prompt_pass(rows, tokens), decode_pass(rows, tokens, true), decode_pass(rows, tokens + 2, false)};
    for (std::size_t j = 0; j < 3; ++j) {
      INFO("pass " << j);
      CHECK(peak_of(model, with(passes[j], attention_in(recorded), dtype)).bytes == *recorded["peaks"].at(j).whole());
    }
  }
}

TEST_CASE("fp16 fuses the cast of eager attention's softmax", "[pass]") {
  const JsonDocument config = small_llama();
  const ModelSpec model = model_of(config.root());
  const auto peak = [&](ComputeDtype dtype) { return peak_of(model, with(prompt_pass(1, 512), AttentionImplementation::eager, dtype)).bytes; };
  // bf16: scores, their fp32 copy, fp32 probabilities; fp16: scores, fp32 probabilities, their cast
  CHECK(peak(ComputeDtype::bf16) - peak(ComputeDtype::fp16) == 2 * 4 * 512 * 512);
}

TEST_CASE("a class without an sdpa path runs eager whatever is asked", "[pass]") {
  const JsonDocument document = case_file("traced_peaks.json");
  const JsonView cases = document.root()["cases"];
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const std::string_view type = *cases.at(i)["config"]["model_type"].string();
    const auto got = effective_attention(model_of(cases.at(i)["config"]), AttentionImplementation::sdpa);
    CHECK((got == AttentionImplementation::eager) == (type == "gemma2" || type == "gpt_oss"));
  }
}

TEST_CASE("the explained pass has the parts of the number alone", "[pass]") {
  const JsonDocument config = small_llama();
  const ModelSpec model = model_of(config.root());
  const Term prefill = explained(model, prompt_pass(2, 100));
  const PassPeak peak = peak_of(model, prompt_pass(2, 100));
  CHECK(prefill.id == "moment.prefill");
  CHECK(prefill.bytes == peak.bytes);
  REQUIRE(child(prefill, "kv_cache") != nullptr);
  CHECK(child(prefill, "kv_cache")->bytes == peak.kv_cache_bytes);
  CHECK(peak.kv_cache_bytes == 2 * 4 * 2 * 2 * 16 * 100 * 2);
  CHECK(child(*child(prefill, "activations"), "activations.mlp_product")->bytes == 2 * 2 * 100 * 192);
  for (const Term& leaf : child(prefill, "kv_cache")->children) CHECK(leaf.formula->inputs.front().value == 4);  // equal layers are one leaf
}

TEST_CASE("a pass costs the same whatever the number of layers, and grows by their cache alone", "[pass]") {
  const auto bytes = [](u32 layers) {
    const std::string text = R"({"model_type": "llama", "vocab_size": 100, "hidden_size": 64, "intermediate_size": 192, "num_attention_heads": 4,
      "num_key_value_heads": 2, "num_hidden_layers": )" + std::to_string(layers) + "}";
    const ModelSpec model = read_model(text).value();
    return peak_of(model, prompt_pass(1, 100)).bytes;
  };
  CHECK(bytes(10'000) - bytes(9'999) == 2 * 2 * 16 * 100 * 2);
}

TEST_CASE("ranks hold their heads and widths, and the whole residual stream", "[pass]") {
  const JsonDocument config = small_llama();
  const ModelSpec model = model_of(config.root());
  const PassPeak whole = peak_of(model, prompt_pass(1, 4096)), half = peak_of(model, prompt_pass(1, 4096), 2);
  CHECK(half.kv_cache_bytes * 2 == whole.kv_cache_bytes);
  CHECK(half.bytes < whole.bytes);
  CHECK(half.bytes > whole.bytes / 2);
}

TEST_CASE("sizes beyond 64 bits are reported, not wrapped", "[pass]") {
  const JsonDocument config = small_llama();
  const ModelSpec model = model_of(config.root());
  CHECK(peak_of(model, with(prompt_pass(1ULL << 40, 1ULL << 40), AttentionImplementation::eager)).overflowed);
}
