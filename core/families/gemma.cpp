#include "model/family.hpp"

namespace plimsoll {
namespace {

constexpr std::string_view claimed[] = {"gemma"};

void depart(ConfigReader& config, Decoder& decoder) {
  decoder.grouped().qkv_bias = decoder.grouped().o_bias = config.flag("attention_bias", false);
  decoder.norm = NormKind::rms_plus_one;
  decoder.embedding_multiplier = decoder.embedding_multiplier_tensor = true;
}

}  // namespace

extern const Family family_gemma;
const Family family_gemma{
    .id = "gemma",
    .model_types = claimed,
    .liger = true,
    .gguf = {.name = "gemma"},
    .defaults = {.vocab_size = 256000, .hidden_size = 3072, .intermediate_size = 24576, .num_hidden_layers = 28,
                 .num_attention_heads = 16, .num_key_value_heads = 16, .head_dim = 256, .max_position_embeddings = 8192,
                 .tie_word_embeddings = true, .hidden_act = "gelu_pytorch_tanh"},
    .depart = depart,
};

}  // namespace plimsoll
