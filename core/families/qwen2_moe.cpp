#include "model/family.hpp"

namespace plimsoll {
namespace {

constexpr std::string_view claimed[] = {"qwen2_moe"};
constexpr ExpertNames expert_names{.shared = "shared_expert"};

void depart(ConfigReader& config, Decoder& decoder) {
  decoder.grouped().qkv_bias = config.flag("qkv_bias", true);
  if (!config.flag("use_sliding_window", false)) decoder.sliding_window.reset();
  slide_where(config, decoder, [](u32 layer, u32 end) { return layer % 2 == 0 && layer < end; }, config.number("max_window_layers", 28));
  decoder.mask_set = MaskSet::both;
  MixtureOfExperts experts;
  experts.num_experts = config.positive("num_experts", 60, most_experts);
  experts.num_experts_per_tok = config.positive("num_experts_per_tok", 4, most_experts);
  experts.moe_intermediate_size = config.positive("moe_intermediate_size", 1408);
  experts.shared_intermediate_size = config.positive("shared_expert_intermediate_size", 5632);
  experts.shared_router = experts.shared_first = true;
  experts.norm_topk_prob = config.flag("norm_topk_prob", false);
  experts.activation = decoder.mlp.activation;
  experts.names = &expert_names;
  decoder.experts = experts;
  read_sparse_step(config, decoder);
}

}  // namespace

extern const Family family_qwen2_moe;
const Family family_qwen2_moe{
    .id = "qwen2_moe",
    .model_types = claimed,
    .gguf = {.name = "qwen2moe"},
    .defaults = {.vocab_size = 151936, .hidden_size = 2048, .intermediate_size = 5632, .num_hidden_layers = 24,
                 .num_attention_heads = 16, .num_key_value_heads = 16, .max_position_embeddings = 32768, .sliding_window = 4096},
    .depart = depart,
};

}  // namespace plimsoll
