#include "model/family.hpp"
#include "model/latent.hpp"

namespace plimsoll {
namespace {

constexpr std::string_view claimed[] = {"deepseek_v2"};
constexpr KeyAlias aliases[] = {{"num_experts", "n_routed_experts"}};

void depart(ConfigReader& config, Decoder& decoder) {
  decoder.attention = read_latent_attention(config, decoder, {.q_lora_rank = 1536});
  std::get_if<LatentAttention>(&decoder.attention)->rotary_style = RotaryStyle::complex_product;
  decoder.mlp.bias = config.flag("mlp_bias", false);
  MixtureOfExperts experts = read_deepseek_experts(config, {.num_experts = 64, .moe_intermediate_size = 1407, .shared = 2});
  experts.routing = config.text("topk_method", "greedy") == "greedy" ? MixtureOfExperts::Routing::softmax_top_k
                                                                     : MixtureOfExperts::Routing::group_limited;
  experts.router_fp32 = experts.weights_fp32 = true;
  experts.shared_bias = decoder.mlp.bias;
  decoder.experts = experts;
  read_leading_dense(config, decoder, 0);
}

}  // namespace

extern const Family family_deepseek_v2;
const Family family_deepseek_v2{
    .id = "deepseek_v2",
    .model_types = claimed,
    .gguf = {.name = "deepseek2"},
    .defaults = {.vocab_size = 102400, .hidden_size = 4096, .intermediate_size = 11008, .num_hidden_layers = 32,
                 .num_attention_heads = 32, .max_position_embeddings = 2048},
    .aliases = aliases,
    .depart = depart,
};

}  // namespace plimsoll
