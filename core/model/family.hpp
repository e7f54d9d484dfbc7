#pragma once
/// What a family file supplies: a declaration, and code only where the family departs from the shared decoder.

#include <span>
#include <string_view>

#include "model/config_reader.hpp"
#include "model/decoder.hpp"

namespace plimsoll {

/// Defaults of the model class in Transformers for keys that a config.json may leave out. Zero: the class has none.
struct ClassDefaults {
  u32 vocab_size = 0, hidden_size = 0, intermediate_size = 0, num_hidden_layers = 0, num_attention_heads = 0;
  u32 num_key_value_heads = 0;  ///< 0: as many as query heads
  u32 head_dim = 0;             ///< 0: hidden_size / num_attention_heads
  u32 max_position_embeddings = 0;
  u32 sliding_window = 0;       ///< 0: none
  bool tie_word_embeddings = false;
  std::string_view hidden_act = "silu";
};

/// One file under families/ defines one of these; its id equals the file's name, and the build collects them.
struct Family {
  std::string_view id;
  std::span<const std::string_view> model_types;  ///< config.json "model_type" values it claims
  bool liger = false;  ///< Liger patches its classes: MODEL_TYPE_TO_APPLY_LIGER_FN
  GgufArchitecture gguf{};
  ClassDefaults defaults{};
  std::span<const KeyAlias> aliases{};
  /// Departures from the shared decoder, which has already been read by its usual keys; may be null.
  void (*depart)(ConfigReader& config, Decoder& decoder) = nullptr;
  /// Catalogue source of the reference implementation; the default is Transformers' folder of the family's name.
  std::string_view source = "transformers-models";
};

/// All families, in the order of their ids. The definition is written by the build from the folder's listing.
std::span<const Family* const> families();

/// The family that claims a model_type; null when none does.
const Family* find_family(std::string_view model_type);
/// The claimed model_type closest to a misspelt one, by edit distance.
std::string_view nearest_model_type(std::string_view model_type);

}  // namespace plimsoll
