/// What each optional key of a family adds or takes away, as its reference class reads it.

#include "model/family.hpp"

#include "model/tensor_inventory.hpp"
#include "session.hpp"

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

ModelSpec with(std::string_view model_type, const std::string& keys = "") {
  return spec_of("{\"model_type\": \"" + std::string(model_type) + "\"" + (keys.empty() ? "" : ", ") + keys + "}");
}

u64 parameters(std::string_view model_type, const std::string& keys = "") { return inventory_of(with(model_type, keys)).parameter_count; }

/// Parameters that keys add to the class's defaults.
i64 added(std::string_view model_type, const std::string& keys) {
  return static_cast<i64>(parameters(model_type, keys)) - static_cast<i64>(parameters(model_type));
}

bool has(const ModelSpec& spec, std::string_view name) {
  for (const Tensor& tensor : inventory_of(spec).tensors)
    if (starred_name(tensor) == name) return true;
  return false;
}

const LayerSpec& first_layer(const ModelSpec& spec) { return spec.decoder().kinds[spec.decoder().kind_of_layer[0]]; }
const GroupedQueryAttention& attention(const ModelSpec& spec, std::size_t number = 0) {
  return *std::get_if<GroupedQueryAttention>(&spec.decoder().kinds[spec.decoder().kind_of_layer[number]].mixer.kind);
}

}  // namespace

TEST_CASE("attention_bias gives every projection of Llama's attention one, mlp_bias those of the MLP", "[families]") {
  for (const char* family : {"llama", "granite"}) {
    CAPTURE(family);
    CHECK(added(family, "\"attention_bias\": true") == 32 * 4 * 4096);
    CHECK(added(family, "\"mlp_bias\": true") == 32 * (2 * 11008 + 4096));
    CHECK_FALSE(has(with(family), "model.layers.*.self_attn.o_proj.bias"));
    CHECK(has(with(family, "\"attention_bias\": true"), "model.layers.*.self_attn.o_proj.bias"));
  }
  CHECK(added("gemma", "\"attention_bias\": true") == 28 * (3 * 16 * 256 + 3072));
  CHECK(added("gemma2", "\"attention_bias\": true") == 26 * ((8 + 2 * 4) * 256 + 2304));
  CHECK(added("gemma3_text", "\"attention_bias\": true") == 26 * ((8 + 2 * 4) * 256 + 2304));
  CHECK(added("qwen3", "\"attention_bias\": true") == 32 * (3 * 32 * 128 + 4096));
  CHECK(added("qwen3_moe", "\"attention_bias\": true") == 24 * ((32 + 2 * 4) * 64 + 2048));
}

TEST_CASE("Mistral, Mixtral and Phi-3 have no such keys", "[families]") {
  for (const char* family : {"mistral", "mixtral", "phi3"}) {
    CAPTURE(family);
    CHECK(added(family, "\"attention_bias\": true, \"mlp_bias\": true") == 0);
  }
}

TEST_CASE("Qwen2 always has biases on queries, keys and values, and none on the output", "[families]") {
  CHECK(has(with("qwen2"), "model.layers.*.self_attn.k_proj.bias"));
  CHECK_FALSE(has(with("qwen2"), "model.layers.*.self_attn.o_proj.bias"));
  CHECK(added("qwen2", "\"attention_bias\": false") == 0);
  CHECK(added("qwen2_moe", "\"qkv_bias\": false") == -24 * 3 * 2048);
}

TEST_CASE("gpt-oss and GPT-NeoX have biases unless told otherwise", "[families]") {
  CHECK(added("gpt_oss", "\"attention_bias\": false") == -36 * ((64 + 2 * 8) * 64 + 2880));
  CHECK(added("gpt_neox", "\"attention_bias\": false") == -44 * (3 * 6144 + 6144));
}

TEST_CASE("DeepSeek's attention has biases on what is not split by heads", "[families]") {
  CHECK(added("deepseek_v3", "\"attention_bias\": true") == 61 * (1536 + 512 + 64 + 7168));
  CHECK(added("deepseek_v2", "\"mlp_bias\": true, \"first_k_dense_replace\": 32") - added("deepseek_v2", "\"first_k_dense_replace\": 32") == 32 * (2 * 11008 + 4096));
}

TEST_CASE("without a query rank DeepSeek has one full query matrix", "[families]") {
  const ModelSpec full = with("deepseek_v3", "\"q_lora_rank\": null");
  CHECK(has(full, "model.layers.*.self_attn.q_proj.weight"));
  CHECK_FALSE(has(full, "model.layers.*.self_attn.q_a_proj.weight"));
  CHECK(added("deepseek_v3", "\"q_lora_rank\": null") == 61LL * (7168LL * 128 * 192 - 7168LL * 1536 - 1536 - 1536LL * 128 * 192));
}

TEST_CASE("DeepSeek without shared experts, with only dense layers, and without multi-token prediction", "[families]") {
  CHECK(added("deepseek_v3", "\"n_shared_experts\": 0") == -58LL * 3 * 7168 * 2048);
  CHECK(added("deepseek_v3", "\"n_shared_experts\": 2") == 58LL * 3 * 7168 * 2048);
  const ModelSpec dense = with("deepseek_v3", "\"first_k_dense_replace\": 61");
  CHECK(dense.decoder().kinds.size() == 1);
  CHECK(std::holds_alternative<Mlp>(first_layer(dense).feed_forward.kind));
  CHECK(inventory_of(with("deepseek_v3")).mtp_parameter_count > 0);
  CHECK(inventory_of(with("deepseek_v3", "\"num_nextn_predict_layers\": 0")).mtp_parameter_count == 0);
  CHECK(inventory_of(with("deepseek_v3", "\"num_nextn_predict_layers\": 2")).mtp_parameter_count == 2 * inventory_of(with("deepseek_v3")).mtp_parameter_count);
}

TEST_CASE("Qwen's mixtures put dense layers where the config says", "[families]") {
  const i64 dense_for_sparse = 3LL * 2048 * 6144 - 128LL * 2048 - 128LL * 3 * 2048 * 768;
  CHECK(added("qwen3_moe", "\"mlp_only_layers\": [0, 5]") == 2 * dense_for_sparse);
  CHECK(added("qwen3_moe", "\"decoder_sparse_step\": 2") == 12 * dense_for_sparse);
  CHECK(added("qwen3_moe", "\"mlp_only_layers\": [99]") == 0);
}

TEST_CASE("the class says how many experts serve a token, except DeepSeek-V2's, which leaves it open", "[families]") {
  const auto per_token = [](std::string_view family) {
    const ModelSpec spec = with(family);
    return std::get_if<MixtureOfExperts>(&spec.decoder().kinds.back().feed_forward.kind)->num_experts_per_tok;
  };
  CHECK(per_token("mixtral") == 2);
  CHECK(per_token("qwen2_moe") == 4);
  CHECK(per_token("qwen3_moe") == 8);
  CHECK(per_token("deepseek_v3") == 8);
  CHECK(per_token("gpt_oss") == 4);
  CHECK(per_token("deepseek_v2") == 0);
}

TEST_CASE("norms of queries and keys are as wide as a head", "[families]") {
  CHECK(has(with("qwen3"), "model.layers.*.self_attn.q_norm.weight"));
  CHECK(has(with("gemma3_text"), "model.layers.*.self_attn.k_norm.weight"));
  CHECK_FALSE(has(with("qwen2"), "model.layers.*.self_attn.q_norm.weight"));
  const i64 projections = -32LL * 4 * 32 * 64 * 4096;  // heads of 64 instead of 128
  CHECK(added("qwen3", "\"head_dim\": 64") == projections - 32 * 2 * 64);
}

TEST_CASE("Gemma's sandwich has four norms a layer", "[families]") {
  for (const char* norm : {"input_layernorm", "post_attention_layernorm", "pre_feedforward_layernorm", "post_feedforward_layernorm"})
    for (const char* family : {"gemma2", "gemma3_text"}) CHECK(has(with(family), "model.layers.*." + std::string(norm) + ".weight"));
  CHECK_FALSE(has(with("gemma"), "model.layers.*.pre_feedforward_layernorm.weight"));
}

TEST_CASE("soft caps are Gemma 2's unless null, and Gemma 3's only when given", "[families]") {
  CHECK(attention(with("gemma2")).soft_cap);
  CHECK_FALSE(attention(with("gemma2", "\"attn_logit_softcapping\": null")).soft_cap);
  CHECK(with("gemma2").logit_soft_cap);
  CHECK_FALSE(with("gemma2", "\"final_logit_softcapping\": null").logit_soft_cap);
  CHECK_FALSE(attention(with("gemma3_text")).soft_cap);
  CHECK(with("gemma3_text", "\"final_logit_softcapping\": 30.0").logit_soft_cap);
}

TEST_CASE("SmolLM3 leaves the rotary embedding out of every fourth layer, or where its list says 0", "[families]") {
  const ModelSpec usual = with("smollm3");
  CHECK(attention(usual, 2).rotary_dim == 128);
  CHECK(attention(usual, 3).rotary_dim == 0);
  const ModelSpec listed = with("smollm3", "\"num_hidden_layers\": 4, \"no_rope_layers\": [0, 1, 1, 1]");
  CHECK(attention(listed, 0).rotary_dim == 0);
  CHECK(attention(listed, 3).rotary_dim == 128);
  CHECK(attention(with("smollm3", "\"no_rope_layer_interval\": 2"), 1).rotary_dim == 0);
}

TEST_CASE("a part of each head is turned where the config says so, in the old place and the new", "[families]") {
  CHECK(attention(with("gpt_neox")).rotary_dim == 24);  // a quarter of 96
  CHECK(attention(with("gpt_neox", "\"rotary_pct\": 0.5")).rotary_dim == 48);
  CHECK(attention(with("phi3")).rotary_dim == 96);
  CHECK(attention(with("phi3", "\"partial_rotary_factor\": 0.75")).rotary_dim == 72);
  CHECK(attention(with("phi3", R"("rope_parameters": {"partial_rotary_factor": 0.5})")).rotary_dim == 48);
}

TEST_CASE("GPT-NeoX adds its halves in parallel unless told otherwise", "[families]") {
  CHECK(first_layer(with("gpt_neox")).residual == Residual::parallel);
  CHECK(first_layer(with("gpt_neox", "\"use_parallel_residual\": false")).residual == Residual::pre_norm);
  CHECK(added("gpt_neox", "\"use_parallel_residual\": false") == 0);
}

TEST_CASE("what a family cannot run is refused, not left out", "[families]") {
  const auto refused = read_model(R"({"model_type": "gpt2", "add_cross_attention": true})");
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().where == "config.add_cross_attention");
}

TEST_CASE("unknown keys of a config play no part", "[families]") {
  CHECK(added("llama", R"("transformers_version": "5.23.0", "bos_token_id": 1, "anything": {"deep": [1, 2]})") == 0);
}
