#include "parallel/placement.hpp"

#include "session.hpp"

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

std::vector<RankShare> ranks_of(const ModelSpec& spec, u32 ranks) {
  auto made = distinct_ranks(spec, ranks);
  INFO((made.ok() ? "" : made.error().message));
  REQUIRE(made.ok());
  return made.value();
}

const ModelSpec& preset(const std::string& id) { return preset_model(id)->spec; }

/// Elements of each tensor summed over all ranks.
std::map<std::string, u64> over_ranks(const ModelSpec& spec, u32 ranks) {
  std::map<std::string, u64> out;
  const TensorInventory list = inventory_of(spec);
  for (const RankShare& rank : ranks_of(spec, ranks))
    for (const Tensor& tensor : list.tensors) {
      const auto shape = shape_on_rank(tensor, spec, rank);
      u64 elements = 1;
      for (u8 axis = 0; axis < tensor.rank; ++axis) elements *= shape[axis];
      out[starred_name(tensor)] += elements * tensor.count() * rank.count;
    }
  return out;
}

std::array<u32, 3> shape(const ModelSpec& spec, std::string_view name, RankShare rank) {
  const TensorInventory list = inventory_of(spec);
  for (const Tensor& tensor : list.tensors)
    if (starred_name(tensor) == name) return shape_on_rank(tensor, spec, rank);
  return {};
}

}  // namespace

TEST_CASE("shares are full chunks, then the rest, then nothing", "[placement]") {
  CHECK(share_of(16, {4, 0}) == 4);
  CHECK(share_of(16, {4, 3}) == 4);
  CHECK(share_of(10, {4, 0}) == 3);
  CHECK(share_of(10, {4, 2}) == 3);
  CHECK(share_of(10, {4, 3}) == 1);
  CHECK(share_of(9, {8, 4}) == 1);
  CHECK(share_of(9, {8, 5}) == 0);
  CHECK(share_of(3, {8, 0}) == 1);
  CHECK(share_of(3, {8, 3}) == 0);
  CHECK(share_of(0, {2, 0}) == 0);
}

TEST_CASE("the shares of all ranks are the whole dimension", "[placement]") {
  for (const u32 dimension : {1U, 7U, 64U, 11008U, 50257U, 128256U, 1U << 28})
    for (const u32 ranks : {1U, 2U, 3U, 7U, 8U, 16U}) {
      u64 sum = 0;
      for (u32 rank = 0; rank < ranks; ++rank) sum += share_of(dimension, {ranks, rank});
      CAPTURE(dimension, ranks);
      CHECK(sum == dimension);
    }
}

TEST_CASE("key/value heads are shared out, and repeat when ranks exceed them", "[placement]") {
  CHECK(local_key_value_heads(8, 1) == 8);
  CHECK(local_key_value_heads(8, 4) == 2);
  CHECK(local_key_value_heads(8, 8) == 1);
  CHECK(local_key_value_heads(8, 16) == 1);
  CHECK(local_key_value_heads(1, 4) == 1);
}

TEST_CASE("ranks of evenly cut models sum to the whole, and norms are on every rank", "[placement]") {
  for (const char* id : {"meta-llama/Llama-3.1-8B", "Qwen/Qwen3-32B", "mistralai/Mixtral-8x7B-v0.1", "deepseek-ai/DeepSeek-V3"})
    for (const u32 ranks : {1U, 2U, 4U, 8U}) {
      CAPTURE(id, ranks);
      const ModelSpec& spec = preset(id);
      const auto whole_model = over_ranks(spec, 1);
      for (const auto& [name, elements] : over_ranks(spec, ranks)) {
        CAPTURE(name);
        const u64 whole_tensor = whole_model.at(name);
        CHECK((elements == whole_tensor || elements == ranks * whole_tensor));
        if (name.find("mlp.down_proj") != std::string::npos || name.find("q_proj.weight") != std::string::npos || name == "model.embed_tokens.weight")
          CHECK(elements == whole_tensor);
        if (name.find("norm") != std::string::npos) CHECK(elements == ranks * whole_tensor);
      }
    }
}

TEST_CASE("with more ranks than key/value heads each rank holds one head", "[placement]") {
  const ModelSpec& llama = preset("meta-llama/Llama-3.1-8B");
  CHECK(shape(llama, "model.layers.*.self_attn.k_proj.weight", {8, 7}) == std::array<u32, 3>{128, 4096, 0});
  CHECK(shape(llama, "model.layers.*.self_attn.k_proj.weight", {16, 7}) == std::array<u32, 3>{128, 4096, 0});
  CHECK(shape(llama, "model.layers.*.self_attn.q_proj.weight", {16, 7}) == std::array<u32, 3>{256, 4096, 0});
  CHECK(shape(llama, "model.layers.*.self_attn.o_proj.weight", {16, 7}) == std::array<u32, 3>{4096, 256, 0});
}

TEST_CASE("a fused matrix gives each rank its query, key and value rows", "[placement]") {
  const ModelSpec& phi = preset("microsoft/phi-4");  // 40 query heads, 10 key/value heads of 128
  CHECK(shape(phi, "model.layers.*.self_attn.qkv_proj.weight", {2, 0}) == std::array<u32, 3>{(20 + 2 * 5) * 128, 5120, 0});
  CHECK(shape(phi, "model.layers.*.mlp.gate_up_proj.weight", {2, 1}) == std::array<u32, 3>{17920, 5120, 0});
  const ModelSpec& gpt2 = preset("openai-community/gpt2");  // stored [in, out]
  CHECK(shape(gpt2, "transformer.h.*.attn.c_attn.weight", {4, 0}) == std::array<u32, 3>{768, 576, 0});
  CHECK(shape(gpt2, "transformer.h.*.attn.c_attn.bias", {4, 0}) == std::array<u32, 3>{576, 0, 0});
  CHECK(shape(gpt2, "transformer.h.*.mlp.c_proj.weight", {4, 0}) == std::array<u32, 3>{768, 768, 0});
  CHECK(shape(gpt2, "transformer.h.*.mlp.c_proj.bias", {4, 0}) == std::array<u32, 3>{768, 0, 0});
}

TEST_CASE("stacked experts are cut along their width, never along the experts", "[placement]") {
  const ModelSpec& oss = preset("openai/gpt-oss-20b");
  CHECK(shape(oss, "model.layers.*.mlp.experts.gate_up_proj", {8, 0}) == std::array<u32, 3>{32, 2880, 720});
  CHECK(shape(oss, "model.layers.*.mlp.experts.gate_up_proj_bias", {8, 0}) == std::array<u32, 3>{32, 720, 0});
  CHECK(shape(oss, "model.layers.*.mlp.experts.down_proj", {8, 0}) == std::array<u32, 3>{32, 360, 2880});
  CHECK(shape(oss, "model.layers.*.mlp.experts.down_proj_bias", {8, 0}) == std::array<u32, 3>{32, 2880, 0});
  CHECK(shape(oss, "model.layers.*.self_attn.sinks", {8, 0}) == std::array<u32, 3>{8, 0, 0});
  CHECK(shape(oss, "model.layers.*.mlp.router.weight", {8, 0}) == std::array<u32, 3>{32, 2880, 0});
}

TEST_CASE("experts stored one by one are cut along their width", "[placement]") {
  const ModelSpec& qwen = preset("Qwen/Qwen3-30B-A3B");
  CHECK(shape(qwen, "model.layers.*.mlp.experts.*.gate_proj.weight", {4, 0}) == std::array<u32, 3>{192, 2048, 0});
  CHECK(shape(qwen, "model.layers.*.mlp.experts.*.down_proj.weight", {4, 0}) == std::array<u32, 3>{2048, 192, 0});
}

TEST_CASE("a vocabulary that ranks do not divide makes distinct ranks, which together hold it", "[placement]") {
  const ModelSpec& gpt2 = preset("openai-community/gpt2");  // 50257 rows
  const auto two = ranks_of(gpt2, 2);
  REQUIRE(two.size() == 2);
  CHECK(shape(gpt2, "transformer.wte.weight", two[0]) == std::array<u32, 3>{25129, 768, 0});
  CHECK(shape(gpt2, "transformer.wte.weight", two[1]) == std::array<u32, 3>{25128, 768, 0});
  for (const u32 ranks : {2U, 3U, 4U, 6U, 12U}) CHECK(over_ranks(gpt2, ranks).at("transformer.wte.weight") == 50257ULL * 768);
}

TEST_CASE("distinct ranks cover every rank once, and equal ranks are one", "[placement]") {
  for (const Preset& entry : catalog().presets())
    for (const u32 ranks : {1U, 2U, 4U, 8U, 16U}) {
      const auto made = distinct_ranks(preset(std::string(entry.id)), ranks);
      if (!made.ok()) continue;
      CAPTURE(entry.id, ranks);
      u32 next = 0;
      for (const RankShare& rank : made.value()) {
        CHECK(rank.rank == next);
        CHECK(rank.tensor_parallel_size == ranks);
        next += rank.count;
      }
      CHECK(next == ranks);
    }
  CHECK(ranks_of(preset("meta-llama/Llama-3.1-8B"), 8).size() == 1);
}

TEST_CASE("every rank of a group holds what its first rank holds", "[placement]") {
  for (const char* id : {"openai-community/gpt2", "google/gemma-2-2b"}) {
    const ModelSpec& spec = preset(id);
    const TensorInventory list = inventory_of(spec);
    for (const RankShare& group : ranks_of(spec, 4))
      for (u32 rank = group.rank; rank < group.rank + group.count; ++rank)
        for (const Tensor& tensor : list.tensors) {
          CAPTURE(id, rank, starred_name(tensor));
          CHECK(shape_on_rank(tensor, spec, {4, rank}) == shape_on_rank(tensor, spec, group));
        }
  }
}

TEST_CASE("ranks that get a rest and ranks that get nothing are told apart", "[placement]") {
  const ModelSpec small = spec_of(R"({"model_type": "llama", "vocab_size": 9, "intermediate_size": 13, "hidden_size": 64, "num_attention_heads": 8, "num_hidden_layers": 1})");
  const auto groups = ranks_of(small, 8);
  std::vector<u32> starts;
  for (const RankShare& group : groups) starts.push_back(group.rank);
  CHECK(starts == std::vector<u32>{0, 4, 5, 6, 7});  // nine rows: 2 2 2 2 1 0 0 0; a width of 13: 2 2 2 2 2 2 1 0
  CHECK(over_ranks(small, 8).at("lm_head.weight") == 9ULL * 64);
  CHECK(over_ranks(small, 8).at("model.layers.*.mlp.up_proj.weight") == 13ULL * 64);
}

TEST_CASE("heads that ranks do not divide are an error that names the counts that work", "[placement]") {
  const auto error = [](const std::string& id, u32 ranks) {
    const auto made = distinct_ranks(preset(id), ranks);
    REQUIRE_FALSE(made.ok());
    CHECK(made.error().code == ErrorCode::does_not_divide);
    return made.error();
  };
  CHECK(error("meta-llama/Llama-3.1-8B", 3).hint == "Use one of: 1, 2, 4, 8, 16, 32.");
  CHECK(error("microsoft/phi-4", 3).hint == "Use one of: 1, 2, 5, 10, 20, 40.");
  CHECK(error("microsoft/phi-4", 4).message == "40 heads cannot be split over 4 GPUs.");  // ten key/value heads are not shared by four
  CHECK(error("openai-community/gpt2", 8).hint == "Use one of: 1, 2, 3, 4, 6, 12.");
  CHECK(error("deepseek-ai/DeepSeek-V2-Lite", 32).hint == "Use one of: 1, 2, 4, 8, 16.");
}
