#include "model/family.hpp"

namespace plimsoll {
namespace {

constexpr std::string_view claimed[] = {"mistral"};

}  // namespace

extern const Family family_mistral;
const Family family_mistral{
    .id = "mistral",
    .model_types = claimed,
    .liger = true,
    .gguf = {.name = "llama", .seventy_b = GgufArchitecture::SeventyB::grouped_heads, .stretched = RotaryScaling::llama3},
    .defaults = {.vocab_size = 32000, .hidden_size = 4096, .intermediate_size = 14336, .num_hidden_layers = 32,
                 .num_attention_heads = 32, .num_key_value_heads = 8, .max_position_embeddings = 131072, .sliding_window = 4096},
};

}  // namespace plimsoll
