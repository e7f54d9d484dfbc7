#include "model/latent.hpp"

#include <algorithm>

namespace plimsoll {
namespace {

constexpr ExpertNames expert_names{.adapters_reach_experts = true};

}  // namespace

LatentAttention read_latent_attention(ConfigReader& config, Decoder& decoder, LatentDefaults defaults) {
  LatentAttention attention;
  attention.num_attention_heads = decoder.grouped().num_attention_heads;
  attention.q_lora_rank = config.maybe("q_lora_rank", defaults.q_lora_rank).value_or(0);
  attention.kv_lora_rank = config.positive("kv_lora_rank", 512);
  attention.qk_nope_head_dim = config.positive("qk_nope_head_dim", 128);
  attention.qk_rope_head_dim = config.positive("qk_rope_head_dim", 64);
  attention.v_head_dim = config.positive("v_head_dim", 128);
  config.product("num_attention_heads", attention.num_attention_heads,
                 attention.qk_nope_head_dim + std::max(attention.qk_rope_head_dim, attention.v_head_dim));
  attention.bias = config.flag("attention_bias", false);
  attention.attention_dropout = decoder.grouped().attention_dropout;
  return attention;
}

MixtureOfExperts read_deepseek_experts(ConfigReader& config, DeepseekExpertDefaults defaults) {
  MixtureOfExperts experts;
  experts.names = &expert_names;
  experts.num_experts = config.positive("num_experts", defaults.num_experts, most_experts);
  experts.num_experts_per_tok = config.number("num_experts_per_tok", defaults.num_experts_per_tok, most_experts);  // V2's class has no default
  experts.moe_intermediate_size = config.positive("moe_intermediate_size", defaults.moe_intermediate_size);
  experts.shared_intermediate_size = config.product("n_shared_experts", experts.moe_intermediate_size, config.number("n_shared_experts", defaults.shared, most_experts));
  experts.n_group = config.maybe("n_group").value_or(1);
  experts.topk_group = config.maybe("topk_group").value_or(1);
  experts.norm_topk_prob = config.flag("norm_topk_prob", false);
  return experts;
}

}  // namespace plimsoll
