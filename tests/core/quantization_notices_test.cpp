#include "storage/quantization_notices.hpp"

#include <map>

#include "session.hpp"

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

std::map<std::string, Notice> said(const Ask& asked) {
  std::map<std::string, Notice> out;
  for (const Notice& notice : asked.plan().notices) out[notice.code] = notice;
  return out;
}

bool has_number(const Notice& notice, u64 number) {
  return notice.message.find(digits(number)) != std::string::npos && notice.message_zh.find(digits(number)) != std::string::npos;
}

std::string config_of(const std::string& quantization) {
  return R"({"model_type": "llama", "dtype": "bfloat16", "num_hidden_layers": 2, "hidden_size": 64, "intermediate_size": 128, "num_attention_heads": 4,
      "vocab_size": 256, "max_position_embeddings": 128, "quantization_config": )" + quantization + "}";
}

constexpr const char* w4a16 = R"({"quant_method": "compressed-tensors", "format": "pack-quantized", "ignore": ["lm_head"], "config_groups": {"group_0": {"targets": ["Linear"],
    "weights": {"num_bits": 4, "type": "int", "strategy": "group", "group_size": 32}}}})";

}  // namespace

TEST_CASE("a quantised checkpoint says what it takes in memory and in the file", "[quantization_notices]") {
  const auto notices = said(ask_config(config_of(R"({"quant_method": "fp8", "weight_block_size": [128, 128]})")));
  REQUIRE(notices.count("quantized_checkpoint") == 1);
  const u64 linears = 2 * (4 * 64 * 64 + 3 * 64 * 128), scales = 4 * 2 * 7, rest = 2 * (2 * 256 * 64 + 5 * 64);
  CHECK(has_number(notices.at("quantized_checkpoint"), linears + scales + rest));
  REQUIRE(notices.count("dequantised_elsewhere") == 1);
  CHECK(has_number(notices.at("dequantised_elsewhere"), 2 * linears));
  CHECK(notices.at("dequantised_elsewhere").message.find("8.9") != std::string::npos);
}

TEST_CASE("bytes in the file and in memory differ where the method makes them differ", "[quantization_notices]") {
  const auto notices = said(ask_config(config_of(R"({"quant_method": "bitnet", "linear_class": "autobitlinear", "quantization_mode": "offline"})")));
  const u64 linears = 2 * (4 * 64 * 64 + 3 * 64 * 128), rest = 2 * (2 * 256 * 64 + 5 * 64) + 14 * 2;
  CHECK(has_number(notices.at("quantized_checkpoint"), 2 * linears + rest));
  CHECK(has_number(notices.at("quantized_checkpoint"), linears / 4 + rest));
  CHECK(has_number(notices.at("unpacked_when_loaded"), 2 * linears));
}

TEST_CASE("packed weights that the first forward pass makes dense are counted, and said", "[quantization_notices]") {
  const Ask asked = ask_config(config_of(w4a16));
  const auto notices = said(asked);
  const u64 linears = 2 * (4 * 64 * 64 + 3 * 64 * 128);
  REQUIRE(notices.count("dense_after_forward") == 1);
  CHECK(has_number(notices.at("dense_after_forward"), 2 * linears));
  const Plan plan = asked.plan();
  const RankEstimate estimate = estimate_rank(plan, plan.ranks[0], true);
  REQUIRE(estimate.tree.children.size() > 1);
  CHECK(estimate.tree.children[1].id == "decompressed_weights");
  CHECK(estimate.tree.children[1].bytes == 2 * linears - linears / 2);
  CHECK(estimate.weights_bytes == estimate.tree.children[0].bytes + estimate.tree.children[1].bytes);
  CHECK(estimate_rank(plan, plan.ranks[0], false).needed_bytes == estimate.needed_bytes);
  CHECK(said(ask_config(config_of(R"({"quant_method": "gptq", "bits": 4, "group_size": 32})"))).count("dense_after_forward") == 0);
}

TEST_CASE("experts that a method leaves are said with their bytes, for a checkpoint and for a choice", "[quantization_notices]") {
  const u64 experts = 2ULL * 48 * 128 * 3 * 2048 * 768;
  const auto chosen = said(ask("Qwen/Qwen3-30B-A3B").weights("gptq_int4_g128"));
  REQUIRE(chosen.count("experts_not_quantised") == 1);
  CHECK(has_number(chosen.at("experts_not_quantised"), experts));
  CHECK(chosen.count("quantized_checkpoint") == 0);
  CHECK(said(ask("Qwen/Qwen3-30B-A3B").weights("fp8_block")).count("experts_not_quantised") == 0);
  CHECK(said(ask("Qwen/Qwen3-8B").weights("gptq_int4_g128")).count("experts_not_quantised") == 0);
  CHECK(said(ask("Qwen/Qwen3-30B-A3B").weights("mlx_4bit_g64")).count("experts_not_quantised") == 0);
}

TEST_CASE("an entry of a skip list that is compared in vain is said with what it would have kept", "[quantization_notices]") {
  const auto notices = said(ask_config(config_of(R"({"quant_method": "bitsandbytes", "load_in_8bit": true, "llm_int8_skip_modules": ["self_attn", "lm_head"]})")));
  REQUIRE(notices.count("skip_entry_misses") == 1);
  CHECK(notices.at("skip_entry_misses").message.find("self_attn") != std::string::npos);
  CHECK(has_number(notices.at("skip_entry_misses"), 2 * 4 * (64 * 64 + 4 * 64)));
  CHECK(said(ask_config(config_of(R"({"quant_method": "bitsandbytes", "load_in_8bit": true, "llm_int8_skip_modules": ["q_proj", "lm_head"]})"))).count("skip_entry_misses") == 0);
}

TEST_CASE("what Transformers does not load, refuses or does not know is said", "[quantization_notices]") {
  CHECK(said(ask("Qwen/Qwen3-8B").weights("modelopt_nvfp4")).count("method_not_loaded") == 1);
  CHECK(said(ask("Qwen/Qwen3-8B").weights("hqq_int4_g64")).count("method_refused") == 1);
  CHECK(said(ask("Qwen/Qwen3-8B").weights("exl2_4bpw")).count("average_bits") == 1);
  const auto unknown = said(ask_config(config_of(R"({"quant_method": "qqq", "bits": 4})")));
  const u64 parameters = 2 * (4 * 64 * 64 + 3 * 64 * 128) + 2 * 256 * 64 + 5 * 64;
  REQUIRE(unknown.count("unknown_quantization") == 1);
  CHECK(has_number(unknown.at("unknown_quantization"), 2 * parameters));
  CHECK(has_number(unknown.at("unknown_quantization"), parameters / 2));
}

TEST_CASE("a quantisation file beside a config replaces what it says", "[quantization_notices]") {
  Ask asked = ask_config(config_of(R"({"quant_method": "gptq", "bits": 4, "group_size": 32})"));
  asked.request.model.quantization_config = R"({"producer": {"name": "modelopt"}, "quantization": {"quant_algo": "FP8", "exclude_modules": ["lm_head"]}})";
  CHECK(said(asked).at("quantized_checkpoint").message.find("modelopt") != std::string::npos);
  asked.request.model.quantization_config = "{";
  const auto broken = load_model(asked.request.model, catalog());
  REQUIRE_FALSE(broken.ok());
  CHECK(broken.error().where == "request.model.quantization_config");
}
