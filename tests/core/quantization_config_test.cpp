#include "storage/quantization_config.hpp"

#include "session.hpp"

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

CheckpointQuantization read(std::string_view settings) {
  const JsonDocument document = json(settings);
  const auto made = read_quantization(document.root(), "config.quantization_config");
  INFO(settings);
  if (!made.ok()) FAIL(made.error().where << ": " << made.error().message);
  return made.value();
}

Error refused(std::string_view settings) {
  const JsonDocument document = json(settings);
  const auto made = read_quantization(document.root(), "config.quantization_config");
  INFO(settings);
  REQUIRE_FALSE(made.ok());
  return made.error();
}

u32 parameter(const QuantizedModules& modules, std::string_view name) {
  CAPTURE(name);
  const auto found = value_of(modules.parameters, name);
  REQUIRE(found.has_value());
  return *found;
}

std::string_view format_of(std::string_view settings) { return read(settings).modules.back().format; }

}  // namespace

TEST_CASE("every method is read to its format", "[quantization_config]") {
  CHECK(format_of(R"({"quant_method": "bitsandbytes", "load_in_8bit": true})") == "bnb_int8");
  CHECK(format_of(R"({"quant_method": "bitsandbytes", "load_in_4bit": true})") == "fp4");
  CHECK(format_of(R"({"_load_in_4bit": true, "load_in_4bit": true, "bnb_4bit_quant_type": "nf4", "bnb_4bit_use_double_quant": true})") == "nf4_double_quant");
  CHECK(format_of(R"({"quant_method": "gptq", "bits": 3, "group_size": 64})") == "gptq");
  CHECK(format_of(R"({"quant_method": "awq", "bits": 4, "group_size": 128, "version": "gemm"})") == "awq_gemm");
  CHECK(format_of(R"({"quant_method": "awq", "bits": 4, "group_size": 128, "version": "GEMV"})") == "awq_gemv");
  CHECK(format_of(R"({"quant_method": "awq", "bits": 4, "group_size": 128, "version": "gemv_fast"})") == "awq_gemv_fast");
  CHECK(format_of(R"({"quant_method": "auto-round", "bits": 4, "group_size": 128, "packing_format": "auto_round:auto_gptq"})") == "auto_round");
  CHECK(format_of(R"({"quant_method": "intel/auto-round", "bits": 4, "group_size": 128, "packing_format": "auto_round:auto_awq"})") == "awq_gemm");
  CHECK(format_of(R"({"quant_method": "fp8", "weight_block_size": [128, 128]})") == "finegrained_fp8");
  CHECK(format_of(R"({"quant_method": "fbgemm_fp8"})") == "fbgemm_fp8");
  CHECK(format_of(R"({"quant_method": "eetq"})") == "eetq");
  CHECK(format_of(R"({"quant_method": "mxfp4"})") == "mxfp4");
  CHECK(format_of(R"({"quant_method": "hqq", "quant_config": {"weight_quant_params": {"nbits": 4, "group_size": 64}}})") == "hqq");
  CHECK(format_of(R"({"quant_method": "quanto", "weights": "int4"})") == "quanto_packed");
  CHECK(format_of(R"({"quant_method": "quanto", "weights": "float8"})") == "quanto_8bit");
  CHECK(format_of(R"({"quant_method": "aqlm", "num_codebooks": 2, "nbits_per_codebook": 8, "in_group_size": 8, "out_group_size": 1})") == "aqlm");
  CHECK(format_of(R"({"quant_method": "bitnet", "linear_class": "autobitlinear", "quantization_mode": "offline"})") == "bitnet_unpacked");
  CHECK(format_of(R"({"quant_method": "bitnet"})") == "bitnet");
  CHECK(format_of(R"({"quant_method": "torchao", "quant_type": "int8_weight_only"})") == "torchao_int8");
  CHECK(format_of(R"({"quant_method": "torchao", "quant_type": "int4_weight_only", "quant_type_kwargs": {"group_size": 32}})") == "torchao_int4_tiles");
  CHECK(format_of(R"({"quant_method": "torchao", "quant_type": {"default": {"_type": "Float8WeightOnlyConfig", "_data": {}}}})") == "torchao_fp8");
  CHECK(format_of(R"({"quant_method": "exl2", "bits": 7.0, "head_bits": 8})") == "average_bits");
  CHECK(format_of(R"({"quant_method": "exl3", "bits": 4, "head_bits": 6})") == "exl3");
  CHECK(format_of(R"({"quant_method": "exl3", "bits": 3.5, "head_bits": 6})") == "average_bits");
  CHECK(format_of(R"({"bits": 4, "group_size": 64})") == "mlx");
  CHECK(format_of(R"({"bits": 4, "group_size": 32, "mode": "mxfp4"})") == "mlx_fp");
  CHECK(format_of(R"({"quant_method": "higgs", "bits": 4, "group_size": 256})") == "higgs");
  CHECK(format_of(R"({"quant_method": "metal"})") == "metal");
  CHECK(format_of(R"({"quant_method": "fp_quant", "forward_dtype": "nvfp4"})") == "fp_quant");
}

TEST_CASE("a file without the method's name is known by its keys", "[quantization_config]") {
  CHECK(format_of(R"({"bits": 4, "group_size": 128, "damp_percent": 0.01, "desc_act": false, "sym": true})") == "gptq");
  CHECK(format_of(R"({"zero_point": true, "q_group_size": 128, "w_bit": 4, "version": "GEMM"})") == "awq_gemm");
  CHECK(format_of(R"({"producer": {"name": "modelopt", "version": "0.29"}, "quantization": {"quant_algo": "NVFP4", "group_size": 16, "exclude_modules": ["lm_head"]}})") == "modelopt_nvfp4");
  CHECK(format_of(R"({"quant_algo": "FP8", "ignore": ["lm_head"], "producer": {"name": "modelopt"}})") == "modelopt_fp8");
  const CheckpointQuantization file = read(R"({"producer": {"name": "modelopt"}, "quantization": {"quant_algo": "FP8", "kv_cache_quant_algo": "FP8", "exclude_modules": ["lm_head"]}})");
  CHECK(file.ignored == std::vector<std::string>{"lm_head"});
}

TEST_CASE("settings become parameters", "[quantization_config]") {
  const CheckpointQuantization whole_rows = read(R"({"quant_method": "gptq", "bits": 4, "group_size": -1})");
  CHECK(parameter(whole_rows.modules[0], "group_size") == 0);
  const CheckpointQuantization gemv = read(R"({"quant_method": "awq", "bits": 4, "group_size": 64, "version": "gemv"})");
  CHECK(parameter(gemv.modules[0], "padded_groups") == 16);
  CHECK(parameter(gemv.modules[0], "padded_zero_bits") == 64);
  const CheckpointQuantization e8m0 = read(R"({"quant_method": "fp8", "weight_block_size": [128, 64], "scale_fmt": "ue8m0", "activation_scheme": "static"})");
  CHECK(parameter(e8m0.modules[0], "scale_outputs") == 128);
  CHECK(parameter(e8m0.modules[0], "scale_inputs") == 64);
  CHECK(parameter(e8m0.modules[0], "scale_bits") == 8);
  CHECK(parameter(e8m0.modules[0], "static_inputs") == 1);
  const CheckpointQuantization tensor = read(R"({"quant_method": "fp8", "weight_block_size": null})");
  CHECK(parameter(tensor.modules[0], "scale_outputs") == 0);
}

TEST_CASE("compressed-tensors is read group by group", "[quantization_config]") {
  const auto group = [](const std::string& weights, const std::string& format, const std::string& rest = "") {
    return read(R"({"quant_method": "compressed-tensors", "format": ")" + format + R"(", "config_groups": {"group_0": {"targets": ["Linear"], "weights": )" +
                weights + rest + "}}}").modules[0];
  };
  const QuantizedModules packed = group(R"({"num_bits": 4, "type": "int", "strategy": "group", "group_size": 32, "symmetric": false, "actorder": "group"})",
                                        "pack-quantized");
  CHECK(packed.format == "ct_packed");
  CHECK(packed.targets.empty());
  CHECK(parameter(packed, "group_size") == 32);
  CHECK(parameter(packed, "zero_point") == 1);
  CHECK(parameter(packed, "group_index") == 1);
  CHECK(parameter(group(R"({"num_bits": 8, "type": "int", "strategy": "channel"})", "int-quantized"), "scale_outputs") == 1);
  const QuantizedModules block = group(R"({"num_bits": 8, "type": "float", "strategy": "block", "block_structure": [128, 128]})", "float-quantized",
                                       R"(, "input_activations": {"dynamic": true})");
  CHECK(block.format == "ct_fp8");
  CHECK(parameter(block, "scale_inputs") == 128);
  CHECK(parameter(block, "static_inputs") == 0);
  CHECK(parameter(group(R"({"num_bits": 8, "type": "float", "strategy": "tensor"})", "float-quantized", R"(, "input_activations": {"dynamic": false})"),
                  "static_inputs") == 1);
  CHECK(parameter(group(R"({"num_bits": 4, "type": "float", "strategy": "tensor_group", "group_size": 16})", "nvfp4-pack-quantized",
                        R"(, "input_activations": {"dynamic": "local"})"), "static_inputs") == 1);
  CHECK(group(R"({"num_bits": 4, "type": "float", "strategy": "group", "group_size": 32})", "mxfp4-pack-quantized").format == "ct_mxfp");
  CHECK(group("null", "dense").format.empty());
  const CheckpointQuantization mixed = read(R"({"quant_method": "compressed-tensors", "format": "mixed-precision", "config_groups": {
      "group_0": {"format": "float-quantized", "targets": ["re:.*self_attn.*"], "weights": {"num_bits": 8, "type": "float", "strategy": "channel"}},
      "group_1": {"format": "nvfp4-pack-quantized", "targets": ["re:.*mlp.*"], "weights": {"num_bits": 4, "type": "float", "strategy": "tensor_group",
          "group_size": 16}}}})");
  REQUIRE(mixed.modules.size() == 2);
  CHECK(mixed.modules[0].targets == std::vector<std::string>{"re:.*self_attn.*"});
  CHECK(mixed.modules[1].format == "ct_nvfp4");
}

TEST_CASE("modules have settings of their own by name", "[quantization_config]") {
  const CheckpointQuantization gptq = read(R"({"quant_method": "gptq", "bits": 4, "group_size": 128, "dynamic": {"-:.*down_proj": {}, "+:.*\\.0\\..*": {"bits": 8, "group_size": 32}}})");
  REQUIRE(gptq.modules.size() == 3);
  CHECK(parameter(gptq.modules[0], "bits") == 8);
  CHECK(gptq.modules[1].format.empty());
  CHECK(gptq.modules[1].targets == std::vector<std::string>{".*down_proj"});
  const CheckpointQuantization mlx = read(R"({"bits": 4, "group_size": 64, "model.layers.0.mlp.gate": {"bits": 8, "group_size": 64}, "lm_head": false})");
  REQUIRE(mlx.modules.size() == 3);
  CHECK(mlx.modules[0].format.empty());
  CHECK(parameter(mlx.modules[1], "bits") == 8);
  CHECK(mlx.loaded.embeddings);
  const CheckpointQuantization round = read(R"({"quant_method": "auto-round", "bits": 4, "group_size": 128, "extra_config": {"model.layers.0.self_attn.q_proj": {"bits": 16}}})");
  CHECK(round.modules[0].format.empty());
  const CheckpointQuantization mixed = read(R"({"quant_method": "modelopt", "quant_algo": "MIXED_PRECISION", "quantized_layers": {
      "model.layers.0.mlp.up_proj": {"quant_algo": "NVFP4", "group_size": 16}, "model.layers.0.mlp.down_proj": {"quant_algo": "FP8"}}})");
  REQUIRE(mixed.modules.size() == 2);
  CHECK(mixed.modules[0].format == "modelopt_fp8");
}

TEST_CASE("settings are read where other writers put them", "[quantization_config]") {
  CHECK(read(R"({"quant_method": "gptq", "bits": 4, "group_size": 128, "modules_in_block_to_quantize": ["self_attn.q_proj", ["mlp.up_proj"]]})")
            .modules.back().targets == std::vector<std::string>{"self_attn.q_proj", "mlp.up_proj"});
  const std::string groups = R"({"config_groups": {"a": {"targets": ["Linear"], "weights": {"num_bits": 8, "type": "float", "strategy": "tensor"}}}})";
  CHECK(format_of(R"({"quant_method": "compressed-tensors", "quantization_config": )" + groups + "}") == "ct_fp8");
  CHECK_FALSE(read(R"({"quant_method": "compressed-tensors", "sparsity_config": {"format": "sparse-24-bitmask"}, "quantization_config": )" + groups + "}").known());
  CHECK(read(R"({"quant_method": "compressed-tensors", "sparsity_config": {"format": "dense"}, "quantization_config": )" + groups + "}").known());
  CHECK_FALSE(read(R"({"quant_method": "compressed-tensors", "format": "marlin-24", "config_groups": {"a": {"weights": {"num_bits": 4, "type": "int",
      "strategy": "group", "group_size": 128}}}})").known());
  CHECK(refused(R"({"quant_method": "modelopt", "quant_algo": "MIXED_PRECISION"})").where == "config.quantization_config.quantized_layers");
  const CheckpointQuantization mx = read(R"({"quant_method": "auto-round", "bits": 4, "group_size": 32, "data_type": "mx_fp"})");
  CHECK_FALSE(mx.known());
  CHECK(mx.least_bits == 4);
  const JsonDocument word = json(R"({"quantization_config": "awq"})");
  CHECK(find_quantization(word.root(), "config").error().where == "config.quantization_config");
}

TEST_CASE("AutoRound finds a key anywhere in a name, a plain one as whole pieces at its end", "[quantization_config]") {
  const auto holds = [](const std::string& key, std::string_view module) {
    const CheckpointQuantization round = read(R"({"quant_method": "auto-round", "bits": 4, "group_size": 128, "extra_config": {")" + key + R"(": {"bits": 8}}})");
    return holds_name(round.modules[0].language, round.modules[0].targets.at(0), module);
  };
  CHECK(holds("model.layers.0.mlp.up_proj", "model.layers.0.mlp.up_proj"));
  CHECK(holds("mlp.up_proj", "model.layers.0.mlp.up_proj"));
  CHECK(holds(".*down_proj", "model.layers.0.mlp.down_proj"));
  CHECK(holds("layers.[01].mlp", "model.layers.1.mlp.down_proj"));
  CHECK_FALSE(holds("mlp.gate", "model.layers.0.mlp.gate_proj"));
  CHECK_FALSE(holds("model.layers.1", "model.layers.11.mlp.gate_proj"));
  CHECK_FALSE(holds("layers.[01].mlp", "model.layers.2.mlp.down_proj"));
}

TEST_CASE("torchao's modules have configs by name, and the rest has the default", "[quantization_config]") {
  const CheckpointQuantization by_name = read(R"({"quant_method": "torchao", "quant_type": {"default": {"_type": "ModuleFqnToConfig", "_data": {
      "module_fqn_to_config": {"_default": {"_type": "Int8WeightOnlyConfig", "_data": {}}, "re:.*up_proj": {"_type": "Int4WeightOnlyConfig",
      "_data": {"group_size": 32}}, "model.layers.0.mlp.down_proj.weight": null}}}}})");
  REQUIRE(by_name.modules.size() == 3);
  CHECK(by_name.modules[1].format == "torchao_int4");
  CHECK(parameter(by_name.modules[1], "group_size") == 32);
  CHECK(by_name.modules[1].targets == std::vector<std::string>{"re:.*up_proj"});
  CHECK(by_name.modules[0].format.empty());
  CHECK(by_name.modules[0].targets == std::vector<std::string>{"model.layers.0.mlp.down_proj"});
  CHECK(by_name.modules[2].format == "torchao_int8");
  CHECK_FALSE(read(R"({"quant_method": "torchao", "quant_type": {"default": {"_type": "FqnToConfig", "_data": {"fqn_to_config": {"a": {"_type": "Odd",
      "_data": {}}}}}}})").known());
}

TEST_CASE("tables and outliers are read for each module, equal ones together", "[quantization_config]") {
  const std::string layer = R"({"vector_lens": [-1, 8], "num_centroids": [-1, 4096], "num_res_centroids": [-1, -1], "group_size": 64, "outlier_size": 0})";
  const CheckpointQuantization vptq = read(R"({"quant_method": "vptq", "config_for_layers": {"model.layers.0.mlp.up_proj": )" + layer +
                                           R"(, "model.layers.1.mlp.up_proj": )" + layer + R"(}, "shared_layer_config": {"layers": )" + layer + "}}");
  REQUIRE(vptq.modules.size() == 2);
  CHECK(vptq.modules[0].targets.size() == 2);
  CHECK(parameter(vptq.modules[0], "index_words") == 24);
  CHECK(holds_name(vptq.modules[1].language, vptq.modules[1].targets[0], "model.layers.5.mlp.up_proj"));
  CHECK_FALSE(holds_name(vptq.modules[1].language, vptq.modules[1].targets[0], "layers.5.mlp.up_proj"));
  CHECK(refused(R"({"quant_method": "vptq"})").where == "config.quantization_config.config_for_layers");
  CHECK(refused(R"({"quant_method": "vptq", "config_for_layers": {"a": {"vector_lens": [-1, 8], "num_centroids": [-1, 16]}}})").where ==
        "config.quantization_config.config_for_layers.a.group_size");
  CHECK(refused(R"({"quant_method": "vptq", "config_for_layers": {"a": {"vector_lens": [-1, -1], "num_centroids": [-1, 16], "group_size": 8}}})").where ==
        "config.quantization_config.config_for_layers.a.vector_lens");
  CHECK(refused(R"({"quant_method": "spqr", "bits": 3})").where == "config.quantization_config.shapes");
  CHECK(refused(R"({"quant_method": "spqr", "shapes": {"a.dense_weights.shape": 16}})").where == "config.quantization_config.shapes.a.row_offsets.shape");
  CHECK(read(R"({"quant_method": "spqr", "shapes": {"a.dense_weights.shape": 16, "a.row_offsets.shape": 17}})").caution == Caution::refused);
  CHECK(refused(R"({"quant_method": "sinq", "nbits": 7})").where == "config.quantization_config.nbits");
  CHECK(read(R"({"quant_method": "sinq"})").loaded.head);
}

TEST_CASE("Quark's layers have configs of their own, and a layout that is not known leaves none", "[quantization_config]") {
  const auto quark = [](const std::string& weight, const std::string& layers = "{}") {
    return read(R"({"quant_method": "quark", "exclude": ["lm_head", "*.gate"], "layer_quant_config": )" + layers +
                R"(, "global_quant_config": {"weight": )" + weight + R"(, "input_tensors": {"dtype": "fp8_e4m3", "is_dynamic": false, "scale_type": "float32"}}})");
  };
  const std::string fp8 = R"({"dtype": "fp8_e4m3", "qscheme": "per_tensor", "scale_type": "float"})";
  const CheckpointQuantization read_one = quark(fp8, R"({"*.down_proj": {"weight": null}})");
  REQUIRE(read_one.modules.size() == 2);
  CHECK(read_one.modules[0].format.empty());
  CHECK(read_one.modules[0].targets == std::vector<std::string>{"*.down_proj"});
  CHECK(parameter(read_one.modules[1], "scale_outputs") == 0);
  CHECK(parameter(read_one.modules[1], "narrow_scales") == 1);
  CHECK(parameter(read_one.modules[1], "wide_inputs") == 1);
  CHECK_FALSE(quark(R"({"dtype": "mx", "qscheme": "per_group", "group_size": 32})").known());
  CHECK_FALSE(quark(R"([{"dtype": "fp4"}, {"dtype": "fp8_e4m3"}])").known());
  CHECK(refused(R"({"quant_method": "quark"})").where == "config.quantization_config.global_quant_config");
}

TEST_CASE("lists replace Transformers' own, which keeps the head", "[quantization_config]") {
  CHECK_FALSE(read(R"({"quant_method": "fp8"})").loaded.head);
  CHECK(read(R"({"quant_method": "fp8", "modules_to_not_convert": ["x"]})").loaded.head);
  CHECK_FALSE(read(R"({"quant_method": "awq", "bits": 4, "group_size": 128, "modules_to_not_convert": ["x"]})").loaded.head);
  CHECK_FALSE(read(R"({"quant_method": "gptq", "bits": 4, "group_size": 128})").loaded.head);
  CHECK(read(R"({"quant_method": "gptq", "bits": 4, "group_size": 128, "lm_head": true})").loaded.head);
  CHECK(read(R"({"quant_method": "aqlm", "num_codebooks": 1, "nbits_per_codebook": 16, "in_group_size": 8, "out_group_size": 1, "linear_weights_not_to_quantize": ["lm_head.weight"]})").loaded.head);
  CHECK(read(R"({"quant_method": "fp8"})").loaded.experts);
  CHECK_FALSE(read(R"({"quant_method": "gptq", "bits": 4, "group_size": 128})").loaded.experts);
  CHECK(read(R"({"quant_method": "gptq", "bits": 4, "group_size": 128})").stored.experts);
}

TEST_CASE("an unknown method is named, with the bits that it states", "[quantization_config]") {
  const CheckpointQuantization unknown = read(R"({"quant_method": "qqq", "bits": 6})");
  CHECK(unknown.method == "qqq");
  CHECK_FALSE(unknown.known());
  CHECK(unknown.modules.empty());
  CHECK(unknown.least_bits == 6);
  CHECK_FALSE(read(R"({"something": 1})").known());
  CHECK_FALSE(read(R"({"quant_method": "torchao", "quant_type": "uintx_weight_only"})").known());
}

TEST_CASE("a setting that the layout needs is asked for, with its place", "[quantization_config]") {
  CHECK(refused(R"({"quant_method": "gptq"})").where == "config.quantization_config.bits");
  CHECK(refused(R"({"quant_method": "gptq", "bits": "four"})").code == ErrorCode::wrong_type);
  CHECK(refused(R"({"quant_method": "gptq", "bits": 0})").code == ErrorCode::out_of_range);
  CHECK(refused(R"({"quant_method": "gptq", "bits": 4, "group_size": 1e12})").code == ErrorCode::out_of_range);
  CHECK(refused(R"({"quant_method": "quanto", "weights": "int3"})").where == "config.quantization_config.weights");
  CHECK(refused(R"({"quant_method": "modelopt", "quant_algo": "W1A1"})").code == ErrorCode::out_of_range);
  CHECK(refused(R"({"quant_method": "hqq"})").code == ErrorCode::missing_field);
  CHECK(refused(R"({"quant_method": "exl2"})").code == ErrorCode::missing_field);
  CHECK(refused("[]").code == ErrorCode::wrong_type);
}

TEST_CASE("the quantisation of a config is found at its top, or inside text_config", "[quantization_config]") {
  const auto method = [](std::string_view config) {
    const JsonDocument document = json(config);
    const auto found = find_quantization(document.root(), "config");
    REQUIRE(found.ok());
    return found.value() ? found.value()->method : "";
  };
  CHECK(method(R"({"quantization_config": {"quant_method": "eetq"}})") == "eetq");
  CHECK(method(R"({"text_config": {"quantization_config": {"quant_method": "eetq"}}})") == "eetq");
  CHECK(method(R"({"quantization": {"bits": 4, "group_size": 64}, "quantization_config": {"bits": 4, "group_size": 64}})") == "mlx");
  CHECK(method(R"({"compression_config": {"config_groups": {}}})") == "compressed-tensors");
  CHECK(method(R"({"text_config": {}})").empty());
  const JsonDocument bad = json(R"({"text_config": {"quantization_config": {"quant_method": "gptq"}}})");
  CHECK(find_quantization(bad.root(), "config").error().where == "config.text_config.quantization_config.bits");
}

TEST_CASE("names are compared as each method compares them", "[quantization_config]") {
  using enum NameLanguage;
  const std::string_view up = "model.layers.1.mlp.up_proj";
  CHECK(holds_name(modules, "up_proj", up));
  CHECK(holds_name(modules, "model.layers.1", up));
  CHECK(holds_name(modules, "*mlp.up_proj", up));
  CHECK_FALSE(holds_name(modules, "mlp", up));
  CHECK(holds_name(compressed_tensors, "re:.*mlp.*", up));
  CHECK_FALSE(holds_name(compressed_tensors, "up_proj", up));
  CHECK(holds_name(glob, "model.layers.1*", up));
  CHECK(holds_name(glob, "model.layers.1", up));
  CHECK_FALSE(holds_name(glob, "layers.1", up));
  CHECK(holds_name(whole_glob, "*.up_proj", up));
  CHECK_FALSE(holds_name(whole_glob, "model.layers.1", up));
  CHECK(holds_name(path, "model.layers.1.mlp", up));
  CHECK_FALSE(holds_name(path, "model.layers.1.ml", up));
  CHECK(holds_name(ending, "mlp.up_proj", up));
  CHECK(holds_name(ending, "layers.mlp.up_proj", up));
  CHECK_FALSE(holds_name(modules, "", up));
}
