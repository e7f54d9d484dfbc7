#include "storage/llama_file.hpp"

#include "session.hpp"

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

const std::string llama = "meta-llama/Llama-3.1-8B";

u64 weights_of(const Ask& asked) {
  const Plan plan = asked.plan();
  return fixed_part(plan, plan.ranks.front()).weights_bytes;
}

/// Labels of the leaves under a node, in order.
void add_labels(const Term& term, std::vector<std::string>& out) {
  if (term.children.empty()) out.push_back(term.label);
  for (const Term& child : term.children) add_labels(child, out);
}
std::vector<std::string> labels_of(const Ask& asked) {
  std::vector<std::string> out;
  const Report report = asked.report();
  for (const Term& term : report.tree.children)
    if (term.id == "weights") add_labels(term, out);
  return out;
}

bool has(const std::vector<std::string>& labels, std::string_view label) { return std::find(labels.begin(), labels.end(), label) != labels.end(); }

const QuantizationRecipe& recipe(std::string_view id) {
  const auto found = catalog().quantization(id, "");
  REQUIRE(found.ok());
  return *found.value();
}

}  // namespace

TEST_CASE("a published model takes in a file what llama-quantize announces, to the byte", "[llama_file]") {
  const Cases cases("gguf_file_bytes");
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const JsonView one = cases.at(i);
    CAPTURE(text(one["preset"]), text(one["weight_format"]));
    CHECK(weights_of(ask(text(one["preset"])).weights(text(one["weight_format"])).imatrix(false)) == whole(one["bytes"]));
  }
}

TEST_CASE("leaves name the file's tensors, their layers and their types", "[llama_file]") {
  const auto labels = labels_of(ask(llama).weights("Q4_K_M"));
  CHECK(has(labels, "token_embd.weight, q4_k"));
  CHECK(has(labels, "output.weight, q6_k"));
  CHECK(has(labels, "rope_freqs.weight, fp32"));
  CHECK(has(labels, "blk.*.attn_q.weight, q4_k"));
  CHECK(has(labels, "blk.0-3,6,9,12,15,18,21,24,27-31.ffn_down.weight, q6_k"));
  CHECK(has(labels, "blk.4-5,7-8,10-11,13-14,16-17,19-20,22-23,25-26.ffn_down.weight, q4_k"));
}

TEST_CASE("an importance matrix changes what the rules say it does, and is there where nothing can be made without", "[llama_file]") {
  CHECK(has(labels_of(ask(llama).weights("Q4_0").imatrix(true)), "blk.0-3.ffn_down.weight, q4_1"));
  CHECK(has(labels_of(ask(llama).weights("Q4_0")), "blk.*.ffn_down.weight, q4_0"));
  CHECK(ask(llama).weights("Q4_0").plan().request.importance_matrix == false);
  CHECK(ask(llama).weights("IQ2_XXS").plan().request.importance_matrix == true);
  CHECK(ask(llama).weights("IQ3_XXS").imatrix(false).plan().request.importance_matrix == false);
  CHECK(weights_of(ask(llama).weights("IQ3_XXS")) != weights_of(ask(llama).weights("IQ3_XXS").imatrix(false)));
  CHECK_FALSE(ask(llama).weights("fp8").imatrix(true).plan().request.importance_matrix.has_value());
}

TEST_CASE("ranks share a file's tensors as they share the checkpoint's", "[llama_file]") {
  for (const std::string_view preset : {"meta-llama/Llama-3.1-8B", "deepseek-ai/DeepSeek-V3"}) {
    CAPTURE(preset);
    const u64 one = weights_of(ask(std::string(preset)).weights("Q8_0"));
    const u64 eight = weights_of(ask(std::string(preset)).weights("Q8_0").ranks(8));
    CHECK(eight >= one / 8);
    CHECK(eight < one / 8 + one / 20);  // norms, routers and low-rank matrices are on every rank
  }
}

TEST_CASE("every file type makes a file of every preset that its blocks fit", "[llama_file]") {
  for (const Preset& preset : catalog().presets()) {
    for (const std::string_view file : EnumNames<LlamaFileType>::names) {
      const std::string id = file == "F32" || file == "F16" || file == "BF16" ? "GGUF_" + std::string(file) : std::string(file);
      CAPTURE(preset.id, id);
      const auto spec = read_model(preset.config, "config");
      REQUIRE(spec.ok());
      const TensorInventory inventory = inventory_of(spec.value());
      const auto made = llama_file(spec.value(), inventory, recipe(id), true, catalog(), "where");
      if (!made.ok()) {
        CHECK(file == "Q1_0");
        continue;
      }
      u64 elements = 0;
      for (const FileTensor& held : made.value()->tensors)
        if (held.tensor.role != Role::buffer) elements += held.tensor.elements().value * held.tensor.count();
      CHECK(elements <= inventory.parameter_count);
      CHECK(elements > inventory.parameter_count - inventory.parameter_count / 100);
    }
  }
}

TEST_CASE("what no file can be made of is refused at its place", "[llama_file]") {
  const auto odd = ask("openai/gpt-oss-20b").weights("Q1_0").try_plan();
  REQUIRE_FALSE(odd.ok());
  CHECK(odd.error().where == "request.weight_format");
  CHECK(odd.error().message.find("2880") != std::string::npos);
  const auto trained = ask(llama).weights("Q4_K_M").train({.method = TrainingMethod::qlora}).try_plan();
  REQUIRE_FALSE(trained.ok());
  CHECK(trained.error().message.find("Q4_K_M") != std::string::npos);
  auto spec = read_model(R"({"model_type": "llama"})");
  REQUIRE(spec.ok());
  const TensorInventory inventory = inventory_of(spec.value());
  spec.value().gguf = {};
  CHECK_FALSE(llama_file(spec.value(), inventory, recipe("Q8_0"), false, catalog(), "where").ok());
  QuantizationRecipe unknown = recipe("Q8_0");
  unknown.file_type = "Q9_9";
  spec.value().gguf.name = "llama";
  CHECK_FALSE(llama_file(spec.value(), inventory, unknown, false, catalog(), "where").ok());
}
