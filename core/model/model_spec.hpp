#pragma once
/// What a model is, once its config.json has been read: embedding, stacks of layers, head. Nothing after this asks for
/// model_type or for a Hugging Face key again.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/blocks.hpp"
#include "storage/quantization_config.hpp"
#include "vocabulary.hpp"

namespace plimsoll {

/// How a layer adds its two halves to the residual stream.
enum class Residual : u8 {
  pre_norm,   ///< x + attention(norm(x)), then x + mlp(norm(x))
  sandwich,   ///< Gemma 2: a norm after each half as well
  parallel,   ///< GPT-NeoX: x + attention(norm(x)) + mlp(norm(x))
};

/// Which attention masks a pass makes before its layers, used or not.
enum class MaskSet : u8 {
  one,              ///< a sliding one if layers slide, else a full one
  full_and_used,    ///< a full one, and a sliding one if any layer slides
  both,             ///< both, whatever the layers are
};

/// How a rotary embedding's frequencies are stretched for contexts beyond those of pre-training, where that makes tables.
enum class RotaryScaling : u8 { none, llama3, longrope };

/// What convert_hf_to_gguf and llama.cpp make of a family; facts of the program, not of the model.
struct GgufArchitecture {
  std::string_view name;                        ///< general.architecture; empty: the converter does not know the family
  enum class SeventyB : u8 { never, grouped_heads, always } seventy_b = SeventyB::never;  ///< whether 80 blocks are "70B" to llama.cpp
  RotaryScaling stretched = RotaryScaling::none;  ///< the scaling whose frequencies the converter writes as tensors
  std::string_view mlp_norm = "ffn_norm";       ///< the second of two norms
  u32 tokens = 0;                               ///< of the family's tokenizer, where its embedding has more rows; 0: as many
};

/// One distinct layer. `norms` are in the order of the layer: before attention, (after attention,) before the MLP, (after it).
struct LayerSpec {
  Named<Mixer> mixer;
  Named<FeedForward> feed_forward;
  std::vector<Norm> norms;
  Residual residual = Residual::pre_norm;
  bool residual_multiplier = false;  ///< Granite scales each half before adding it
  bool keeps_attention_output = false;  ///< the layer's code holds it to its end, after it was added
  bool operator==(const LayerSpec&) const = default;
};

/// Layers under one prefix. Equal layers are held once: `kind_of_layer[i]` says which of `kinds` layer i is.
struct Stack {
  std::string_view prefix;  ///< "model.layers"
  u32 first_index = 0;      ///< number of the first layer in the checkpoint's names
  std::vector<LayerSpec> kinds;
  std::vector<u16> kind_of_layer;
  Apart apart = Apart::no;

  [[nodiscard]] u64 count_of(std::size_t kind) const;
};

/// The multi-token prediction module around each layer of an `Apart::mtp` stack: two norms, a projection of both inputs
/// together, an embedding and a head of its own.
struct MtpModule {
  std::string_view embedding = "embed_tokens", embedding_norm = "enorm", hidden_norm = "hnorm", projection = "eh_proj";
  std::string_view head_norm = "shared_head.norm", head = "shared_head.head";
};

struct ModelSpec {
  std::string model_type;  ///< for display only; branching on it is a bug
  std::string_view family, source;
  bool liger = false;      ///< Liger has kernels for the class
  u32 hidden_size = 0, vocab_size = 0, max_position_embeddings = 0;
  std::string_view embedding_name;
  std::string_view position_name;  ///< empty: no learned positions
  u32 position_rows = 0;
  std::vector<Stack> stacks;       ///< the text decoder first
  Norm final_norm;
  std::string_view head_name;
  u32 head_outputs = 0;            ///< rows of the head where they are not the vocabulary's: 1 of a head that gives each token a number
  bool head_bias = false;
  bool tie_word_embeddings = false;
  bool logit_soft_cap = false, logit_scale = false;
  bool embedding_multiplier = false;
  bool embedding_multiplier_tensor = false;  ///< the factor is a buffer of the model
  bool embedding_dropout = false;  ///< in training
  u32 rotary_dim = 0;              ///< of the tables that layers share; 0: no rotary embedding
  RotaryStyle rotary_style = RotaryStyle::halves;
  RotaryScaling rotary_scaling = RotaryScaling::none;
  GgufArchitecture gguf{};
  bool rotary_table_per_kind = false;  ///< sliding and full layers have tables of their own
  MaskSet mask_set = MaskSet::one;
  u32 mask_window = 0;             ///< window that sizes the sliding mask where no layer slides; 0: none, it is as long as the cache
  std::optional<std::string> dtype;                ///< format id of the checkpoint's own type, where stated
  std::optional<CheckpointQuantization> quantization;  ///< of the checkpoint, where it is quantised
  std::vector<std::string> defaulted_keys;         ///< keys that config.json leaves to the class defaults

  [[nodiscard]] const Stack& decoder() const { return stacks.front(); }
  [[nodiscard]] u64 num_hidden_layers() const { return decoder().kind_of_layer.size(); }
};

inline u64 Stack::count_of(std::size_t kind) const {
  u64 count = 0;
  for (const u16 k : kind_of_layer) count += k == kind ? 1 : 0;
  return count;
}

}  // namespace plimsoll
