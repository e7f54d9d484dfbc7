#include "storage/gguf_tensors.hpp"

#include "session.hpp"

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

/// Name, shape and planes of every tensor, as text.
std::map<std::string, std::string> listed(std::string_view config) {
  const auto spec = read_model(config);
  REQUIRE(spec.ok());
  std::map<std::string, std::string> out;
  for (const GgufTensor& each : gguf_tensors(spec.value(), inventory_of(spec.value()))) {
    std::string shape;
    for (u8 axis = 0; axis < each.tensor.rank; ++axis) shape += (axis == 0 ? "" : "x") + digits(each.tensor.shape[axis]);
    out[starred_name(each.tensor)] = shape + (each.planes > 1 ? " in " + digits(each.planes) : "") + (each.quantised ? "" : " f32");
  }
  return out;
}

}  // namespace

TEST_CASE("a Llama file has a table of stretched frequencies, one number for each angle", "[gguf_tensors]") {
  const std::string config = R"({"model_type": "llama", "hidden_size": 64, "num_attention_heads": 4, "num_key_value_heads": 2, "intermediate_size": 96,
                                 "num_hidden_layers": 3, "vocab_size": 100, "max_position_embeddings": 64)";
  const auto plain = listed(config + "}");
  CHECK(plain.count("rope_freqs.weight") == 0);
  CHECK(plain.at("token_embd.weight") == "100x64");
  CHECK(plain.at("output.weight") == "100x64");
  CHECK(plain.at("output_norm.weight") == "64 f32");
  CHECK(plain.at("blk.*.attn_v.weight") == "32x64");
  CHECK(plain.at("blk.*.ffn_down.weight") == "64x96");
  CHECK(plain.at("blk.*.attn_norm.weight") == "64 f32");
  CHECK(plain.at("blk.*.ffn_norm.weight") == "64 f32");
  CHECK(plain.size() == 12);
  CHECK(listed(config + R"(, "rope_scaling": {"rope_type": "llama3"}})").at("rope_freqs.weight") == "8 f32");
  CHECK(listed(config + R"(, "rope_parameters": {"rope_type": "llama3"}, "tie_word_embeddings": true})").count("output.weight") == 0);
}

TEST_CASE("experts lie in one tensor for each of their matrices, and routers stay in 32 bit", "[gguf_tensors]") {
  const auto mixtral = listed(R"({"model_type": "mixtral", "hidden_size": 64, "num_attention_heads": 4, "num_key_value_heads": 2, "intermediate_size": 96,
                                  "num_hidden_layers": 2, "vocab_size": 100, "num_local_experts": 8})");
  CHECK(mixtral.at("blk.*.ffn_gate_exps.weight") == "8x96x64 in 8");
  CHECK(mixtral.at("blk.*.ffn_down_exps.weight") == "8x64x96 in 8");
  CHECK(mixtral.at("blk.*.ffn_gate_inp.weight") == "8x64 f32");
  const auto gpt_oss = listed(R"({"model_type": "gpt_oss", "hidden_size": 64, "num_attention_heads": 4, "num_key_value_heads": 2, "intermediate_size": 96,
                                  "num_hidden_layers": 2, "vocab_size": 100, "num_local_experts": 4, "head_dim": 16})");
  CHECK(gpt_oss.at("blk.*.ffn_up_exps.weight") == "4x96x64 in 4");   // half of a matrix that the checkpoint stores [in, out]
  CHECK(gpt_oss.at("blk.*.ffn_down_exps.weight") == "4x64x96 in 4");
  CHECK(gpt_oss.at("blk.*.ffn_gate_exps.bias") == "4x96 in 4 f32");
  CHECK(gpt_oss.at("blk.*.ffn_down_exps.bias") == "4x64 in 4 f32");
  CHECK(gpt_oss.at("blk.*.ffn_gate_inp.bias") == "4 f32");
  CHECK(gpt_oss.at("blk.*.attn_sinks.weight") == "4 f32");
  CHECK(gpt_oss.at("blk.*.post_attention_norm.weight") == "64 f32");
}

TEST_CASE("latent attention's last matrix becomes two, cut by heads", "[gguf_tensors]") {
  const auto deepseek = listed(R"({"model_type": "deepseek_v3", "hidden_size": 64, "num_attention_heads": 4, "intermediate_size": 96, "num_hidden_layers": 4,
                                   "vocab_size": 100, "num_key_value_heads": 4, "kv_lora_rank": 32, "q_lora_rank": 48, "qk_nope_head_dim": 16, "qk_rope_head_dim": 8, "v_head_dim": 24,
                                   "n_routed_experts": 8, "moe_intermediate_size": 40, "n_shared_experts": 1, "first_k_dense_replace": 1})");
  CHECK(deepseek.at("blk.*.attn_k_b.weight") == "128x16 in 4");   // heads * latent, per-head width
  CHECK(deepseek.at("blk.*.attn_v_b.weight") == "96x32 in 4");    // heads * value width, latent
  CHECK(deepseek.count("blk.*.attn_kv_b.weight") == 0);
  CHECK(deepseek.at("blk.*.attn_kv_a_mqa.weight") == "40x64");
  CHECK(deepseek.at("blk.*.attn_q_a_norm.weight") == "48 f32");
  CHECK(deepseek.at("blk.*.attn_kv_a_norm.weight") == "32 f32");
  CHECK(deepseek.at("blk.*.exp_probs_b.bias") == "8 f32");
  CHECK(deepseek.at("blk.*.ffn_down_shexp.weight") == "64x40");
  for (const auto& [name, shape] : deepseek) CHECK(name.find("mtp") == std::string::npos);
}

TEST_CASE("fused and transposed matrices are written as one, [out, in]", "[gguf_tensors]") {
  const auto gpt2 = listed(R"({"model_type": "gpt2", "n_embd": 64, "n_head": 4, "n_layer": 2, "vocab_size": 100, "n_positions": 32})");
  CHECK(gpt2.at("blk.*.attn_qkv.weight") == "192x64");
  CHECK(gpt2.at("blk.*.ffn_down.weight") == "64x256");
  CHECK(gpt2.at("position_embd.weight") == "32x64 f32");
  CHECK(gpt2.at("blk.*.attn_norm.bias") == "64 f32");
  const auto phi3 = listed(R"({"model_type": "phi3", "hidden_size": 64, "num_attention_heads": 4, "intermediate_size": 96, "num_hidden_layers": 2, "vocab_size": 100,
                               "rope_scaling": {"type": "longrope"}})");
  CHECK(phi3.at("blk.*.ffn_up.weight") == "192x64");
  CHECK(phi3.at("rope_factors_long.weight") == "8 f32");
  CHECK(phi3.at("rope_factors_short.weight") == "8 f32");
}

TEST_CASE("Gemma 3's embedding has rows for its tokens where config.json states no vocabulary", "[gguf_tensors]") {
  const std::string config = R"({"model_type": "gemma3_text", "hidden_size": 64, "num_hidden_layers": 2, "intermediate_size": 96)";
  CHECK(listed(config + "}").at("token_embd.weight") == "262144x64");
  const auto stated = listed(config + R"(, "vocab_size": 262208})");
  CHECK(stated.at("token_embd.weight") == "262208x64");
  CHECK(stated.count("blk.*.post_ffw_norm.weight") == 1);
  CHECK(stated.count("blk.*.post_attention_norm.weight") == 1);
}
