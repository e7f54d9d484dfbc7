#include "model/family.hpp"

namespace plimsoll {
namespace {

constexpr std::string_view claimed[] = {"granite"};

void depart(ConfigReader& config, Decoder& decoder) {
  decoder.grouped().qkv_bias = decoder.grouped().o_bias = config.flag("attention_bias", false);
  decoder.mlp.bias = config.flag("mlp_bias", false);
  decoder.embedding_multiplier = true;
  decoder.residual_multiplier = true;
  decoder.logit_scale = true;
}

}  // namespace

extern const Family family_granite;
const Family family_granite{
    .id = "granite",
    .model_types = claimed,
    .liger = true,
    .gguf = {.name = "granite", .stretched = RotaryScaling::llama3},
    .defaults = {.vocab_size = 32000, .hidden_size = 4096, .intermediate_size = 11008, .num_hidden_layers = 32,
                 .num_attention_heads = 32, .max_position_embeddings = 2048},
    .depart = depart,
};

}  // namespace plimsoll
