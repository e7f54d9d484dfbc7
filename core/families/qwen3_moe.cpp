#include "model/family.hpp"

namespace plimsoll {
namespace {

constexpr std::string_view claimed[] = {"qwen3_moe"};
constexpr KeyAlias aliases[] = {{"num_experts", "num_local_experts"}};
constexpr ExpertNames expert_names{.adapters_reach_experts = true};

void depart(ConfigReader& config, Decoder& decoder) {
  GroupedQueryAttention& attention = decoder.grouped();
  attention.qk_norm = GroupedQueryAttention::QkNorm::per_head;
  attention.qkv_bias = attention.o_bias = config.flag("attention_bias", false);
  if (!config.flag("use_sliding_window", false)) decoder.sliding_window.reset();
  MixtureOfExperts experts;
  experts.num_experts = config.positive("num_experts", 128, most_experts);
  experts.num_experts_per_tok = config.positive("num_experts_per_tok", 8, most_experts);
  experts.moe_intermediate_size = config.positive("moe_intermediate_size", 768);
  experts.norm_topk_prob = config.flag("norm_topk_prob", false);
  experts.activation = decoder.mlp.activation;
  experts.names = &expert_names;
  decoder.experts = experts;
  read_sparse_step(config, decoder);
}

}  // namespace

extern const Family family_qwen3_moe;
const Family family_qwen3_moe{
    .id = "qwen3_moe",
    .model_types = claimed,
    .liger = true,
    .gguf = {.name = "qwen3moe"},
    .defaults = {.vocab_size = 151936, .hidden_size = 2048, .intermediate_size = 6144, .num_hidden_layers = 24,
                 .num_attention_heads = 32, .num_key_value_heads = 4, .max_position_embeddings = 32768, .sliding_window = 4096},
    .aliases = aliases,
    .depart = depart,
};

}  // namespace plimsoll
