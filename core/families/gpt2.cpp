#include "model/family.hpp"

namespace plimsoll {
namespace {

constexpr std::string_view claimed[] = {"gpt2"};
constexpr KeyAlias aliases[] = {{"hidden_size", "n_embd"}, {"num_hidden_layers", "n_layer"}, {"num_attention_heads", "n_head"},
                                {"max_position_embeddings", "n_positions"}, {"intermediate_size", "n_inner"}};
constexpr DecoderNames names{.embedding = "transformer.wte", .positions = "transformer.wpe", .layers = "transformer.h",
                             .final_norm = "transformer.ln_f", .attention = "attn", .attention_norm = "ln_1", .mlp_norm = "ln_2"};
constexpr AttentionNames attention_names{.qkv = "c_attn", .o = "c_proj"};
constexpr MlpNames mlp_names{.up = "c_fc", .down = "c_proj"};

void depart(ConfigReader& config, Decoder& decoder) {
  decoder.names = &names;
  decoder.norm = NormKind::layer_norm;
  GroupedQueryAttention attention;
  attention.num_attention_heads = attention.num_key_value_heads = decoder.grouped().num_attention_heads;
  attention.head_dim = decoder.hidden_size / attention.num_attention_heads;
  if (attention.head_dim * attention.num_attention_heads != decoder.hidden_size)
    config.fail(make_error(Say::width_not_even, config.where("hidden_size"), {digits(decoder.hidden_size), digits(attention.num_attention_heads)}));
  attention.qkv = GroupedQueryAttention::Qkv::fused;
  attention.qkv_bias = attention.o_bias = attention.conv1d = true;
  attention.softmax_in_compute_dtype = true;
  attention.attention_dropout = config.fraction("attn_pdrop", 0.1) > 0;
  attention.dropout_modules = true;
  attention.output_dropout = decoder.mlp.output_dropout = config.fraction("resid_pdrop", 0.1) > 0;
  decoder.embedding_dropout = config.fraction("embd_pdrop", 0.1) > 0;
  attention.names = &attention_names;
  decoder.keeps_attention_output = true;  // GPT2Block.forward keeps attn_output beside the sum
  decoder.attention = attention;
  decoder.sliding_window.reset();
  decoder.mlp.form = Mlp::Form::plain;
  decoder.mlp.bias = decoder.mlp.conv1d = true;
  decoder.mlp.names = &mlp_names;
  decoder.mlp.intermediate_size = config.maybe("intermediate_size").value_or(4 * decoder.hidden_size);
  decoder.mlp.activation = read_activation(config, "activation_function", "gelu_new");
  if (config.flag("add_cross_attention", false))
    config.fail(make_error(Say::unknown_word, config.where("add_cross_attention"), {"true", "false"}));
}

}  // namespace

extern const Family family_gpt2;
const Family family_gpt2{
    .id = "gpt2",
    .model_types = claimed,
    .gguf = {.name = "gpt2"},
    .defaults = {.vocab_size = 50257, .hidden_size = 768, .intermediate_size = 1, .num_hidden_layers = 12,
                 .num_attention_heads = 12, .max_position_embeddings = 1024, .tie_word_embeddings = true},
    .aliases = aliases,
    .depart = depart,
};

}  // namespace plimsoll
