// Follows transformers/utils/quantization_config.py and each library's own reader.
#include "storage/quantization_config.hpp"

#include <algorithm>

#include "storage/name_pattern.hpp"
#include "storage/quantization_methods.hpp"

namespace plimsoll {
namespace {

constexpr u32 largest_setting = 1U << 24;

/// Whether `entry` is the name of the module or of one that holds it: "model.layers.1" holds "model.layers.1.mlp", not "model.layers.11".
bool holds_path(std::string_view entry, std::string_view module) {
  return module.starts_with(entry) && (module.size() == entry.size() || module[entry.size()] == '.');
}

/// fnmatch over the name, and over the names of the modules around it.
bool holds_glob(std::string_view entry, std::string_view module) {
  for (;;) {
    if (glob_matches(entry, module)) return true;
    const std::size_t dot = module.rfind('.');
    if (dot == std::string_view::npos) return false;
    module = module.substr(0, dot);
  }
}

std::string without_numbers(std::string_view module) {
  std::string out;
  while (!module.empty()) {
    const std::size_t dot = std::min(module.find('.'), module.size());
    const std::string_view piece = module.substr(0, dot);
    if (piece.find_first_not_of("0123456789") != std::string_view::npos) out += (out.empty() ? "" : ".") + std::string(piece);
    module.remove_prefix(std::min(dot + 1, module.size()));
  }
  return out;
}

void read_mxfp4(Settings& settings, CheckpointQuantization& out) {
  out.modules.push_back({.format = "mxfp4", .of = QuantizedModules::Of::experts});
  read_skip_list(settings, out, {"modules_to_not_convert"});
  out.loaded.experts = out.stored.experts = true;
  out.caution = Caution::needs_device;
}

void read_bitsandbytes(Settings& settings, CheckpointQuantization& out) {
  if (settings.flag("load_in_8bit") || settings.flag("_load_in_8bit")) {
    out.modules.push_back({.format = "bnb_int8"});
  } else {
    const bool twice = settings.flag("bnb_4bit_use_double_quant"), nf4 = settings.text("bnb_4bit_quant_type") == "nf4";
    out.modules.push_back({.format = nf4 ? (twice ? "nf4_double_quant" : "nf4") : (twice ? "fp4_double_quant" : "fp4")});
  }
  read_skip_list(settings, out, {"llm_int8_skip_modules"});
}

/// One format without settings.
template <std::size_t N>
struct Id {
  char text[N];
  constexpr Id(const char (&from)[N]) { std::copy_n(from, N, text); }
};
template <Id format>
void read_plain(Settings& settings, CheckpointQuantization& out) {
  out.modules.push_back({.format = format.text});
  read_skip_list(settings, out, {"modules_to_not_convert"});
}

void read_bitnet(Settings& settings, CheckpointQuantization& out) {
  const bool unpacks = settings.text("linear_class") == "autobitlinear" && settings.text("quantization_mode") == "offline";
  const bool online = settings.text("linear_class") == "autobitlinear" && !unpacks;
  out.modules.push_back({.format = online ? "" : unpacks ? "bitnet_unpacked" : "bitnet"});
  if (unpacks) out.caution = Caution::unpacked_when_loaded;
  read_skip_list(settings, out, {"modules_to_not_convert"});
}

void read_quanto(Settings& settings, CheckpointQuantization& out) {
  const std::string_view weights = settings.text("weights");
  if (weights == "int8" || weights == "float8") out.modules.push_back({.format = "quanto_8bit"});
  else if (weights == "int4" || weights == "int2") out.modules.push_back({.format = "quanto_packed", .parameters = {{"bits", weights == "int4" ? 4U : 2U}}});
  else settings.fail(make_error(Say::unknown_word, settings.path() + ".weights", {cut(weights, 40), "int8, int4, int2, float8"}));
  read_skip_list(settings, out, {"modules_to_not_convert"});
}

void read_higgs(Settings& settings, CheckpointQuantization& out) {
  const u32 bits = std::min(settings.number("bits"), 8U), entries = 1U << bits;
  out.modules.push_back({.format = "higgs", .parameters = {{"bits", bits}, {"group_size", settings.number("group_size")}, {"entries", entries},
                                                           {"pair_entries", 2 * entries * entries}}});
  read_skip_list(settings, out, {"modules_to_not_convert"});
}

void read_metal(Settings& settings, CheckpointQuantization& out) {
  out.modules.push_back({.format = "metal", .parameters = {{"bits", settings.number_or("bits", 4)}, {"group_size", settings.number_or("group_size", 64)}}});
  read_skip_list(settings, out, {"modules_to_not_convert"});
}

void read_fp_quant(Settings& settings, CheckpointQuantization& out) {
  const bool nvfp4 = settings.text("forward_dtype") == "nvfp4";
  const u32 width = std::min(settings.number_or("hadamard_group_size", 32), 4096U);
  out.modules.push_back({.format = "fp_quant", .parameters = {{"group_size", nvfp4 ? 16U : 32U}, {"matrix_entries", width * width}}});
  read_skip_list(settings, out, {"modules_to_not_convert"});
}

void read_gemma(Settings& settings, CheckpointQuantization& out) {
  const u32 bits = settings.number_or("num_bits", 4);
  const JsonView by_name = settings["module_quant_configs"];
  for (std::size_t i = 0; i <= by_name.size(); ++i) {
    Settings own(by_name.at(i), settings.path() + ".module_quant_configs");
    const u32 own_bits = own.number_or("num_bits", bits);
    std::vector<std::string> targets;
    if (i < by_name.size()) targets.push_back(".*(?:" + std::string(by_name.key_at(i)) + ")");
    for (const bool embedding : {true, false})
      out.modules.push_back({.format = embedding ? "gemma_embedding" : "gemma_linear", .parameters = {{"bits", own_bits}},
                             .of = embedding ? QuantizedModules::Of::embeddings : QuantizedModules::Of::others, .targets = targets,
                             .language = NameLanguage::regex});
  }
  read_skip_list(settings, out, {"modules_to_not_convert"});
  out.loaded.embeddings = out.stored.embeddings = settings.flag("quantize_embeddings");
}

/// The share of a layer's bits that the method aims at; every layer has others.
u32 thousandths(JsonView bits) {
  const double number = bits.number().value_or(0);
  return number > 0 && number <= 32 ? static_cast<u32>(number * 1000 + 0.5) : 0;
}

void read_exl(Settings& settings, CheckpointQuantization& out, bool tiles) {
  const u32 average = thousandths(settings["bits"]), head = settings.number_or("head_bits", 6);
  if (average == 0) return settings.fail(make_error(Say::field_missing, settings.path() + ".bits", {"bits"}));
  const bool same = tiles && average % 1000 == 0;
  const auto whole_bits = [](u32 bits) { return Parameters{{"tile_bits", 256 * std::min(bits, 16U)}}; };
  if (tiles) out.modules.push_back({.format = "exl3", .parameters = whole_bits(head), .of = QuantizedModules::Of::head});
  else out.modules.push_back({.format = "average_bits", .parameters = {{"thousandths", 1000 * std::min(head, 32U)}}, .of = QuantizedModules::Of::head});
  if (same) out.modules.push_back({.format = "exl3", .parameters = whole_bits(average / 1000)});
  else out.modules.push_back({.format = "average_bits", .parameters = {{"thousandths", average}}});
  out.loaded = out.stored = {.head = true, .experts = true};
  out.caution = same ? Caution::not_loaded : Caution::average_bits;
}
void read_exl2(Settings& settings, CheckpointQuantization& out) { read_exl(settings, out, false); }
void read_exl3(Settings& settings, CheckpointQuantization& out) { read_exl(settings, out, true); }

constexpr auto methods = std::to_array<Method>({
    {"aqlm", read_aqlm}, {"auto-round", read_auto_round}, {"intel/auto-round", read_auto_round}, {"awq", read_awq}, {"bitnet", read_bitnet},
    {"bitsandbytes", read_bitsandbytes}, {"compressed-tensors", read_compressed_tensors}, {"eetq", read_plain<"eetq">}, {"exl2", read_exl2},
    {"exl3", read_exl3},
    {"fbgemm_fp8", read_plain<"fbgemm_fp8">}, {"fp8", read_fp8}, {"fp_quant", read_fp_quant}, {"gemma", read_gemma}, {"gptq", read_gptq},
    {"higgs", read_higgs}, {"hqq", read_hqq},
    {"metal", read_metal}, {"mlx", read_mlx}, {"modelopt", read_modelopt}, {"modelopt_fp4", read_modelopt}, {"mxfp4", read_mxfp4}, {"quanto", read_quanto},
    {"quark", read_quark}, {"sinq", read_sinq}, {"spqr", read_spqr}, {"torchao", read_torchao}, {"vptq", read_vptq},
});

/// The method of a file that does not name it: such files are written by one program each.
std::string_view method_of(const Settings& settings) {
  if (const std::string_view named = settings.text("quant_method"); !named.empty()) return named;
  if (settings.has("quant_algo") || settings["quantization"]["quant_algo"].present() || settings.inside("producer").text("name") == "modelopt")
    return "modelopt";
  if (settings.flag("load_in_4bit") || settings.flag("load_in_8bit")) return "bitsandbytes";
  if (settings.has("config_groups")) return "compressed-tensors";
  if (settings.has("w_bit") || settings.has("q_group_size")) return "awq";
  if (settings.has("bits") && (settings.has("desc_act") || settings.has("damp_percent"))) return "gptq";
  if (settings.has("bits") && settings.has("group_size")) return "mlx";
  return "";
}

}  // namespace

bool holds_name(NameLanguage language, std::string_view entry, std::string_view module) {
  switch (language) {
    case NameLanguage::modules:
      return regex_matches(entry, module, true) || (!entry.empty() && module.ends_with(entry)) || (entry.starts_with('*') && holds_glob(entry, module));
    case NameLanguage::compressed_tensors: return entry.starts_with("re:") ? regex_matches(entry.substr(3), module) : entry == module;
    case NameLanguage::regex: return regex_matches(entry, module);
    case NameLanguage::glob: return holds_glob(entry, module);
    case NameLanguage::whole_glob: return glob_matches(entry, module);
    case NameLanguage::path: return holds_path(entry, module);
    case NameLanguage::ending: return without_numbers(module).ends_with(entry);
  }
  return false;
}

u32 Settings::number(std::initializer_list<std::string_view> keys) {
  for (const std::string_view key : keys) {
    const JsonView value = json_[key];
    if (!value.present()) continue;
    const auto whole = value.whole();
    if (whole && *whole > 0 && *whole <= largest_setting) return static_cast<u32>(*whole);
    fail(whole && *whole > 0 ? make_error(Say::above_most, path_ + "." + std::string(key), {value.shown(), digits(largest_setting)})
         : whole             ? make_error(Say::below_least, path_ + "." + std::string(key), {value.shown(), "1"})
                             : make_error(Say::not_whole, path_ + "." + std::string(key), {value.shown()}));
    return 1;
  }
  fail(make_error(Say::field_missing, path_ + "." + std::string(*keys.begin()), {*keys.begin()}));
  return 1;
}

u32 Settings::number_or(std::string_view key, u32 otherwise) {
  const auto number = json_[key].number();
  return !json_[key].present() || (number && *number <= 0) ? otherwise : this->number({key});
}

std::optional<std::vector<std::string>> Settings::names(std::initializer_list<std::string_view> keys) const {
  for (const std::string_view key : keys) {
    const JsonView list = json_[key];
    if (list.kind() != JsonView::Kind::array) continue;
    std::vector<std::string> out;
    for (std::size_t i = 0; i < list.size(); ++i)
      if (const auto name = list.at(i).string(); name && !name->empty()) out.emplace_back(*name);
    return out;
  }
  return std::nullopt;
}

void read_skip_list(const Settings& settings, CheckpointQuantization& out, std::initializer_list<std::string_view> keys) {
  const auto listed = settings.names(keys);
  out.loaded.head = out.stored.head = listed.has_value();
  if (listed) out.ignored = *listed;
}

Result<CheckpointQuantization> read_quantization(JsonView json, const std::string& path) {
  if (json.kind() != JsonView::Kind::object) return make_error(Say::not_an_object, path, {json.shown()});
  Settings settings(json, path);
  CheckpointQuantization out;
  const std::string_view method = method_of(settings);
  out.method = std::string(method.empty() ? "?" : cut(method, 40));
  out.stored.experts = true;
  const auto* known = std::find_if(methods.begin(), methods.end(), [&](const Method& each) { return each.name == method; });
  if (known == methods.end()) {
    out.caution = Caution::unknown;
    for (const std::string_view key : {"bits", "nbits", "w_bit", "weight_bits", "num_bits"})
      if (const auto bits = settings[key].whole(); bits && *bits > 0 && *bits <= 32) out.least_bits = static_cast<u32>(*bits);
    return out;
  }
  known->read(settings, out);
  if (settings.error()) return *settings.error();
  return out;
}

Result<std::optional<CheckpointQuantization>> find_quantization(JsonView config, const std::string& path) {
  struct Place {
    JsonView holder;
    std::string path;
  };
  for (const Place& place : {Place{config, path}, Place{config["text_config"], path + ".text_config"}})
    for (const std::string_view key : {"quantization", "quantization_config", "compression_config"}) {
      const JsonView settings = place.holder[key];
      if (!settings.present() || (settings.size() == 0 && settings.kind() == JsonView::Kind::object)) continue;
      PLIMSOLL_TRY(CheckpointQuantization read, read_quantization(settings, place.path + "." + std::string(key)));
      if (config["expert_dtype"].string().value_or("") == "fp4" && read.method == "fp8" && read.modules.size() == 1) {
        const Parameters scale{{"scale_bits", value_of(read.modules[0].parameters, "scale_bits").value_or(8)}};
        read.modules.insert(read.modules.begin(), {.format = "finegrained_fp4", .parameters = scale, .of = QuantizedModules::Of::experts});
      }
      return std::optional<CheckpointQuantization>(std::move(read));
    }
  return std::optional<CheckpointQuantization>();
}

}  // namespace plimsoll
