#include "model/family.hpp"

namespace plimsoll {
namespace {

constexpr std::string_view claimed[] = {"smollm3"};

void depart(ConfigReader& config, Decoder& decoder) {
  decoder.grouped().qkv_bias = decoder.grouped().o_bias = config.flag("attention_bias", false);
  decoder.mlp.bias = config.flag("mlp_bias", false);
  const auto rotary = config.numbers("no_rope_layers");  // 1: the layer has a rotary embedding, in spite of the key's name
  const u32 interval = config.positive("no_rope_layer_interval", 4);
  decoder.rotary = layers_where(decoder, [&](u32 layer) { return layer < rotary.size() ? rotary[layer] != 0 : (layer + 1) % interval != 0; });
  if (!config.flag("use_sliding_window", false)) decoder.sliding_window.reset();
  if (!config.has("layer_types")) decoder.sliding = layers_where(decoder, [&](u32 layer) { return !decoder.rotary[layer]; });
  decoder.mask_set = MaskSet::full_and_used;
}

}  // namespace

extern const Family family_smollm3;
const Family family_smollm3{
    .id = "smollm3",
    .model_types = claimed,
    .liger = true,
    .gguf = {.name = "smollm3", .stretched = RotaryScaling::llama3},
    .defaults = {.vocab_size = 128256, .hidden_size = 2048, .intermediate_size = 11008, .num_hidden_layers = 36,
                 .num_attention_heads = 16, .num_key_value_heads = 4, .max_position_embeddings = 32768, .tie_word_embeddings = true},
    .depart = depart,
};

}  // namespace plimsoll
