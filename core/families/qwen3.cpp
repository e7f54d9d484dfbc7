#include "model/family.hpp"

namespace plimsoll {
namespace {

constexpr std::string_view claimed[] = {"qwen3"};

void depart(ConfigReader& config, Decoder& decoder) {
  GroupedQueryAttention& attention = decoder.grouped();
  attention.qk_norm = GroupedQueryAttention::QkNorm::per_head;
  attention.qkv_bias = attention.o_bias = config.flag("attention_bias", false);
  if (!config.flag("use_sliding_window", false)) decoder.sliding_window.reset();
  slide_where(config, decoder, [](u32 layer, u32 first) { return layer >= first; }, config.number("max_window_layers", 28));
  decoder.mask_set = MaskSet::full_and_used;
}

}  // namespace

extern const Family family_qwen3;
const Family family_qwen3{
    .id = "qwen3",
    .model_types = claimed,
    .liger = true,
    .gguf = {.name = "qwen3"},
    .defaults = {.vocab_size = 151936, .hidden_size = 4096, .intermediate_size = 22016, .num_hidden_layers = 32,
                 .num_attention_heads = 32, .num_key_value_heads = 32, .head_dim = 128, .max_position_embeddings = 32768,
                 .sliding_window = 4096},
    .depart = depart,
};

}  // namespace plimsoll
