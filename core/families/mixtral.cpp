#include "model/family.hpp"

namespace plimsoll {
namespace {

constexpr std::string_view claimed[] = {"mixtral"};
constexpr KeyAlias aliases[] = {{"num_experts", "num_local_experts"}};
constexpr DecoderNames names{.experts = "block_sparse_moe"};
constexpr ExpertNames expert_names{.expert = {.gate = "w1", .up = "w3", .down = "w2"}, .module = "mlp", .adapters_reach_experts = true};

void depart(ConfigReader& config, Decoder& decoder) {
  decoder.names = &names;
  MixtureOfExperts experts;
  experts.num_experts = config.positive("num_experts", 8, most_experts);
  experts.num_experts_per_tok = config.positive("num_experts_per_tok", 2, most_experts);
  experts.moe_intermediate_size = decoder.mlp.intermediate_size;
  experts.norm_topk_prob = experts.weights_fp32 = true;
  experts.activation = decoder.mlp.activation;
  experts.names = &expert_names;
  decoder.experts = experts;
}

}  // namespace

extern const Family family_mixtral;
const Family family_mixtral{
    .id = "mixtral",
    .model_types = claimed,
    .liger = true,
    .gguf = {.name = "llama", .seventy_b = GgufArchitecture::SeventyB::grouped_heads, .stretched = RotaryScaling::llama3},
    .defaults = {.vocab_size = 32000, .hidden_size = 4096, .intermediate_size = 14336, .num_hidden_layers = 32,
                 .num_attention_heads = 32, .num_key_value_heads = 8, .max_position_embeddings = 131072},
    .aliases = aliases,
    .depart = depart,
};

}  // namespace plimsoll
