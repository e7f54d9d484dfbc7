#include "storage/weights.hpp"

#include "session.hpp"

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

u64 weights_of(const Ask& asked) {
  const Plan plan = asked.plan();
  return estimate_rank(plan, plan.ranks[0], false).weights_bytes;
}

Term weights_tree(const Ask& asked) {
  const Plan plan = asked.plan();
  return estimate_rank(plan, plan.ranks[0], true).tree.children.at(0);
}

u64 leaves(const Term& term) {
  if (term.children.empty()) return term.bytes;
  u64 sum = 0;
  for (const Term& child : term.children) sum += leaves(child);
  return sum;
}

const Term* group(const Term& weights, std::string_view id) {
  for (const Term& child : weights.children)
    if (child.id == id) return &child;
  return nullptr;
}

}  // namespace

TEST_CASE("weights have the bytes that hand calculation gives", "[weights]") {
  const Cases cases("weights");
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const JsonView one = cases.at(i);
    INFO(text(one["name"]));
    CHECK(weights_of(ask(text(one["preset"])).weights(text(one["weight_format"]))) == whole(one["bytes"]));
  }
}

TEST_CASE("each leaf is one tensor and the leaves are the whole", "[weights]") {
  for (const char* preset : {"meta-llama/Llama-3.1-8B", "deepseek-ai/DeepSeek-V3", "openai/gpt-oss-20b", "google/gemma-2-2b", "openai-community/gpt2"})
    for (const char* format : {"bf16", "int4"}) {
      CAPTURE(preset, format);
      const Ask asked = ask(preset).weights(format);
      const Term tree = weights_tree(asked);
      CHECK(tree.id == "weights");
      CHECK(leaves(tree) == tree.bytes);
      CHECK(tree.bytes == weights_of(asked));
      for (const Term& part : tree.children)
        for (const Term& leaf : part.children) {
          CHECK(leaf.id == part.id);
          CHECK_FALSE(leaf.label.empty());
          CHECK(leaf.formula.has_value());
        }
    }
}

TEST_CASE("a tied head and multi-token prediction take no memory", "[weights]") {
  const Term tied = weights_tree(ask("Qwen/Qwen3-0.6B").weights("bf16"));
  CHECK(tied.bytes == 2 * 596049920ULL);
  CHECK(group(tied, "weights.lm_head") == nullptr);
  const Term v3 = weights_tree(ask("deepseek-ai/DeepSeek-V3").weights("bf16"));
  CHECK(v3.bytes == 2 * 671026404352ULL + 4 * 58 * 256);  // and the routers' correction biases, in fp32
  REQUIRE(group(v3, "weights.buffers") != nullptr);
  CHECK(group(v3, "weights.buffers")->bytes == 4 * 58 * 256);
}

TEST_CASE("experts, shared experts and routers are shown apart", "[weights]") {
  const Term tree = weights_tree(ask("Qwen/Qwen1.5-MoE-A2.7B").weights("bf16"));
  REQUIRE(group(tree, "weights.experts") != nullptr);
  CHECK(group(tree, "weights.experts")->bytes == 2ULL * 24 * 60 * 3 * 2048 * 1408);
  REQUIRE(group(tree, "weights.shared_experts") != nullptr);
  CHECK(group(tree, "weights.shared_experts")->bytes == 2ULL * 24 * 3 * 2048 * 5632);
  REQUIRE(group(tree, "weights.router") != nullptr);
  CHECK(group(tree, "weights.router")->bytes == 2ULL * 24 * (60 + 1) * 2048);
}

TEST_CASE("a format of half bytes rounds each row up, vectors too", "[weights]") {
  const Ask odd = ask_config(R"({"model_type": "llama", "hidden_size": 5, "intermediate_size": 7, "num_hidden_layers": 2, "num_attention_heads": 1,
      "head_dim": 3, "vocab_size": 11, "max_position_embeddings": 16})");
  const u64 layer = 3 * 3 * 3 + 5 * 2 + 2 * 7 * 3 + 5 * 4 + 2 * 3;  // q, k, v; o; gate and up; down; two norms
  Ask asked = odd;
  CHECK(weights_of(asked.weights("int4")) == 2 * 11 * 3 + 2 * layer + 3);
}

TEST_CASE("without a tree the sum is the same", "[weights]") {
  for (const Preset& preset : catalog().presets()) {
    CAPTURE(preset.id);
    const Ask asked = ask(std::string(preset.id)).weights("int4");
    CHECK(weights_tree(asked).bytes == weights_of(asked));
  }
}
