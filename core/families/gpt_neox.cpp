#include "model/family.hpp"

namespace plimsoll {
namespace {

constexpr std::string_view claimed[] = {"gpt_neox"};
constexpr DecoderNames names{.embedding = "gpt_neox.embed_in", .layers = "gpt_neox.layers", .final_norm = "gpt_neox.final_layer_norm",
                             .head = "embed_out", .attention = "attention"};
constexpr AttentionNames attention_names{.qkv = "query_key_value", .o = "dense"};
constexpr MlpNames mlp_names{.up = "dense_h_to_4h", .down = "dense_4h_to_h"};

void depart(ConfigReader& config, Decoder& decoder) {
  decoder.names = &names;
  decoder.norm = NormKind::layer_norm;
  if (config.flag("use_parallel_residual", true)) decoder.residual = Residual::parallel;
  GroupedQueryAttention attention;
  attention.num_attention_heads = attention.num_key_value_heads = decoder.grouped().num_attention_heads;
  attention.head_dim = decoder.hidden_size / attention.num_attention_heads;
  if (attention.head_dim * attention.num_attention_heads != decoder.hidden_size)
    config.fail(make_error(Say::width_not_even, config.where("hidden_size"), {digits(decoder.hidden_size), digits(attention.num_attention_heads)}));
  attention.qkv = GroupedQueryAttention::Qkv::fused;
  attention.qkv_bias = attention.o_bias = config.flag("attention_bias", true);
  attention.rotary_style = RotaryStyle::joined_late;
  attention.attention_dropout = decoder.grouped().attention_dropout;
  attention.output_dropout = decoder.mlp.output_dropout = decoder.embedding_dropout = config.fraction("hidden_dropout", 0.0) > 0;
  attention.names = &attention_names;
  decoder.attention = attention;
  read_partial_rotary(config, decoder, "rotary_pct", 0.25);
  decoder.mlp.form = Mlp::Form::plain;
  decoder.mlp.bias = true;
  decoder.mlp.names = &mlp_names;
}

}  // namespace

extern const Family family_gpt_neox;
const Family family_gpt_neox{
    .id = "gpt_neox",
    .model_types = claimed,
    .gguf = {.name = "gptneox"},
    .defaults = {.vocab_size = 50432, .hidden_size = 6144, .intermediate_size = 24576, .num_hidden_layers = 44,
                 .num_attention_heads = 64, .max_position_embeddings = 2048, .hidden_act = "gelu"},
    .depart = depart,
};

}  // namespace plimsoll
