#include "model/family.hpp"

namespace plimsoll {
namespace {

constexpr std::string_view claimed[] = {"gemma3_text"};

void depart(ConfigReader& config, Decoder& decoder) {
  GroupedQueryAttention& attention = decoder.grouped();
  attention.qkv_bias = attention.o_bias = config.flag("attention_bias", false);
  attention.qk_norm = GroupedQueryAttention::QkNorm::per_head;
  attention.qk_norm_kind = NormKind::rms_plus_one;
  attention.qk_norm_after_projections = true;
  attention.soft_cap = config.has("attn_logit_softcapping");
  decoder.logit_soft_cap = config.has("final_logit_softcapping");
  decoder.mlp.activation = read_activation(config, "hidden_activation", "gelu_pytorch_tanh");
  decoder.norm = NormKind::rms_plus_one;
  decoder.residual = Residual::sandwich;
  decoder.embedding_multiplier = decoder.embedding_multiplier_tensor = true;
  decoder.names = &sandwich_decoder_names;
  decoder.mask_set = MaskSet::both;
  decoder.rotary_table_per_kind = true;
  if (config.flag("use_bidirectional_attention", false) && decoder.sliding_window) decoder.sliding_window = *decoder.sliding_window / 2 + 1;
  slide_where(config, decoder, [](u32 layer, u32 pattern) { return (layer + 1) % pattern != 0; }, config.positive("sliding_window_pattern", 6));
}

}  // namespace

extern const Family family_gemma3_text;
const Family family_gemma3_text{
    .id = "gemma3_text",
    .model_types = claimed,
    .liger = true,
    .gguf = {.name = "gemma3", .tokens = 262144},
    .defaults = {.vocab_size = 262208, .hidden_size = 2304, .intermediate_size = 9216, .num_hidden_layers = 26,
                 .num_attention_heads = 8, .num_key_value_heads = 4, .head_dim = 256, .max_position_embeddings = 131072,
                 .sliding_window = 4096, .tie_word_embeddings = true, .hidden_act = "gelu_pytorch_tanh"},
    .depart = depart,
};

}  // namespace plimsoll
