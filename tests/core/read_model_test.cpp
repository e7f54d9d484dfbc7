#include "model/read_model.hpp"

#include "model/family.hpp"
#include "model/tensor_inventory.hpp"
#include "session.hpp"

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

ModelSpec with(std::string_view model_type, const std::string& keys = "") {
  return spec_of("{\"model_type\": \"" + std::string(model_type) + "\"" + (keys.empty() ? "" : ", ") + keys + "}");
}

const LayerSpec& layer(const ModelSpec& spec, std::size_t number) { return spec.decoder().kinds[spec.decoder().kind_of_layer[number]]; }
const GroupedQueryAttention& attention(const ModelSpec& spec, std::size_t number = 0) {
  return *std::get_if<GroupedQueryAttention>(&layer(spec, number).mixer.kind);
}
bool slides(const ModelSpec& spec, std::size_t number) { return attention(spec, number).sliding_window.has_value(); }
bool is_sparse(const ModelSpec& spec, std::size_t number) { return std::holds_alternative<MixtureOfExperts>(layer(spec, number).feed_forward.kind); }

u64 sliding_layers(const ModelSpec& spec) {
  u64 count = 0;
  for (std::size_t i = 0; i < spec.num_hidden_layers(); ++i)
    if (const auto* grouped = std::get_if<GroupedQueryAttention>(&layer(spec, i).mixer.kind)) count += grouped->sliding_window ? 1 : 0;
  return count;
}

}  // namespace

TEST_CASE("a config that names only its model_type has the defaults of the class", "[read_model]") {
  const Cases cases("class_defaults");
  CHECK(cases.size() == families().size());
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const JsonView one = cases.at(i);
    INFO(text(one["name"]));
    const ModelSpec spec = with(*one["model_type"].string());
    const TensorInventory inventory = inventory_of(spec);
    CHECK(inventory.parameter_count == whole(one["parameter_count"]));
    CHECK(spec.tie_word_embeddings == one["tied"].boolean());
    CHECK((inventory.tied_parameter_count > 0) == one["tied"].boolean());
    CHECK(spec.num_hidden_layers() == whole(one["num_hidden_layers"]));
    CHECK(spec.hidden_size == whole(one["hidden_size"]));
    CHECK(spec.vocab_size == whole(one["vocab_size"]));
    CHECK(spec.max_position_embeddings == whole(one["max_position_embeddings"]));
    CHECK(sliding_layers(spec) == whole(one["sliding_layers"]));
    CHECK_FALSE(spec.dtype.has_value());
    CHECK(spec.defaulted_keys.size() >= 4);
  }
}

TEST_CASE("what a config states is not said to be a default", "[read_model]") {
  const ModelSpec spec = with("llama", "\"hidden_size\": 2048, \"vocab_size\": 1000, \"num_hidden_layers\": 2, \"max_position_embeddings\": 77");
  CHECK(spec.defaulted_keys == std::vector<std::string>{"num_attention_heads", "intermediate_size"});
  CHECK(spec.max_position_embeddings == 77);
  CHECK(spec.model_type == "llama");
  CHECK(spec.family == "llama");
}

TEST_CASE("key/value heads that are null are as many as query heads, absent ones the class's own", "[read_model]") {
  CHECK(attention(with("llama")).num_key_value_heads == 32);
  CHECK(attention(with("llama", "\"num_attention_heads\": 16")).num_key_value_heads == 16);
  CHECK(attention(with("mistral")).num_key_value_heads == 8);
  CHECK(attention(with("mistral", "\"num_key_value_heads\": null")).num_key_value_heads == 32);
  CHECK(attention(with("mixtral", "\"num_key_value_heads\": 4")).num_key_value_heads == 4);
}

TEST_CASE("a head is as wide as head_dim says, else as its part of the hidden size", "[read_model]") {
  CHECK(attention(with("llama")).head_dim == 128);
  CHECK(attention(with("llama", "\"head_dim\": 96")).head_dim == 96);
  CHECK(attention(with("llama", "\"head_dim\": null, \"hidden_size\": 2048")).head_dim == 64);
  CHECK(attention(with("gemma")).head_dim == 256);
  CHECK(attention(with("qwen3")).head_dim == 128);
  CHECK(attention(with("mistral", "\"head_dim\": 128, \"hidden_size\": 5120")).head_dim == 128);
}

TEST_CASE("GPT-2 is read under its own names and under the general ones, which win", "[read_model]") {
  const ModelSpec own = with("gpt2", "\"n_embd\": 1024, \"n_layer\": 24, \"n_head\": 16, \"n_positions\": 512");
  CHECK(own.hidden_size == 1024);
  CHECK(own.num_hidden_layers() == 24);
  CHECK(own.max_position_embeddings == 512);
  CHECK(with("gpt2", "\"hidden_size\": 1536").hidden_size == 1536);
  CHECK(with("gpt2", "\"n_embd\": 1024, \"hidden_size\": 1536").hidden_size == 1536);
  const auto mlp = [](const ModelSpec& spec) { return std::get_if<Mlp>(&layer(spec, 0).feed_forward.kind)->intermediate_size; };
  CHECK(mlp(own) == 4096);
  CHECK(mlp(with("gpt2", "\"n_inner\": null")) == 3072);
  CHECK(mlp(with("gpt2", "\"n_inner\": 1000")) == 1000);
}

TEST_CASE("Mistral slides over 4096 tokens unless its window is null", "[read_model]") {
  CHECK(attention(with("mistral")).sliding_window == 4096U);
  CHECK_FALSE(attention(with("mistral", "\"sliding_window\": null")).sliding_window.has_value());
  CHECK(attention(with("mistral", "\"sliding_window\": 1024")).sliding_window == 1024U);
  CHECK_FALSE(attention(with("mixtral")).sliding_window.has_value());
}

TEST_CASE("Qwen2 slides in layers after max_window_layers, and only when it is told to", "[read_model]") {
  CHECK(sliding_layers(with("qwen2", "\"sliding_window\": 4096")) == 0);
  CHECK(sliding_layers(with("qwen2", "\"sliding_window\": 4096, \"use_sliding_window\": false")) == 0);
  const ModelSpec spec = with("qwen2", "\"use_sliding_window\": true, \"max_window_layers\": 20, \"num_hidden_layers\": 24");
  CHECK(sliding_layers(spec) == 4);
  CHECK_FALSE(slides(spec, 19));
  CHECK(slides(spec, 20));
  CHECK(sliding_layers(with("qwen2", "\"use_sliding_window\": true, \"max_window_layers\": 0")) == 32);
  CHECK(sliding_layers(with("qwen2", "\"use_sliding_window\": true, \"sliding_window\": null")) == 0);
}

TEST_CASE("Gemma slides in its pattern: every other layer, or all but every sixth", "[read_model]") {
  const ModelSpec second = with("gemma2");
  CHECK(slides(second, 0));
  CHECK_FALSE(slides(second, 1));
  const ModelSpec third = with("gemma3_text");
  CHECK(slides(third, 4));
  CHECK_FALSE(slides(third, 5));
  const ModelSpec quarter = with("gemma3_text", "\"sliding_window_pattern\": 4, \"num_hidden_layers\": 8");
  CHECK(sliding_layers(quarter) == 6);
  CHECK_FALSE(slides(quarter, 3));
}

TEST_CASE("layer_types says which layers slide, whatever the pattern would be", "[read_model]") {
  const ModelSpec spec = with("gemma2", R"("num_hidden_layers": 3, "layer_types": ["full_attention", "sliding_attention", "full_attention"])");
  CHECK_FALSE(slides(spec, 0));
  CHECK(slides(spec, 1));
  CHECK(sliding_layers(spec) == 1);
  CHECK(sliding_layers(with("gemma2", "\"layer_types\": null")) == 13);
}

TEST_CASE("experts are in the layers that the class puts them in", "[read_model]") {
  CHECK(is_sparse(with("mixtral"), 0));
  const ModelSpec v3 = with("deepseek_v3");
  CHECK_FALSE(is_sparse(v3, 2));
  CHECK(is_sparse(v3, 3));
  CHECK(is_sparse(with("deepseek_v2"), 0));
  const ModelSpec step = with("qwen3_moe", "\"decoder_sparse_step\": 2, \"mlp_only_layers\": [3]");
  CHECK_FALSE(is_sparse(step, 0));
  CHECK(is_sparse(step, 1));
  CHECK_FALSE(is_sparse(step, 3));
  CHECK(is_sparse(step, 5));
  CHECK_FALSE(is_sparse(with("llama"), 0));
}

TEST_CASE("the number of experts is read under either of its names", "[read_model]") {
  const auto experts = [](const ModelSpec& spec) { return std::get_if<MixtureOfExperts>(&layer(spec, spec.num_hidden_layers() - 1).feed_forward.kind)->num_experts; };
  CHECK(experts(with("qwen3_moe", "\"num_experts\": 16")) == 16);
  CHECK(experts(with("qwen3_moe", "\"num_local_experts\": 12")) == 12);
  CHECK(experts(with("mixtral", "\"num_local_experts\": 4")) == 4);
  CHECK(experts(with("deepseek_v3", "\"n_routed_experts\": 64")) == 64);
}

TEST_CASE("the checkpoint's type is read under both names and with torch's prefix", "[read_model]") {
  CHECK(with("llama", "\"dtype\": \"bfloat16\"").dtype == "bf16");
  CHECK(with("llama", "\"torch_dtype\": \"float16\"").dtype == "fp16");
  CHECK(with("llama", "\"torch_dtype\": \"torch.float32\"").dtype == "fp32");
  CHECK(with("llama", "\"dtype\": \"bfloat16\", \"torch_dtype\": \"float16\"").dtype == "bf16");
  CHECK_FALSE(with("llama", "\"torch_dtype\": \"auto\"").dtype.has_value());
  CHECK_FALSE(with("llama", "\"torch_dtype\": null").dtype.has_value());
}

TEST_CASE("a quantised checkpoint keeps what its config says of it", "[read_model]") {
  const auto method = [](const std::string& keys) {
    const auto quantization = with("llama", keys).quantization;
    return quantization ? quantization->method : "";
  };
  CHECK(method(R"("quantization_config": {"quant_method": "gptq", "bits": 4})") == "gptq");
  CHECK(method(R"("quantization_config": {"quant_method": "own"})") == "own");
  CHECK(method(R"("quantization": {"bits": 4, "group_size": 64})") == "mlx");
  CHECK(method(R"("quantization_config": null)").empty());
  CHECK(method(R"("quantization_config": {})").empty());
  CHECK_FALSE(read_model(R"({"model_type": "llama", "quantization_config": {"quant_method": "gptq"}})").ok());
}

TEST_CASE("tie_word_embeddings of the config wins over the class", "[read_model]") {
  CHECK(with("llama", "\"tie_word_embeddings\": true").tie_word_embeddings);
  CHECK_FALSE(with("gemma", "\"tie_word_embeddings\": false").tie_word_embeddings);
  CHECK(inventory_of(with("gemma", "\"tie_word_embeddings\": false")).parameter_count == 8537680896 + 256000ULL * 3072);
}

TEST_CASE("a model of ten thousand layers is the largest that is read", "[read_model]") {
  CHECK(with("llama", "\"num_hidden_layers\": 10000").num_hidden_layers() == 10000);
  CHECK_FALSE(read_model("{\"model_type\": \"llama\", \"num_hidden_layers\": 10001}").ok());
}

TEST_CASE("every family is found by every model_type it claims, and a near miss by its nearest", "[read_model]") {
  for (const Family* family : families())
    for (const std::string_view claimed : family->model_types) {
      CAPTURE(claimed);
      CHECK(find_family(claimed) == family);
      CHECK(nearest_model_type(std::string(claimed) + "x") == claimed);
      CHECK_FALSE(family->source.empty());
    }
  CHECK(find_family("bert") == nullptr);
  CHECK(nearest_model_type("lama") == "llama");
}
