#include "model/family.hpp"

namespace plimsoll {
namespace {

constexpr std::string_view claimed[] = {"qwen2"};

void depart(ConfigReader& config, Decoder& decoder) {
  decoder.grouped().qkv_bias = true;
  if (!config.flag("use_sliding_window", false)) decoder.sliding_window.reset();
  slide_where(config, decoder, [](u32 layer, u32 first) { return layer >= first; }, config.number("max_window_layers", 28));
  decoder.mask_set = MaskSet::full_and_used;
}

}  // namespace

extern const Family family_qwen2;
const Family family_qwen2{
    .id = "qwen2",
    .model_types = claimed,
    .liger = true,
    .gguf = {.name = "qwen2", .seventy_b = GgufArchitecture::SeventyB::always},
    .defaults = {.vocab_size = 151936, .hidden_size = 4096, .intermediate_size = 22016, .num_hidden_layers = 32,
                 .num_attention_heads = 32, .num_key_value_heads = 32, .max_position_embeddings = 32768, .sliding_window = 4096},
    .depart = depart,
};

}  // namespace plimsoll
