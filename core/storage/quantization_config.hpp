#pragma once
/// What a checkpoint says of its own quantisation: quantization_config of config.json, hf_quant_config.json, quantize_config.json, and
/// MLX's "quantization".

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "json.hpp"
#include "result.hpp"
#include "storage/format_template.hpp"

namespace plimsoll {

/// How the names in a method's lists are compared with the name of a module.
enum class NameLanguage : u8 {
  modules,             ///< Transformers: a regular expression from the start to a module's boundary, or the end of the name as plain text
  compressed_tensors,  ///< "re:" and a regular expression, or a whole name
  regex,               ///< a regular expression from the start
  glob,                ///< a glob over the name, or over one of the modules that hold it
  whole_glob,          ///< a glob over the whole name
  path,                ///< a whole name, or that of a module that holds it
  ending               ///< the last pieces of the name, with any numbers left out: "self_attn.q_proj"
};
bool holds_name(NameLanguage language, std::string_view entry, std::string_view module);

/// Modules that are stored alike; of several entries the first that holds a module wins.
struct QuantizedModules {
  enum class Of : u8 { any, experts, others, head, embeddings };
  std::string_view format;           ///< id in the catalogue; empty: left in the model's type
  Parameters parameters{};
  Of of = Of::any;
  std::vector<std::string> targets{};  ///< empty: every module that the method reaches
  NameLanguage language = NameLanguage::modules;
};

/// Which kinds of module a method replaces, lists apart; nn.Linear inside layers always.
struct Reach {
  bool head = false, embeddings = false, routers = false, experts = false;
};

/// What a reader must know of a method beside its bytes. Each has a notice.
enum class Caution : u8 { none, dense_after_forward, unpacked_when_loaded, not_loaded, refused, needs_device, average_bits, unknown };

struct CheckpointQuantization {
  std::string method;                     ///< as the file names it
  std::vector<QuantizedModules> modules;
  std::vector<std::string> ignored;       ///< names of modules that are left in the model's type
  NameLanguage language = NameLanguage::modules;
  Reach loaded{}, stored{};               ///< by Transformers in memory, and in the checkpoint
  Caution caution = Caution::none;
  u32 least_bits = 1;                     ///< of an unknown method: what a weight takes at least, as far as the file says

  [[nodiscard]] bool known() const { return caution != Caution::unknown; }
};

/// The word for a checkpoint's own quantisation where a format is asked for.
inline constexpr std::string_view as_checkpoint = "checkpoint";

/// Finds and reads the quantisation of a config.json, at top level or inside text_config; nothing where there is none.
///
/// Assumes  a method that is not known has layouts that are not: it is named, and nothing is taken as quantised
/// Errors   missing_field, wrong_type for a setting without which the method's layout is not known, with its place below `path`
/// Source   transformers-quantization-config and each format's own source
/// Tested   tests/core/quantization_config_test.cpp
Result<std::optional<CheckpointQuantization>> find_quantization(JsonView config, const std::string& path);

/// The same of the object itself.
Result<CheckpointQuantization> read_quantization(JsonView settings, const std::string& path);

}  // namespace plimsoll
