#include "model/family.hpp"

namespace plimsoll {
namespace {

constexpr std::string_view claimed[] = {"gpt_oss"};
constexpr KeyAlias aliases[] = {{"num_experts", "num_local_experts"}};
constexpr ExpertNames expert_names{.router = "router"};

void depart(ConfigReader& config, Decoder& decoder) {
  GroupedQueryAttention& attention = decoder.grouped();
  attention.qkv_bias = attention.o_bias = config.flag("attention_bias", true);
  attention.sinks = true;
  attention.rotary_style = RotaryStyle::split_tables;
  decoder.norm = NormKind::rms_cast_last;
  decoder.mask_set = MaskSet::both;
  attention.eager_only = true;  // GptOssPreTrainedModel has _supports_sdpa = False for its sinks
  slide_where(config, decoder, [](u32 layer, u32) { return layer % 2 == 0; }, 0);
  MixtureOfExperts experts;
  experts.num_experts = config.positive("num_experts", 128, most_experts);
  experts.num_experts_per_tok = config.positive("num_experts_per_tok", 4, most_experts);
  experts.moe_intermediate_size = decoder.mlp.intermediate_size;
  experts.routing = MixtureOfExperts::Routing::top_k_softmax;
  experts.clamped_gate = true;
  experts.router_bias = experts.expert_bias = true;
  experts.storage = MixtureOfExperts::Storage::stacked_in_out;
  experts.names = &expert_names;
  decoder.experts = experts;
}

}  // namespace

extern const Family family_gpt_oss;
const Family family_gpt_oss{
    .id = "gpt_oss",
    .model_types = claimed,
    .liger = true,
    .gguf = {.name = "gpt-oss", .mlp_norm = "post_attention_norm"},
    .defaults = {.vocab_size = 201088, .hidden_size = 2880, .intermediate_size = 2880, .num_hidden_layers = 36,
                 .num_attention_heads = 64, .num_key_value_heads = 8, .head_dim = 64, .max_position_embeddings = 131072,
                 .sliding_window = 128},
    .aliases = aliases,
    .depart = depart,
};

}  // namespace plimsoll
