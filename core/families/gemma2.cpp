#include "model/family.hpp"

namespace plimsoll {
namespace {

constexpr std::string_view claimed[] = {"gemma2"};

void depart(ConfigReader& config, Decoder& decoder) {
  GroupedQueryAttention& attention = decoder.grouped();
  attention.qkv_bias = attention.o_bias = config.flag("attention_bias", false);
  attention.soft_cap = !config.is_null("attn_logit_softcapping");
  attention.eager_only = true;  // Gemma2PreTrainedModel has _supports_sdpa = False for its soft-capped scores
  decoder.logit_soft_cap = !config.is_null("final_logit_softcapping");
  decoder.mlp.activation = read_activation(config, "hidden_activation", "gelu_pytorch_tanh");
  decoder.norm = NormKind::rms_plus_one;
  decoder.residual = Residual::sandwich;
  decoder.embedding_multiplier = decoder.embedding_multiplier_tensor = true;
  decoder.names = &sandwich_decoder_names;
  decoder.mask_set = MaskSet::both;
  slide_where(config, decoder, [](u32 layer, u32) { return layer % 2 == 0; }, 0);
}

}  // namespace

extern const Family family_gemma2;
const Family family_gemma2{
    .id = "gemma2",
    .model_types = claimed,
    .liger = true,
    .gguf = {.name = "gemma2"},
    .defaults = {.vocab_size = 256000, .hidden_size = 2304, .intermediate_size = 9216, .num_hidden_layers = 26,
                 .num_attention_heads = 8, .num_key_value_heads = 4, .head_dim = 256, .max_position_embeddings = 8192,
                 .sliding_window = 4096, .tie_word_embeddings = true, .hidden_act = "gelu_pytorch_tanh"},
    .depart = depart,
};

}  // namespace plimsoll
