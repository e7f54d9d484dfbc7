// compressed-tensors, ModelOpt and torchao: files that describe each group of modules by its numbers.
#include <algorithm>
#include <array>

#include "storage/quantization_methods.hpp"

namespace plimsoll {
namespace {

/// Outputs and inputs that share a scale; 0: all of them.
struct Scales {
  u32 outputs = 0, inputs = 0;
};
u32 side_of(JsonView side) { return static_cast<u32>(std::min<u64>(side.whole().value_or(0), 1U << 20)); }

Scales scales_of(Settings& weights, std::string_view strategy) {
  if (strategy == "channel") return {1, 0};
  if (strategy == "group" || strategy == "tensor_group") return {1, weights.number("group_size")};
  const JsonView block = weights["block_structure"];
  if (strategy == "block" && block.size() == 2)
    return {side_of(block.at(0)), side_of(block.at(1))};
  return {};
}

/// Whether inputs are quantised with a scale that is stored.
u32 static_inputs(const Settings& inputs) {
  if (!inputs.json().present()) return 0;
  const JsonView dynamic = inputs["dynamic"];
  return dynamic.boolean() == true || (dynamic.string() && *dynamic.string() != "local") ? 0U : 1U;
}

/// One of compressed-tensors' config_groups.
QuantizedModules ct_group(Settings& group, std::string_view overall_format) {
  Settings weights = group.inside("weights");
  if (!weights.json().present()) return {};
  const std::string_view format = group.text("format").empty() ? overall_format : group.text("format");
  const std::string_view strategy = !weights.text("strategy").empty() ? weights.text("strategy") : weights.has("group_size") ? "group" : "tensor";
  const u32 bits = weights.number("num_bits");
  const u32 fixed = static_inputs(group.inside("input_activations"));
  const bool asymmetric = weights["symmetric"].boolean() == false, floating = weights.text("type") == "float";
  const Scales scales = scales_of(weights, strategy);
  if (weights.error()) group.fail(*weights.error());
  if (format == "dense") return {};
  if (floating && (format == "nvfp4-pack-quantized" || (bits == 4 && strategy == "tensor_group")))
    return {.format = "ct_nvfp4", .parameters = {{"static_inputs", fixed}}};
  if (floating && (format.starts_with("mxfp8") || (bits == 8 && strategy == "group" && scales.inputs == 32))) return {.format = "ct_mxfp8"};
  if (floating && bits < 8) return {.format = "ct_mxfp", .parameters = {{"bits", bits}}};
  if (floating) return {.format = "ct_fp8", .parameters = {{"scale_outputs", scales.outputs}, {"scale_inputs", scales.inputs}, {"static_inputs", fixed}}};
  if (format == "int-quantized" || format == "naive-quantized")
    return {.format = "ct_int8", .parameters = {{"scale_outputs", scales.outputs}, {"scale_inputs", scales.inputs}, {"static_inputs", fixed},
                                                {"zero_point", asymmetric ? 1U : 0U}}};
  return {.format = "ct_packed", .parameters = {{"bits", bits}, {"group_size", scales.inputs}, {"zero_point", asymmetric ? 1U : 0U},
                                                {"group_index", weights.text("actorder") == "group" ? 1U : 0U}}};
}

/// What a ModelOpt algorithm stores; nothing where its layout is not known.
std::optional<QuantizedModules> modelopt_modules(std::string_view algorithm, u32 group) {
  const auto fp8 = [](u32 outputs, u32 inputs, u32 fixed) {
    return QuantizedModules{.format = "modelopt_fp8", .parameters = {{"scale_outputs", outputs}, {"scale_inputs", inputs}, {"static_inputs", fixed}}};
  };
  const auto nvfp4 = [](u32 fixed) { return QuantizedModules{.format = "modelopt_nvfp4", .parameters = {{"static_inputs", fixed}}}; };
  const auto int4 = [group](u32 fixed) { return QuantizedModules{.format = "modelopt_int4", .parameters = {{"group_size", group}, {"static_inputs", fixed}}}; };
  if (algorithm == "NVFP4" || algorithm == "NVFP4_AWQ" || algorithm == "NVFP4_SVD") return nvfp4(1);
  if (algorithm == "W4A16_NVFP4") return nvfp4(0);
  if (algorithm == "FP8") return fp8(0, 0, 1);
  if (algorithm == "FP8_PER_CHANNEL_PER_TOKEN") return fp8(1, 0, 0);
  if (algorithm == "FP8_PB_WO" || algorithm == "FP8_PB_REAL") return fp8(128, 128, 0);
  if (algorithm == "W4A16_AWQ" || algorithm == "INT4_AWQ") return int4(0);
  if (algorithm == "W4A8_AWQ") return int4(1);
  if (algorithm == "W8A8_SQ_PER_CHANNEL" || algorithm == "INT8_SQ") return QuantizedModules{.format = "modelopt_int8"};
  if (algorithm == "MXFP4" || algorithm == "W4A8_MXFP4_FP8") return QuantizedModules{.format = "modelopt_mxfp", .parameters = {{"bits", 4}}};
  if (algorithm == "MXFP8") return QuantizedModules{.format = "modelopt_mxfp", .parameters = {{"bits", 8}}};
  return std::nullopt;
}

std::string known_algorithms() { return "FP8, FP8_PB_WO, FP8_PER_CHANNEL_PER_TOKEN, NVFP4, W4A16_AWQ, W4A8_AWQ, W8A8_SQ_PER_CHANNEL, MXFP4, MXFP8"; }

/// The algorithm that a group's numbers mean, where only they are written.
std::string_view algorithm_of(const Settings& weights) {
  const u64 bits = weights["num_bits"].whole().value_or(0);
  if (weights.text("type") != "float") return bits == 4 ? "W4A16_AWQ" : "W8A8_SQ_PER_CHANNEL";
  return bits == 4 ? (weights["group_size"].whole().value_or(16) == 32 ? "MXFP4" : "NVFP4") : "FP8";
}

u32 one_if(bool condition) { return condition ? 1U : 0U; }

/// A layer of Quark's; nothing for a type or scheme whose layout is not here.
std::optional<QuantizedModules> quark_modules(const Settings& layer) {
  QuantizedModules out{.language = NameLanguage::whole_glob};
  const Settings weight = layer.inside("weight");
  if (!weight.json().present()) return out;
  const std::string_view type = weight.text("dtype"), scheme = weight.text("qscheme");
  const bool words = type == "int4" || type == "uint4", bytes = type == "int8" || type == "uint8";
  const bool groups = scheme == "per_group", whole = scheme == "per_tensor";
  const u32 bits = words || type == "fp4" ? 4 : bytes || type == "fp8_e4m3" || type == "fp8_e5m2" ? 8 : type.starts_with("fp6_") ? 6 : 0;
  const u32 group = side_of(weight["group_size"]);
  const JsonView block = weight["block_size"];
  const bool blocks = scheme == "per_block" && block.size() == 2, exponents = weight.text("scale_format") == "e8m0";
  if (bits == 0 || (groups && group == 0) || (whole && words) || !(groups || blocks || whole || scheme == "per_channel")) return std::nullopt;
  const auto wide = [](const Settings& tensor) { return tensor.text("scale_type") == "float32"; };
  out.format = "quark";
  out.parameters = {{"bits", bits}, {"words", one_if(words)}, {"words_along_inputs", one_if(words && !groups)},
                    {"words_along_outputs", one_if(words && groups)}, {"zeros", one_if(bytes)}, {"scale_outputs", blocks ? side_of(block.at(0)) : one_if(!whole)},
                    {"scale_inputs", blocks ? side_of(block.at(1)) : groups ? group : 0}, {"exponents", one_if(exponents)},
                    {"wide_scales", one_if(!exponents && wide(weight))}, {"narrow_scales", one_if(!exponents && !wide(weight))}};
  const auto add = [&](const Settings& tensor, std::array<std::string_view, 4> names) {
    const bool fixed = tensor["is_dynamic"].boolean() == false;
    out.parameters.insert(out.parameters.end(), {{names[0], one_if(fixed)}, {names[1], one_if(fixed && wide(tensor))},
                                                 {names[2], one_if(fixed && !wide(tensor))},
                                                 {names[3], one_if(fixed && tensor.text("dtype").ends_with("int8"))}});
  };
  add(layer.inside("input_tensors"), {"static_inputs", "wide_inputs", "narrow_inputs", "input_zero"});
  add(layer.inside("output_tensors"), {"static_outputs", "wide_outputs", "narrow_outputs", "output_zero"});
  return out;
}

void read_torchao_type(Settings& settings, CheckpointQuantization& out, std::string_view type, Settings& values) {
  const auto group = [&](u32 otherwise) { return values.number_or("group_size", otherwise); };
  const auto has = [&](std::string_view word) { return type.find(word) != std::string_view::npos; };
  if (has("Int4WeightOnly") || has("int4_weight_only")) {
    const u32 g = group(128);
    const JsonView packing = values["int4_packing_format"];
    const std::string_view name = packing.string() ? *packing.string() : packing["_data"].string().value_or("");
    const bool named = name.find("tile_packed") != std::string_view::npos || name.find("TILE_PACKED") != std::string_view::npos;
    const bool tiles = name.empty() ? type == "int4_weight_only" : named;
    if (tiles) out.modules.push_back({.format = "torchao_int4_tiles", .parameters = {{"group_size", g}, {"tile_scales", 16384 / std::min(g, 16384U)}}});
    else out.modules.push_back({.format = "torchao_int4", .parameters = {{"group_size", g}}});
  } else if (has("IntxWeightOnly") || has("ActivationIntxWeight")) {
    const JsonView granularity = values[has("ActivationIntx") ? "weight_granularity" : "granularity"];
    Settings inner(granularity["_data"], values.path());
    const u32 g = inner.has("group_size") ? inner.number("group_size") : has("ActivationIntx") && !granularity.present() ? 32 : 0;
    out.modules.push_back({.format = "torchao_intx", .parameters = {{"group_size", g}, {"multiple", std::max(g, 1U)}}});
  } else if (has("Float8WeightOnly") || has("float8_weight_only")) {
    out.modules.push_back({.format = "torchao_fp8", .parameters = {{"scale_outputs", 1}, {"multiple", 1}}});
  } else if (has("Float8Dynamic") || has("float8_dynamic")) {
    const bool rows = values["granularity"].shown().find("PerRow") != std::string::npos || values["granularity"]["_type"].string().value_or("") == "PerRow" ||
                      values["granularity"].at(0)["_type"].string().value_or("") == "PerRow";
    out.modules.push_back({.format = "torchao_fp8", .parameters = {{"scale_outputs", rows ? 1U : 0U}, {"multiple", 16}}});
  } else if (has("Int8WeightOnly") || has("Int8DynamicActivationInt8") || has("int8_weight_only") || has("int8_dynamic_activation_int8")) {
    out.modules.push_back({.format = "torchao_int8"});
  } else {
    out.caution = Caution::unknown;
  }
  if (values.error()) settings.fail(*values.error());
}

}  // namespace

void read_compressed_tensors(Settings& outer, CheckpointQuantization& out) {
  Settings settings = outer.has("quantization_config") ? outer.inside("quantization_config") : outer;  // beside sparsity_config
  out.language = NameLanguage::compressed_tensors;
  out.ignored = settings.names({"ignore"}).value_or(std::vector<std::string>{});
  const JsonView groups = settings["config_groups"];
  for (std::size_t i = 0; i < groups.size(); ++i) {
    Settings group(groups.at(i), settings.path() + ".config_groups." + std::string(cut(groups.key_at(i), 40)));
    QuantizedModules modules = ct_group(group, settings.text("format"));
    if (group.error()) return outer.fail(*group.error());
    modules.language = NameLanguage::compressed_tensors;
    const auto targets = group.names({"targets"}).value_or(std::vector<std::string>{"Linear"});
    if (std::find(targets.begin(), targets.end(), "Linear") == targets.end()) modules.targets = targets;
    out.modules.push_back(std::move(modules));
  }
  out.loaded.head = out.stored.head = true;
  out.caution = out.modules.empty() ? Caution::none : Caution::dense_after_forward;
  const std::string_view sparsity = outer.inside("sparsity_config").text("format");
  if (settings.text("format") == "marlin-24" || settings.text("format").starts_with("sparse") || (!sparsity.empty() && sparsity != "dense")) {
    out.modules.clear();  // half of the weights and which half: a layout that is not here
    out.caution = Caution::unknown;
  }
}

void read_modelopt(Settings& outer, CheckpointQuantization& out) {
  Settings settings = outer.has("quantization") ? outer.inside("quantization") : outer;  // hf_quant_config.json has it one level below
  out.language = NameLanguage::glob;
  out.ignored = settings.names({"ignore", "exclude_modules"}).value_or(std::vector<std::string>{});
  const u32 group = settings.number_or("group_size", 128);
  const auto add = [&](std::string_view algorithm, u32 own_group, std::vector<std::string> targets, const std::string& where) {
    auto modules = modelopt_modules(algorithm, own_group);
    if (!modules) return settings.fail(make_error(Say::unknown_word, where, {cut(algorithm, 40), known_algorithms()}));
    modules->targets = std::move(targets);
    modules->language = NameLanguage::glob;
    out.modules.push_back(std::move(*modules));
  };
  const JsonView layers = settings["quantized_layers"], groups = settings["config_groups"];
  for (std::size_t i = 0; i < layers.size(); ++i) {
    Settings layer(layers.at(i), settings.path() + ".quantized_layers." + std::string(cut(layers.key_at(i), 80)));
    add(layer.text("quant_algo"), layer.number_or("group_size", group), {std::string(layers.key_at(i))}, layer.path() + ".quant_algo");
  }
  const std::string_view algorithm = settings.text("quant_algo");
  const bool mixed = algorithm == "MIXED_PRECISION";
  for (std::size_t i = 0; i < groups.size() && (mixed || algorithm.empty()) && layers.size() == 0; ++i) {
    const Settings each(groups.at(i), settings.path() + ".config_groups");
    const Settings weights = each.inside("weights");
    auto targets = each.names({"targets"}).value_or(std::vector<std::string>{});
    if (std::find(targets.begin(), targets.end(), "Linear") != targets.end()) targets.clear();
    add(algorithm_of(weights), group, std::move(targets), each.path());
  }
  if (mixed && out.modules.empty() && !settings.error())
    settings.fail(make_error(Say::field_missing, settings.path() + ".quantized_layers", {"quantized_layers"}));
  if (!mixed && !algorithm.empty()) add(algorithm, group, {}, settings.path() + ".quant_algo");
  out.loaded = out.stored = {.head = true, .experts = true};
  out.caution = Caution::not_loaded;
  if (settings.error()) outer.fail(*settings.error());
}

void read_quark(Settings& settings, CheckpointQuantization& out) {
  if (!settings.has("global_quant_config"))
    return settings.fail(make_error(Say::field_missing, settings.path() + ".global_quant_config", {"global_quant_config"}));
  const Settings layers = settings.inside("layer_quant_config");
  for (std::size_t i = 0; i <= layers.json().size(); ++i) {
    const bool named = i < layers.json().size();
    const auto read = quark_modules(named ? layers.inside(layers.json().key_at(i)) : settings.inside("global_quant_config"));
    if (!read) return void(out = {.method = out.method, .caution = Caution::unknown});
    out.modules.push_back(*read);
    if (named) out.modules.back().targets.emplace_back(layers.json().key_at(i));
  }
  out.language = NameLanguage::whole_glob;
  out.ignored = settings.names({"exclude"}).value_or(std::vector<std::string>{});
  out.loaded.head = out.stored.head = true;
}

/// A config for each module: its name, "re:" and an expression, or "_default" for the rest.
void read_torchao_modules(Settings& settings, CheckpointQuantization& out, JsonView by_name) {
  constexpr std::string_view rest = "_default", weight = ".weight";
  for (const bool named : {true, false})
    for (std::size_t i = 0; i < by_name.size(); ++i) {
      std::string_view name = by_name.key_at(i);
      if ((name != rest) != named || out.caution == Caution::unknown) continue;
      Settings values(by_name.at(i)["_data"], settings.path() + "." + std::string(cut(name, 80)));
      if (by_name.at(i).present()) read_torchao_type(settings, out, by_name.at(i)["_type"].string().value_or(""), values);
      else out.modules.push_back({.format = ""});
      if (!named || out.modules.empty()) continue;
      if (name.ends_with(weight)) name.remove_suffix(weight.size());
      out.modules.back().targets = {std::string(name)};
      out.modules.back().language = NameLanguage::compressed_tensors;
    }
}

void read_torchao(Settings& settings, CheckpointQuantization& out) {
  read_skip_list(settings, out, {"modules_to_not_convert"});
  const JsonView type = settings["quant_type"];
  for (const std::string_view key : {"module_fqn_to_config", "fqn_to_config"})
    if (const JsonView by_name = type["default"]["_data"][key]; by_name.present()) return read_torchao_modules(settings, out, by_name);
  Settings values = type.string() ? settings.inside("quant_type_kwargs") : Settings(type["default"]["_data"], settings.path() + ".quant_type.default");
  read_torchao_type(settings, out, type.string() ? *type.string() : type["default"]["_type"].string().value_or(""), values);
  if (settings.flag("include_input_output_embeddings")) out.loaded.embeddings = out.stored.embeddings = out.loaded.head = out.stored.head = true;
}

}  // namespace plimsoll
