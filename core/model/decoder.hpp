#pragma once
/// A decoder-only transformer as its family declares it, before it becomes a ModelSpec: which blocks, with which numbers,
/// and which layers are sliding or sparse. Families change fields; `assemble` alone builds layers.

#include <optional>
#include <string_view>
#include <vector>

#include "model/config_reader.hpp"
#include "model/model_spec.hpp"

namespace plimsoll {

struct ClassDefaults;

/// Where a family keeps its modules. Prefixes are as a checkpoint writes them.
struct DecoderNames {
  std::string_view embedding = "model.embed_tokens", positions{}, layers = "model.layers", final_norm = "model.norm", head = "lm_head";
  std::string_view attention = "self_attn", mlp = "mlp", experts = "mlp";
  std::string_view attention_norm = "input_layernorm", post_attention_norm{}, mlp_norm = "post_attention_layernorm", post_mlp_norm{};
};
inline constexpr DecoderNames default_decoder_names{};
/// Since Gemma 2: a norm after each half as well.
inline constexpr DecoderNames sandwich_decoder_names{.post_attention_norm = "post_attention_layernorm", .mlp_norm = "pre_feedforward_layernorm",
                                                     .post_mlp_norm = "post_feedforward_layernorm"};

struct Decoder {
  u32 hidden_size = 0, vocab_size = 0, num_hidden_layers = 0, max_position_embeddings = 0;
  bool tie_word_embeddings = false;
  Mixer attention{GroupedQueryAttention{}};
  std::optional<u32> sliding_window;       ///< of the layers marked below
  std::vector<bool> sliding;               ///< one for each layer
  std::vector<bool> rotary;                ///< empty: every layer turns its keys
  Mlp mlp;
  std::optional<MixtureOfExperts> experts;
  std::vector<bool> sparse;                ///< one for each layer; empty: every layer, if there are experts
  NormKind norm = NormKind::rms;
  Residual residual = Residual::pre_norm;
  MaskSet mask_set = MaskSet::one;
  bool keeps_attention_output = false, rotary_table_per_kind = false;
  bool residual_multiplier = false, logit_soft_cap = false, logit_scale = false, embedding_multiplier = false;
  bool embedding_multiplier_tensor = false, embedding_dropout = false;
  u32 num_mtp_layers = 0;
  const DecoderNames* names = &default_decoder_names;

  [[nodiscard]] GroupedQueryAttention& grouped() { return *std::get_if<GroupedQueryAttention>(&attention); }
};

/// The keys that nearly every decoder shares: widths, heads, vocabulary, tying, gated MLP, sliding window, layer_types.
Decoder read_decoder(ConfigReader& config, const ClassDefaults& defaults);

/// Layer numbers (0-based) for which `rule(number)` holds.
template <class Rule>
std::vector<bool> layers_where(const Decoder& decoder, Rule rule) {
  std::vector<bool> out(decoder.num_hidden_layers);
  for (u32 i = 0; i < decoder.num_hidden_layers; ++i) out[i] = rule(i);
  return out;
}

/// Marks sliding layers from config.layer_types where given, else those of the rule (first layer 0). Without a window: none.
void slide_where(ConfigReader& config, Decoder& decoder, bool (*rule)(u32 layer, u32 parameter), u32 parameter);

/// The share of each head that the rotary embedding turns, from `rope_parameters` or the older keys.
void read_partial_rotary(ConfigReader& config, Decoder& decoder, std::string_view older_key, double otherwise);

/// Sparse layers as Qwen's classes choose them: every `decoder_sparse_step`-th, less `mlp_only_layers`.
void read_sparse_step(ConfigReader& config, Decoder& decoder);
/// Sparse layers as DeepSeek's classes choose them: all after the first `first_k_dense_replace`.
void read_leading_dense(ConfigReader& config, Decoder& decoder, u32 otherwise);

/// The activation function named by a key, "hidden_act" mostly.
/// Errors  out_of_range for a name that is not known
Mlp::Activation read_activation(ConfigReader& config, std::string_view key, std::string_view otherwise);

/// Layers, each distinct one once, from a decoder. Errors are left in the reader.
ModelSpec assemble(ConfigReader& config, const Decoder& decoder);

}  // namespace plimsoll
