#include "model/family.hpp"
#include "model/latent.hpp"

namespace plimsoll {
namespace {

constexpr std::string_view claimed[] = {"deepseek_v3"};
constexpr KeyAlias aliases[] = {{"num_experts", "n_routed_experts"}, {"num_nextn_predict_layers", "num_mtp_layers"}};

void depart(ConfigReader& config, Decoder& decoder) {
  decoder.attention = read_latent_attention(config, decoder, {.q_lora_rank = 1536});
  if (config.flag("rope_interleave", true)) std::get_if<LatentAttention>(&decoder.attention)->rotary_style = RotaryStyle::interleaved;
  MixtureOfExperts experts = read_deepseek_experts(config, {.num_experts = 256, .num_experts_per_tok = 8, .moe_intermediate_size = 2048, .shared = 1});
  experts.routing = MixtureOfExperts::Routing::sigmoid_groups;
  experts.norm_topk_prob = config.flag("norm_topk_prob", true);
  experts.correction_bias = true;
  experts.router_fp32 = experts.weights_fp32 = true;
  decoder.experts = experts;
  read_leading_dense(config, decoder, 3);
  decoder.num_mtp_layers = config.number("num_nextn_predict_layers", 1, most_layers);
}

}  // namespace

extern const Family family_deepseek_v3;
const Family family_deepseek_v3{
    .id = "deepseek_v3",
    .model_types = claimed,
    .gguf = {.name = "deepseek2"},
    .defaults = {.vocab_size = 129280, .hidden_size = 7168, .intermediate_size = 18432, .num_hidden_layers = 61,
                 .num_attention_heads = 128, .num_key_value_heads = 128, .max_position_embeddings = 4096},
    .aliases = aliases,
    .depart = depart,
};

}  // namespace plimsoll
