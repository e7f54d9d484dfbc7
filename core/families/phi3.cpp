#include "model/family.hpp"

namespace plimsoll {
namespace {

constexpr std::string_view claimed[] = {"phi3"};

void depart(ConfigReader& config, Decoder& decoder) {
  decoder.grouped().qkv = GroupedQueryAttention::Qkv::fused;
  decoder.grouped().rotary_style = RotaryStyle::joined;
  decoder.mlp.form = Mlp::Form::gated_fused;
  decoder.grouped().output_dropout = decoder.mlp.output_dropout = config.fraction("resid_pdrop", 0.0) > 0;
  read_partial_rotary(config, decoder, "partial_rotary_factor", 1.0);
}

}  // namespace

extern const Family family_phi3;
const Family family_phi3{
    .id = "phi3",
    .model_types = claimed,
    .liger = true,
    .gguf = {.name = "phi3", .stretched = RotaryScaling::longrope},
    .defaults = {.vocab_size = 32064, .hidden_size = 3072, .intermediate_size = 8192, .num_hidden_layers = 32,
                 .num_attention_heads = 32, .max_position_embeddings = 4096},
    .depart = depart,
};

}  // namespace plimsoll
