// GPTQ, AWQ, AutoRound, HQQ, MLX and FP8: one packing each, with settings for modules by name.
#include <algorithm>

#include "storage/quantization_methods.hpp"

namespace plimsoll {
namespace {

/// AWQ's GEMV orders pad groups so that 1,024 inputs have whole words of zero points.
Parameters awq_parameters(u32 bits, u32 group, bool gemv) {
  if (!gemv) return {{"bits", bits}, {"group_size", group}};
  const u32 words = group == 0 || group >= 128 ? 1 : std::max(1U, 128 / group);
  return {{"group_size", group}, {"padded_groups", 8 * words}, {"padded_zero_bits", 32 * words}, {"padded_scale_bits", 128 * words}};
}

/// AutoRound finds a key that is no module's name anywhere in one; a plain name ends where a module's does.
std::string searched(std::string_view key) {
  const bool plain = key.find_first_of("*+?[]()|^$\\") == std::string_view::npos;
  return ".*(?:" + std::string(key) + (plain ? ")(?![^.])" : ")");
}

/// Settings of their own for modules by name; 16 bits and more, false and "-:" leave them alone.
void read_exceptions(Settings& settings, JsonView list, CheckpointQuantization& out, bool search, std::string_view format, u32 bits, u32 group) {
  for (std::size_t i = 0; i < list.size(); ++i) {
    std::string_view name = list.key_at(i);
    const bool leaves = name.starts_with("-:");
    if (leaves || name.starts_with("+:")) name.remove_prefix(2);
    Settings own(list.at(i), settings.path() + "." + std::string(cut(name, 80)));
    const u32 own_bits = leaves ? 16 : own.number_or("bits", bits), own_group = own.has("group_size") ? own.number_or("group_size", 0) : group;
    if (own.error()) return settings.fail(*own.error());
    QuantizedModules modules{.format = own_bits >= 16 ? "" : format, .targets = {search ? searched(name) : std::string(name)},
                             .language = NameLanguage::regex};
    if (format == "auto_round") modules.parameters = {{"bits_of_32", 32 * own_bits}, {"group_size", own_group}};
    else modules.parameters = {{"bits", own_bits}, {"group_size", own_group}};
    out.modules.push_back(std::move(modules));
  }
}

Parameters hqq_parameters(Settings& settings) {
  const u32 bits = settings.number("nbits"), group = settings.number_or("group_size", 0), axis = settings["axis"].whole().value_or(1) == 0 ? 0 : 1;
  const bool tens = bits == 3, along = group != 0 && axis == 1, across = group != 0 && axis == 0;
  const u32 packed = tens ? 32 * ((group + 9) / 10) : group * std::min(bits, 8U) / 8 * 8;
  return {{"bits", std::min(bits, 8U)}, {"group_size", group}, {"by_bytes_along_groups", along && !tens ? 1U : 0U},
          {"by_tens_along_groups", along && tens ? 1U : 0U},
          {"across_groups", across ? 1U : 0U}, {"group_bits", packed}, {"by_bytes_along_outputs", group == 0 && !tens ? 1U : 0U},
          {"by_tens_along_outputs", group == 0 && tens ? 1U : 0U}, {"output_scales", group == 0 && axis == 1 ? 1U : 0U},
          {"input_scales", group == 0 && axis == 0 ? 1U : 0U}};
}

struct MlxFormat {
  std::string_view id;
  u32 bits, group;
};
MlxFormat mlx_format(std::string_view mode, u32 bits, u32 group) {
  if (mode == "mxfp4" || mode == "nvfp4") return {"mlx_fp", 4, mode == "nvfp4" ? 16U : 32U};
  if (mode == "mxfp8") return {"mlx_fp", 8, 32};
  return {"mlx", bits, group};
}
QuantizedModules mlx_modules(const MlxFormat& format) { return {.format = format.id, .parameters = {{"bits", format.bits}, {"group_size", format.group}}}; }

}  // namespace

void read_gptq(Settings& settings, CheckpointQuantization& out) {
  const u32 bits = settings.number("bits"), group = settings.number_or("group_size", 0);
  const bool head = settings.flag("lm_head");
  out.loaded.head = out.stored.head = head;
  read_exceptions(settings, settings["dynamic"], out, false, "gptq", bits, group);
  QuantizedModules modules{.format = "gptq", .parameters = {{"bits", bits}, {"group_size", group}}, .language = NameLanguage::ending};
  const JsonView inside = settings["modules_in_block_to_quantize"];
  for (std::size_t i = 0; i < inside.size(); ++i) {
    if (const auto name = inside.at(i).string()) modules.targets.emplace_back(*name);
    for (std::size_t j = 0; j < inside.at(i).size(); ++j)
      if (const auto name = inside.at(i).at(j).string()) modules.targets.emplace_back(*name);
  }
  out.modules.push_back(std::move(modules));
}

void read_awq(Settings& settings, CheckpointQuantization& out) {
  const u32 bits = settings.number({"bits", "w_bit"});
  const u32 group = settings.number_or(settings.has("q_group_size") ? "q_group_size" : "group_size", 0);
  std::string version(settings.text("version"));
  std::transform(version.begin(), version.end(), version.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  const bool gemv = version == "gemv" || version == "gemv_fast" || version == "llm-awq";
  out.modules.push_back({.format = !gemv ? "awq_gemm" : version == "gemv" ? "awq_gemv" : "awq_gemv_fast", .parameters = awq_parameters(bits, group, gemv)});
  out.ignored = settings.names({"modules_to_not_convert"}).value_or(std::vector<std::string>{});  // beside the head, always
}

void read_auto_round(Settings& settings, CheckpointQuantization& out) {
  const u32 bits = settings.number("bits"), group = settings.number_or("group_size", 0);
  if (const std::string_view type = settings.text("data_type"); !type.empty() && !type.starts_with("int")) {  // MX and NV floats have layouts of their own
    out.caution = Caution::unknown;
    out.least_bits = std::min(bits, 32U);
    return;
  }
  const bool awq = settings.text("packing_format").find("awq") != std::string_view::npos;
  const std::string_view format = awq ? "awq_gemm" : "auto_round";
  read_exceptions(settings, settings["extra_config"], out, true, format, bits, group);
  QuantizedModules modules{.format = format, .parameters = {{"bits_of_32", 32 * bits}, {"group_size", group}}, .language = NameLanguage::path};
  if (awq) modules.parameters = awq_parameters(bits, group, false);
  out.modules.push_back(std::move(modules));
}

void read_hqq(Settings& settings, CheckpointQuantization& out) {
  const Settings by_name = settings.inside("quant_config");
  const auto parameters_of = [&](const Settings& holder) {
    Settings weights = holder.inside("weight_quant_params");
    Parameters read = hqq_parameters(weights);
    if (weights.error()) settings.fail(*weights.error());
    return read;
  };
  if (by_name.has("weight_quant_params")) {
    out.modules.push_back({.format = "hqq", .parameters = parameters_of(by_name)});
  } else {
    for (std::size_t i = 0; i < by_name.json().size(); ++i) {
      const std::string_view name = by_name.json().key_at(i);
      out.modules.push_back({.format = "hqq", .parameters = parameters_of(by_name.inside(name)), .targets = {std::string(name)},
                             .language = NameLanguage::ending});
    }
  }
  if (out.modules.empty()) settings.fail(make_error(Say::field_missing, settings.path() + ".quant_config", {"quant_config"}));
  out.ignored = settings.names({"skip_modules"}).value_or(std::vector<std::string>{"lm_head"});
  out.loaded.head = out.stored.head = true;
  out.caution = Caution::refused;
}

void read_sinq(Settings& settings, CheckpointQuantization& out) {
  const u32 bits = settings.number_or("nbits", 4);
  if (bits > 8 || bits == 7) return settings.fail(make_error(Say::unknown_word, settings.path() + ".nbits", {digits(bits), "1, 2, 3, 4, 5, 6, 8"}));
  out.modules.push_back({.format = "sinq", .parameters = {{"bits", bits}, {"group_size", settings.number_or("group_size", 64)},
                                                          {"per_word", bits == 3 ? 10U : bits == 5 ? 6U : bits == 6 ? 5U : 0U},
                                                          {"squares", settings.text("tiling_mode") == "2D" ? 1U : 0U}}});
  out.ignored = settings.names({"modules_to_not_convert"}).value_or(std::vector<std::string>{});
  out.loaded.head = out.stored.head = true;  // no default list
}

void read_mlx(Settings& settings, CheckpointQuantization& out) {
  const std::string_view mode = settings.text("mode");
  const bool fixed = mode == "mxfp4" || mode == "nvfp4" || mode == "mxfp8";
  const u32 bits = fixed ? 4 : settings.number("bits"), group = fixed ? 32 : settings.number("group_size");
  for (std::size_t i = 0; i < settings.json().size(); ++i) {
    const JsonView value = settings.json().at(i);
    const std::string name(settings.json().key_at(i));
    QuantizedModules own;
    if (value.kind() == JsonView::Kind::object) {
      Settings inner = settings.inside(name);
      const std::string_view own_mode = inner.text("mode").empty() ? mode : inner.text("mode");
      own = mlx_modules(mlx_format(own_mode, inner.number_or("bits", bits), inner.number_or("group_size", group)));
      if (inner.error()) return settings.fail(*inner.error());
    } else if (value.boolean() != false) {
      continue;
    }
    own.targets = {name};
    own.language = NameLanguage::path;
    out.modules.push_back(std::move(own));
  }
  out.modules.push_back(mlx_modules(mlx_format(mode, bits, group)));
  out.loaded = out.stored = {.head = true, .embeddings = true, .routers = true, .experts = true};
  out.caution = Caution::not_loaded;
}

void read_fp8(Settings& settings, CheckpointQuantization& out) {
  if (settings.has("quantized_layers") || settings.has("moe_quant_algo")) read_modelopt(settings, out);
  const JsonView block = settings["weight_block_size"];
  const bool blocks = block.size() == 2 && block.at(0).whole().value_or(0) > 0 && block.at(1).whole().value_or(0) > 0;
  const auto side = [&](std::size_t i) { return blocks ? static_cast<u32>(std::min<u64>(*block.at(i).whole(), 1U << 20)) : 0U; };
  const u32 scale_bits = settings.text("scale_fmt") == "ue8m0" ? 8 : 32;
  out.modules.push_back({.format = "finegrained_fp8",
                         .parameters = {{"scale_outputs", side(0)}, {"scale_inputs", side(1)}, {"scale_bits", scale_bits},
                                        {"static_inputs", settings.text("activation_scheme") == "static" ? 1U : 0U}}});
  if (out.ignored.empty()) read_skip_list(settings, out, {"modules_to_not_convert", "ignored_layers"});
  if (settings.text("expert_dtype") == "fp4")
    out.modules.insert(out.modules.begin(), {.format = "finegrained_fp4", .parameters = {{"scale_bits", scale_bits}}, .of = QuantizedModules::Of::experts});
  out.loaded.experts = true;
  out.caution = Caution::needs_device;
}

}  // namespace plimsoll
