#include "model/family.hpp"

namespace plimsoll {
namespace {

constexpr std::string_view claimed[] = {"llama"};

void depart(ConfigReader& config, Decoder& decoder) {
  decoder.grouped().qkv_bias = decoder.grouped().o_bias = config.flag("attention_bias", false);
  decoder.mlp.bias = config.flag("mlp_bias", false);
}

}  // namespace

extern const Family family_llama;
const Family family_llama{
    .id = "llama",
    .model_types = claimed,
    .liger = true,
    .gguf = {.name = "llama", .seventy_b = GgufArchitecture::SeventyB::grouped_heads, .stretched = RotaryScaling::llama3},
    .defaults = {.vocab_size = 32000, .hidden_size = 4096, .intermediate_size = 11008, .num_hidden_layers = 32,
                 .num_attention_heads = 32, .max_position_embeddings = 2048},
    .depart = depart,
};

}  // namespace plimsoll
