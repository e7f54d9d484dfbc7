#pragma once
/// Readers of the keys that DeepSeek's classes and their descendants share.

#include "model/decoder.hpp"

namespace plimsoll {

struct LatentDefaults {
  u32 q_lora_rank = 0;  ///< used when the key is absent; null in the config means no low-rank query
};

/// q_lora_rank, kv_lora_rank, qk_nope_head_dim, qk_rope_head_dim, v_head_dim, attention_bias.
LatentAttention read_latent_attention(ConfigReader& config, Decoder& decoder, LatentDefaults defaults);

struct DeepseekExpertDefaults {
  u32 num_experts = 0, num_experts_per_tok = 0, moe_intermediate_size = 0, shared = 0;
};

/// num_experts, num_experts_per_tok, moe_intermediate_size, n_shared_experts, n_group, topk_group, norm_topk_prob. The shared
/// experts are stored as one MLP of n_shared_experts * moe_intermediate_size.
MixtureOfExperts read_deepseek_experts(ConfigReader& config, DeepseekExpertDefaults defaults);

}  // namespace plimsoll
