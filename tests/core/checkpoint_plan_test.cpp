#include "storage/checkpoint_plan.hpp"

#include <map>

#include "session.hpp"
#include "storage/weight_bytes.hpp"

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

std::string text_of(JsonView value);

std::string object_text(JsonView object) {
  std::string out = "{";
  for (std::size_t i = 0; i < object.size(); ++i) out += (i > 0 ? ", \"" : "\"") + std::string(object.key_at(i)) + "\": " + text_of(object.at(i));
  return out + "}";
}

std::string text_of(JsonView value) {
  if (value.kind() == JsonView::Kind::object) return object_text(value);
  if (value.kind() == JsonView::Kind::array) {
    std::string out = "[";
    for (std::size_t i = 0; i < value.size(); ++i) out += (i > 0 ? ", " : "") + text_of(value.at(i));
    return out + "]";
  }
  if (const auto string = value.string()) return '"' + std::string(*string) + '"';
  if (const auto truth = value.boolean()) return *truth ? "true" : "false";
  if (const auto number = value.number()) return *number < 0 ? "-" + digits(static_cast<u64>(-*number)) : digits(static_cast<u64>(*number));
  return "null";
}

std::string config_of(const std::string& keys, const std::string& quantization) {
  return R"({"model_type": "llama", "dtype": "bfloat16", "num_hidden_layers": 3, "hidden_size": 256, "intermediate_size": 512, "num_attention_heads": 4,
      "vocab_size": 1000, "max_position_embeddings": 128)" + keys + ", \"quantization_config\": " + quantization + "}";
}

std::string moe(const std::string& quantization) {
  return R"({"model_type": "qwen3_moe", "dtype": "bfloat16", "num_hidden_layers": 2, "hidden_size": 256, "intermediate_size": 512, "moe_intermediate_size": 192, "num_experts": 4,
      "num_experts_per_tok": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 64, "vocab_size": 1000, "max_position_embeddings": 128,
          "quantization_config": )" + quantization + "}";
}

void add_leaves(const Term& term, std::map<std::string, u64>& leaves) {
  if (term.children.empty()) leaves[term.label] += term.bytes;
  for (const Term& child : term.children) add_leaves(child, leaves);
}

std::map<std::string, u64> leaves_of(const std::string& config) {
  const Plan plan = ask_config(config).plan();
  std::map<std::string, u64> leaves;
  add_leaves(estimate_rank(plan, plan.ranks[0], true).tree.children.at(0), leaves);
  return leaves;
}

/// Layers of a module that are in each format, by the plan for one place.
std::map<std::string, u32> formats_of(const std::string& config, std::string_view part, Place place = Place::memory) {
  const Plan plan = ask_config(config).plan();
  const LoadedModel& model = *plan.model;
  const auto formats = checkpoint_plan(*model.spec.quantization, model.spec, model.inventory, "bf16", catalog(), place, "");
  REQUIRE(formats.ok());
  std::map<std::string, u32> out;
  for (std::size_t number = 0; number < model.inventory.tensors.size(); ++number) {
    const Tensor& tensor = model.inventory.tensors[number];
    if (tensor.part != part && tensor.block != part) continue;
    if (tensor.suffix == ".bias") continue;
    formats.value().each_stored(model.inventory, number, [&](const StorageFormat& format, u32 layers) { out[std::string(format.id)] += layers; });
  }
  return out;
}

using Layers = std::map<std::string, u32>;

}  // namespace

TEST_CASE("one linear operator of every method has the library's own tensors, each to the byte", "[checkpoint_plan]") {
  const Cases cases("quantised_layouts");
  std::map<std::string, int> methods;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const JsonView one = cases.at(i);
    const std::string quantization = text_of(one["quantization_config"]);
    INFO(text(one["method"]) << " " << whole(one["in"]) << " to " << whole(one["out"]) << " " << quantization);
    ++methods[text(one["method"])];
    const auto leaves = leaves_of(R"({"model_type": "llama", "num_hidden_layers": 1, "num_attention_heads": 1, "head_dim": 16, "vocab_size": 32, "max_position_embeddings": 64,
        "hidden_size": )" + digits(whole(one["in"])) + ", \"intermediate_size\": " + digits(whole(one["out"])) + ", \"mlp_bias\": " +
            (*one["bias"].boolean() ? "true" : "false") +
                                  ", \"dtype\": \"" + text(one["dtype"]) + "\", \"quantization_config\": " + quantization + "}");
    std::map<std::string, u64> own, expected;
    const std::string module = "model.layers.*.mlp.gate_proj.";
    for (const auto& [label, bytes] : leaves) {
      if (!label.starts_with(module)) continue;
      const std::string name = label.substr(module.size());
      own[name == "weight._scale" || name == "weight._shift" ? "weight._scale_shift" : name] += bytes;
    }
    for (std::size_t t = 0; t < one["tensors"].size(); ++t) expected[std::string(one["tensors"].key_at(t))] = whole(one["tensors"].at(t));
    CHECK(own == expected);
  }
  CHECK(methods.size() >= 17);
}

TEST_CASE("published quantised checkpoints of presets have the bytes that their indexes state", "[checkpoint_plan]") {
  // total_size of model.safetensors.index.json: Qwen/Qwen3-14B-MLX-4bit, openai/gpt-oss-20b, both exact
  const auto stored = [](const char* preset, const char* recipe) {
    const Plan plan = ask(preset).plan();
    const LoadedModel& model = *plan.model;
    const QuantizationRecipe* chosen = recipe == nullptr ? nullptr : catalog().quantization(recipe, "").value();
    const CheckpointQuantization& quantization = chosen == nullptr ? *model.spec.quantization : *chosen->as_checkpoint;
    const auto formats = checkpoint_plan(quantization, model.spec, model.inventory, "bf16", catalog(), Place::checkpoint, "");
    REQUIRE(formats.ok());
    return weight_bytes(model.inventory, formats.value(), Place::checkpoint).value;
  };
  CHECK(stored("Qwen/Qwen3-14B", "mlx_4bit_g64") == 8'307'783'680ULL);
  CHECK(stored("openai/gpt-oss-20b", nullptr) == 13'761'264'768ULL);
}

TEST_CASE("a method without a list leaves embeddings, norms and the head", "[checkpoint_plan]") {
  const std::string gptq = config_of("", R"({"quant_method": "gptq", "bits": 4, "group_size": 128})");
  CHECK(formats_of(gptq, "q_proj") == Layers{{"gptq", 3}});
  CHECK(formats_of(gptq, "down_proj") == Layers{{"gptq", 3}});
  CHECK(formats_of(gptq, "lm_head") == Layers{{"bf16", 1}});
  CHECK(formats_of(gptq, "model.embed_tokens") == Layers{{"bf16", 1}});
  CHECK(formats_of(gptq, "input_layernorm") == Layers{{"bf16", 3}});
}

TEST_CASE("names in lists decide layer by layer", "[checkpoint_plan]") {
  CHECK(formats_of(config_of("", R"({"quant_method": "fp8", "modules_to_not_convert": ["model.layers.1", "up_proj", "lm_head"]})"), "q_proj") ==
        Layers{{"finegrained_fp8", 2}, {"bf16", 1}});
  CHECK(formats_of(config_of("", R"({"quant_method": "fp8", "modules_to_not_convert": ["model.layers.1", "up_proj", "lm_head"]})"), "up_proj") ==
        Layers{{"bf16", 3}});
  CHECK(formats_of(config_of("", R"({"quant_method": "fp8", "modules_to_not_convert": ["x"]})"), "lm_head") == Layers{{"finegrained_fp8", 1}});
  const std::string mixed = config_of("",
                                      R"({"quant_method": "compressed-tensors", "format": "mixed-precision", "ignore": ["lm_head", "re:.*layers\\.0\\..*"], "config_groups": {
      "a": {"format": "float-quantized", "targets": ["re:.*self_attn.*"], "weights": {"num_bits": 8, "type": "float", "strategy": "channel"}},
      "b": {"format": "pack-quantized", "targets": ["Linear"], "weights": {"num_bits": 4, "type": "int", "strategy": "group", "group_size": 64}}}})");
  CHECK(formats_of(mixed, "q_proj") == Layers{{"ct_fp8", 2}, {"bf16", 1}});
  CHECK(formats_of(mixed, "up_proj") == Layers{{"ct_packed", 2}, {"bf16", 1}});
  CHECK(formats_of(mixed, "lm_head") == Layers{{"bf16", 1}});
  const std::string globs = config_of("", R"({"quant_method": "modelopt", "quant_algo": "NVFP4", "ignore": ["lm_head", "model.layers.2*", "*o_proj"]})");
  CHECK(formats_of(globs, "q_proj") == Layers{{"modelopt_nvfp4", 2}, {"bf16", 1}});
  CHECK(formats_of(globs, "o_proj") == Layers{{"bf16", 3}});
  CHECK(formats_of(config_of("",
                             R"({"bits": 4, "group_size": 64, "model.layers.1.mlp.up_proj": {"bits": 8, "group_size": 64}, "model.layers.2.mlp.up_proj": false})"), "up_proj") ==
        Layers{{"mlx", 2}, {"bf16", 1}});
}

TEST_CASE("shapes that a method refuses stay in the model's type", "[checkpoint_plan]") {
  const auto torchao = [](u64 hidden, const std::string& group) {
    std::string config = config_of("", R"({"quant_method": "torchao", "quant_type": {"default": {"_type": "Int4WeightOnlyConfig",
        "_data": {"int4_packing_format": "tile_packed_to_4d", "group_size": )" + group + "}}}}");
    return config.replace(config.find("256"), 3, digits(hidden));
  };
  CHECK(formats_of(torchao(256, "256"), "up_proj") == Layers{{"torchao_int4_tiles", 3}});
  CHECK(formats_of(torchao(192, "256"), "up_proj") == Layers{{"bf16", 3}});
  CHECK(formats_of(torchao(192, "32"), "up_proj") == Layers{{"torchao_int4_tiles", 3}});
}

TEST_CASE("experts are reached by few methods in memory, and by all in a file", "[checkpoint_plan]") {
  const std::string gptq = R"({"quant_method": "gptq", "bits": 4, "group_size": 128})", fp8 = R"({"quant_method": "fp8", "weight_block_size": [128, 128]})";
  CHECK(formats_of(moe(gptq), "up_proj") == Layers{{"bf16", 2}});
  CHECK(formats_of(moe(gptq), "up_proj", Place::checkpoint) == Layers{{"gptq", 2}});
  CHECK(formats_of(moe(fp8), "up_proj") == Layers{{"finegrained_fp8", 2}});
  CHECK(formats_of(moe(fp8), "gate") == Layers{{"bf16", 2}});
  CHECK(formats_of(moe(R"({"bits": 4, "group_size": 64})"), "gate") == Layers{{"mlx", 2}});
}

TEST_CASE("gate and up of an expert share rows of scales in memory, not in a file", "[checkpoint_plan]") {
  const Plan plan = ask_config(moe(R"({"quant_method": "fp8", "weight_block_size": [128, 128]})")).plan();
  const LoadedModel& model = *plan.model;
  const auto scales = [&](Place place) {
    const auto formats = checkpoint_plan(*model.spec.quantization, model.spec, model.inventory, "bf16", catalog(), place, "");
    u64 bytes = 0;
    for (std::size_t number = 0; number < model.inventory.tensors.size(); ++number) {
      const Tensor& tensor = model.inventory.tensors[number];
      if (tensor.role != Role::expert_gate && tensor.role != Role::expert_up) continue;
      formats.value().each_stored(model.inventory, number, [&](const StorageFormat& format, u32) { bytes += tensor_bytes(tensor, format,
          place).value - u64{192} * 256; });
    }
    return bytes;
  };
  CHECK(scales(Place::memory) == 4 * 3 * 2);      // ceil(2 * 192 / 128) rows of 2
  CHECK(scales(Place::checkpoint) == 4 * 4 * 2);  // ceil(192 / 128) rows, twice
}

TEST_CASE("DeepSeek-V3's file has as many numbers as its publisher's safetensors files", "[checkpoint_plan]") {
  const Plan plan = ask("deepseek-ai/DeepSeek-V3").plan();
  const LoadedModel& model = *plan.model;
  const auto formats = checkpoint_plan(*model.spec.quantization, model.spec, model.inventory, "bf16", catalog(), Place::checkpoint, "");
  REQUIRE(formats.ok());
  u64 numbers = 0;
  for (std::size_t number = 0; number < model.inventory.tensors.size(); ++number) {
    const Tensor& tensor = model.inventory.tensors[number];
    formats.value().each_stored(model.inventory, number, [&](const StorageFormat& format, u32 layers) {
      for (const FormatPart& part : format.parts) {
        const StorageFormat alone{.id = format.id, .parts = {part}};
        numbers += tensor_bytes(tensor, alone, Place::checkpoint).value * 8 / part.item_bits * layers * tensor.experts;
      }
    });
  }
  CHECK(numbers == 684'531'386'000);  // weights, scales and correction biases, prediction layer included, as the Hub counts them
  CHECK(plan.checkpoint_bytes == 688'574'839'360);
}

TEST_CASE("a bias has the method's own type where it has one", "[checkpoint_plan]") {
  const auto leaves = leaves_of(config_of(R"(, "mlp_bias": true)", R"({"quant_method": "fbgemm_fp8"})"));
  CHECK(leaves.at("model.layers.*.mlp.up_proj.bias") == u64{3} * 512 * 4);
  CHECK(leaves.at("model.layers.*.mlp.up_proj.input_scale_ub") == 3 * 4);
  const auto plain = leaves_of(config_of(R"(, "mlp_bias": true)", R"({"quant_method": "fp8"})"));
  CHECK(plain.at("model.layers.*.mlp.up_proj.bias") == u64{3} * 512 * 2);
}

TEST_CASE("bits on average are assumed, a layout is exact", "[checkpoint_plan]") {
  const auto basis = [](const std::string& quantization) {
    const Plan plan = ask_config(config_of("", quantization)).plan();
    const Term weights = estimate_rank(plan, plan.ranks[0], true).tree.children.at(0);
    ByBasis sums;
    add_by_basis(weights, sums);
    return sums;
  };
  const u64 linears = 3 * (4 * 256 * 256 + 3 * 256 * 512), head = 1000 * 256, rest = 2 * (1000 * 256 + 7 * 256);
  CHECK(basis(R"({"quant_method": "exl3", "bits": 4, "head_bits": 4})").assumed == 0);
  const ByBasis average = basis(R"({"quant_method": "exl2", "bits": 4, "head_bits": 6})");
  CHECK(average.exact == rest);
  CHECK(average.assumed >= linears / 2 + head * 6 / 8);
  CHECK(average.assumed < linears / 2 + head * 6 / 8 + 22 * 500);  // the last thousand of a matrix is counted whole
}

TEST_CASE("an unknown method quantises nothing, and says so", "[checkpoint_plan]") {
  const std::string config = config_of("", R"({"quant_method": "new_method", "bits": 4})");
  CHECK(formats_of(config, "up_proj") == Layers{{"bf16", 3}});
  const Plan plan = ask_config(config).plan();
  bool said = false;
  for (const Notice& notice : plan.notices) said = said || (notice.code == "unknown_quantization" && notice.message.find("new_method") != std::string::npos);
  CHECK(said);
}

TEST_CASE("random models, shapes and lists have the bytes of the published formulas", "[checkpoint_plan]") {
  u64 seed = 1234567;
  const auto draw = [&seed](u64 least, u64 most) {
    seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
    return least + seed % (most - least + 1);
  };
  const auto up = [](u64 a, u64 b) { return (a + b - 1) / b; };
  for (int turn = 0; turn < 60; ++turn) {
    const u64 hidden = 32 * draw(1, 40), inner = 8 * draw(1, 300), layers = draw(1, 12), bits = draw(2, 8), group = 16 * draw(1, 20), kept = draw(0,
        layers - 1);
    const std::string quantization = R"({"quant_method": "gptq", "bits": )" + digits(bits) + ", \"group_size\": " + digits(group) +
        R"(, "dynamic": {"-:.*layers\\.)" + digits(kept) + R"(\\.mlp.*": {}}})";
    const std::string config = R"({"model_type": "llama", "dtype": "float16", "num_attention_heads": 4, "vocab_size": 77, "max_position_embeddings": 64, "hidden_size": )" + digits(hidden) +
                               ", \"intermediate_size\": " + digits(inner) + ", \"num_hidden_layers\": " + digits(layers) + ", \"quantization_config\": " +
                                   quantization + "}";
    INFO(config);
    const auto linear = [&](u64 in, u64 out) { return 4 * up(in * bits, 32) * out + 4 * up(in, group) * up(out * bits, 32) + 2 * up(in, group) * out +
        4 * in; };
    const u64 attention = 4 * linear(hidden, hidden), mlp = 2 * linear(hidden, inner) + linear(inner, hidden);
    const u64 rest = 2 * (2 * 77 * hidden + hidden * (2 * layers + 1)) + 2 * 3 * hidden * inner;
    const Plan plan = ask_config(config).plan();
    CHECK(estimate_rank(plan, plan.ranks[0], false).weights_bytes == layers * attention + (layers - 1) * mlp + rest);
  }
}
