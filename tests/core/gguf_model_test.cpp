/// Metadata of GGUF files, as llama.cpp's converter writes them, read as models.

#include "checkpoint_files.hpp"
#include "model/gguf_config.hpp"
#include "session.hpp"

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

/// Entries of one architecture, without its prefix.
CheckpointSummary gguf(const std::string& architecture, const std::vector<std::pair<std::string, std::string>>& entries) {
  CheckpointSummary out{.kind = CheckpointKind::gguf, .name = "a.gguf", .tensor_bytes = {}, .total_size = {}, .metadata = {{"general.architecture", architecture}}, .tensors = {}};
  for (const auto& [key, value] : entries) out.metadata.push_back({architecture + "." + key, value});
  return out;
}

ModelSpec spec_of_gguf(const CheckpointSummary& checkpoint) {
  const auto config = config_of_gguf(checkpoint);
  REQUIRE(config.ok());
  INFO(config.value());
  return spec_of(config.value());
}

/// The same tensors, by name, shape and count.
std::string listed(const ModelSpec& spec) {
  std::string out;
  for (const Tensor& tensor : inventory_of(spec).tensors)
    if (tensor.apart == Apart::no) out += starred_name(tensor) + " " + digits(tensor.elements().value) + " " + digits(tensor.count()) + "\n";
  return out;
}

const std::vector<std::pair<std::string, std::string>> small = {{"block_count", "4"}, {"context_length", "4096"}, {"embedding_length", "64"}, {"feed_forward_length", "128"},
                                                                {"attention.head_count", "4"}, {"attention.head_count_kv", "2"}, {"vocab_size", "96"}};

std::vector<std::pair<std::string, std::string>> with(std::vector<std::pair<std::string, std::string>> more) {
  more.insert(more.begin(), small.begin(), small.end());
  return more;
}

const std::string sizes =
    R"("num_hidden_layers":4,"max_position_embeddings":4096,"hidden_size":64,"intermediate_size":128,"num_attention_heads":4,"num_key_value_heads":2,"vocab_size":96,"tie_word_embeddings":true)";

}  // namespace

TEST_CASE("each architecture of GGUF is the model type of its config", "[checkpoint]") {
  struct Pair {
    std::string architecture, type, more;
    std::vector<std::pair<std::string, std::string>> entries;
  };
  const Pair pairs[] = {
      {"llama", "llama", "", {}},
      {"llama", "mixtral", R"(,"num_local_experts":8,"num_experts_per_tok":2)", {{"expert_count", "8"}, {"expert_used_count", "2"}}},
      {"qwen2", "qwen2", "", {}},
      {"qwen3", "qwen3", R"(,"head_dim":32)", {{"attention.key_length", "32"}}},
      {"qwen3moe", "qwen3_moe", R"(,"num_experts":16,"num_experts_per_tok":4,"moe_intermediate_size":48,"head_dim":32)",
       {{"expert_count", "16"}, {"expert_used_count", "4"}, {"expert_feed_forward_length", "48"}, {"attention.key_length", "32"}}},
      {"qwen2moe", "qwen2_moe", R"(,"qkv_bias":false,"num_experts":16,"num_experts_per_tok":4,"moe_intermediate_size":48,"shared_expert_intermediate_size":96)",
       {{"expert_count", "16"}, {"expert_used_count", "4"}, {"expert_feed_forward_length", "48"}, {"expert_shared_feed_forward_length", "96"}}},
      {"gemma", "gemma", R"(,"head_dim":32)", {{"attention.key_length", "32"}}},
      {"gemma2", "gemma2", R"(,"head_dim":32,"sliding_window":512)", {{"attention.key_length", "32"}, {"attention.sliding_window", "512"}, {"attn_logit_softcapping", "50"}}},
      {"gemma3", "gemma3_text", R"(,"head_dim":32,"sliding_window":512)", {{"attention.key_length", "32"}, {"attention.sliding_window", "512"}}},
      {"phi3", "phi3", "", {{"rope.dimension_count", "16"}}},
      {"gpt-oss", "gpt_oss", R"(,"num_local_experts":8,"num_experts_per_tok":2,"head_dim":32,"sliding_window":128,"attention_bias":false)",
       {{"expert_count", "8"}, {"expert_used_count", "2"}, {"attention.key_length", "32"}, {"attention.sliding_window", "128"}}},
      {"granite", "granite", "", {}},
      {"smollm3", "smollm3", "", {}},
      {"deepseek2", "deepseek_v2",
       R"(,"q_lora_rank":null,"kv_lora_rank":32,"qk_nope_head_dim":16,"qk_rope_head_dim":8,"v_head_dim":24,"n_routed_experts":8,"num_experts_per_tok":2,)"
       R"("moe_intermediate_size":48,"n_shared_experts":1,"first_k_dense_replace":1)",
       {{"attention.kv_lora_rank", "32"}, {"attention.key_length", "40"}, {"attention.key_length_mla", "24"}, {"attention.value_length", "32"},
        {"attention.value_length_mla", "24"}, {"rope.dimension_count", "8"}, {"expert_count", "8"}, {"expert_used_count", "2"},
        {"expert_feed_forward_length", "48"}, {"expert_shared_count", "1"}, {"leading_dense_block_count", "1"}}},
  };
  for (const Pair& pair : pairs) {
    CAPTURE(pair.architecture, pair.type);
    const ModelSpec spec = spec_of_gguf(gguf(pair.architecture, with(pair.entries)));
    CHECK(spec.model_type == pair.type);
    CHECK(listed(spec) == listed(spec_of("{\"model_type\":\"" + pair.type + "\"," + sizes + pair.more + "}")));
  }
}

TEST_CASE("DeepSeek-V3 is V2's architecture with sigmoid gates, and its further layers are apart", "[checkpoint]") {
  const ModelSpec spec = spec_of_gguf(gguf("deepseek2", with({{"attention.kv_lora_rank", "32"}, {"attention.q_lora_rank", "16"}, {"attention.key_length", "24"}, {"attention.value_length", "24"},
                                                              {"rope.dimension_count", "8"}, {"expert_count", "8"}, {"expert_used_count", "2"}, {"expert_gating_func", "2"},
                                                              {"nextn_predict_layers", "1"}})));
  CHECK(spec.model_type == "deepseek_v3");
  CHECK(spec.num_hidden_layers() == 3);
  REQUIRE(spec.stacks.size() == 2);
  CHECK(spec.stacks[1].apart == Apart::mtp);
}

TEST_CASE("biases, a head of its own and the vocabulary come from the tensors", "[checkpoint]") {
  CheckpointSummary file = gguf("llama", {small.begin(), small.end() - 1});
  file.tensors = {{.name = "token_embd.weight", .type = "q8_0", .shape = {320, 64}, .bytes = 1}, {.name = "output.weight", .type = "q8_0", .shape = {320, 64}, .bytes = 1},
                  {.name = "blk.*.attn_output.bias", .type = "fp32", .shape = {64}, .count = 4, .bytes = 256}};
  const ModelSpec spec = spec_of_gguf(file);
  CHECK(spec.vocab_size == 320);
  CHECK_FALSE(spec.tie_word_embeddings);
  CHECK(std::get_if<GroupedQueryAttention>(&spec.decoder().kinds[0].mixer.kind)->o_bias);
}

TEST_CASE("one number for each layer counts where all are equal, and no text becomes a key", "[checkpoint]") {
  auto entries = small;
  entries[5].second = "[2,2,2,2]";
  CHECK(listed(spec_of_gguf(gguf("llama", entries))) == listed(spec_of_gguf(gguf("llama", small))));
  entries[5].second = "[2,1,2,2]";
  const auto uneven = config_of_gguf(gguf("llama", entries));
  REQUIRE(uneven.ok());
  CHECK_FALSE(read_model(uneven.value()).ok());
  entries[5].second = "2,\"model_type\":\"gpt2\"";
  const auto hostile = config_of_gguf(gguf("llama", entries));
  REQUIRE(hostile.ok());
  CHECK_FALSE(read_model(hostile.value()).ok());
}

TEST_CASE("metadata without an architecture, or with one that is not covered, are refused", "[checkpoint]") {
  CheckpointSummary none = gguf("llama", small);
  none.metadata.erase(none.metadata.begin());
  CHECK(config_of_gguf(none).error().code == ErrorCode::missing_field);
  const Error error = config_of_gguf(gguf("mamba", small)).error();
  CHECK(error.code == ErrorCode::unknown_model_type);
  CHECK(error.hint.find("gpt-oss") != std::string::npos);
}
