// AQLM, VPTQ and SpQR: tables of centroids and lists of outliers, whose sizes the file states.
#include <algorithm>

#include "storage/quantization_methods.hpp"

namespace plimsoll {
namespace {

/// Adds a module's format to an entry that is equal, or as a new one: most layers of a checkpoint are alike.
void add_module(CheckpointQuantization& out, std::string_view format, Parameters parameters, std::string_view module, NameLanguage language) {
  for (QuantizedModules& each : out.modules)
    if (each.format == format && each.parameters == parameters && each.language == language) return void(each.targets.emplace_back(module));
  out.modules.push_back({.format = format, .parameters = std::move(parameters), .targets = {std::string(module)}, .language = language});
}

constexpr u64 most = ~u32{0};
u32 product(u64 a, u64 b, u64 c = 1) { return static_cast<u32>(std::min(std::min(a * b, most) * c, most)); }

u32 log2_of(u64 entries) {
  u32 bits = 0;
  for (; entries > 1 && bits < 24; entries /= 2) ++bits;
  return bits;
}

/// A number of a pair: outliers' and the rest's; -1 is none.
u64 of_pair(const Settings& layer, std::string_view key, std::size_t at) { return std::min<u64>(layer[key].at(at).whole().value_or(0), 1U << 24); }

void read_vptq_layer(Settings& layer, CheckpointQuantization& out, std::string_view module, NameLanguage language) {
  const u64 vector = of_pair(layer, "vector_lens", 1), entries = of_pair(layer, "num_centroids", 1), residual = of_pair(layer, "num_res_centroids", 1);
  const u64 outlier_vector = of_pair(layer, "vector_lens", 0), outlier_entries = of_pair(layer, "num_centroids", 0);
  const u32 group = layer.number("group_size"), groups = layer.number_or("group_num", 1), outliers = layer.number_or("outlier_size", 0);
  const std::string_view missing = vector == 0 ? "vector_lens" : "num_centroids";
  if (vector == 0 || entries == 0) layer.fail(make_error(Say::field_missing, layer.path() + "." + std::string(missing), {missing}));
  const bool apart = outlier_vector > 1 && outlier_entries > 0;
  const u64 words = ceil_div(u64{group} * (log2_of(entries) + log2_of(residual)), 32).value;
  add_module(out, "vptq",
             {{"vector", static_cast<u32>(vector)}, {"index_words", product(groups, words)}, {"centroid_entries", product(groups, entries, vector)},
              {"residual_entries", product(groups, residual, vector)}, {"outliers", apart ? outliers : 0}, {"outlier_vector", static_cast<u32>(outlier_vector)},
              {"outlier_entries", apart ? product(outlier_entries, outlier_vector) : 0}, {"permuted", layer["enable_perm"].boolean() == false ? 0U : 1U},
              {"normed", layer["enable_norm"].boolean() == false ? 0U : 1U}},
             module, language);
}

}  // namespace

void read_aqlm(Settings& settings, CheckpointQuantization& out) {
  const u32 codebooks = settings.number("num_codebooks"), bits = std::min(settings.number("nbits_per_codebook"), 20U);
  const u32 in_group = settings.number("in_group_size"), out_group = settings.number("out_group_size");
  const u64 entries = u64{std::min(codebooks, 64U)} * (u64{1} << bits) * std::min(in_group, 1024U) * std::min(out_group, 1024U);
  out.modules.push_back({.format = "aqlm",
                         .parameters = {{"codebook_entries", static_cast<u32>(std::min<u64>(entries, ~0U))}, {"code_bits", bits <= 8 ? 8U : 16U},
                                        {"out_group", out_group}, {"in_group", in_group}, {"codebooks", codebooks}}});
  out.ignored = settings.names({"linear_weights_not_to_quantize"}).value_or(std::vector<std::string>{});
  out.loaded.head = out.stored.head = true;
}

void read_vptq(Settings& settings, CheckpointQuantization& out) {
  for (const std::string key : {"config_for_layers", "shared_layer_config"}) {
    const JsonView layers = settings[key];
    for (std::size_t i = 0; i < layers.size(); ++i) {
      const std::string name(layers.key_at(i));
      Settings layer(layers.at(i), settings.path() + "." + key + "." + std::string(cut(name, 80)));
      if (key == "config_for_layers") read_vptq_layer(layer, out, name, NameLanguage::path);
      else read_vptq_layer(layer, out, "[^.]*[.]" + name + "[.]", NameLanguage::regex);  // Transformers asks for the second piece of a name
      if (layer.error()) return settings.fail(*layer.error());
    }
  }
  if (out.modules.empty()) settings.fail(make_error(Say::field_missing, settings.path() + ".config_for_layers", {"config_for_layers"}));
  read_skip_list(settings, out, {"modules_to_not_convert"});
}

void read_spqr(Settings& settings, CheckpointQuantization& out) {
  static constexpr std::string_view tiles = ".dense_weights.shape";
  const JsonView shapes = settings["shapes"];
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    const std::string_view key = shapes.key_at(i);
    if (!key.ends_with(tiles)) continue;
    const std::string module(key.substr(0, key.size() - tiles.size()));
    Settings inside = settings.inside("shapes");
    const u32 words = inside.number(key), offsets = inside.number(module + ".row_offsets.shape");
    add_module(out, "spqr", {{"tiles", words}, {"row_offsets", offsets}, {"outliers", inside.number_or(module + ".col_vals.shape", 0)},
                             {"order", inside.number_or(module + ".in_perm.shape", 0)}}, module, NameLanguage::path);
    if (inside.error()) return settings.fail(*inside.error());
  }
  if (out.modules.empty()) settings.fail(make_error(Say::field_missing, settings.path() + ".shapes", {"shapes"}));
  read_skip_list(settings, out, {"modules_to_not_convert"});
  out.caution = Caution::refused;
}

}  // namespace plimsoll
