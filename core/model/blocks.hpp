#pragma once
/// The blocks a layer is made of. A block is the unit of everything: its tensors, how parallelism cuts them, what it caches,
/// what it holds while it runs. A family says which blocks, with which numbers and names; no formula belongs to a family.

#include <optional>
#include <string_view>
#include <variant>

#include "units.hpp"

namespace plimsoll {

/// Names of the parts of a block inside a checkpoint. A family with other names has a table of its own.
struct AttentionNames {
  std::string_view q = "q_proj", k = "k_proj", v = "v_proj", qkv = "qkv_proj", o = "o_proj";
  std::string_view q_norm = "q_norm", k_norm = "k_norm", sinks = "sinks";
};
struct LatentNames {
  std::string_view q = "q_proj", q_a = "q_a_proj", q_a_norm = "q_a_layernorm", q_b = "q_b_proj";
  std::string_view kv_a = "kv_a_proj_with_mqa", kv_a_norm = "kv_a_layernorm", kv_b = "kv_b_proj", o = "o_proj";
};
struct MlpNames {
  std::string_view gate = "gate_proj", up = "up_proj", gate_up = "gate_up_proj", down = "down_proj";
};
struct ExpertNames {
  std::string_view router = "gate", correction = "gate.e_score_correction_bias", experts = "experts";
  MlpNames expert{};
  std::string_view shared = "shared_experts", shared_router = "shared_expert_gate";
  std::string_view module{};            ///< Transformers' name of the whole block where a checkpoint has another
  bool adapters_reach_experts = false;  ///< PEFT takes the names of an expert's matrices for the tensors that Transformers stacks them in
};
inline constexpr AttentionNames default_attention_names{};
inline constexpr LatentNames default_latent_names{};
inline constexpr MlpNames default_mlp_names{};
inline constexpr ExpertNames default_expert_names{};

enum class NormKind : u8 {
  rms,             ///< Llama's: one weight, computed in fp32
  rms_plus_one,    ///< Gemma's: the weight is stored as its distance from one
  rms_cast_last,   ///< gpt-oss's: the weight is applied in fp32, then the result is cast
  layer_norm,      ///< torch's own layer norm: weight and bias
};

struct Norm {
  NormKind kind = NormKind::rms;
  std::string_view name;
  u32 width = 0;
  bool operator==(const Norm&) const = default;
};

/// How a rotary embedding is computed: the result is the same, what is alive meanwhile is not.
enum class RotaryStyle : u8 {
  halves,          ///< x * cos + rotate_half(x) * sin over the whole head: Llama
  joined,          ///< the same over a part of the head, then concatenated with the rest: Phi-3
  joined_late,     ///< queries and keys are both turned before either is concatenated: GPT-NeoX
  split_tables,    ///< two halves computed apart, from tables that hold each angle once: gpt-oss
  interleaved,     ///< even and odd elements computed apart: DeepSeek-V3
  complex_product, ///< fp32 complex numbers: DeepSeek-V2
};

/// Keys and values of n_kv heads, shared by n_q query heads.
struct GroupedQueryAttention {
  u32 num_attention_heads = 0, num_key_value_heads = 0, head_dim = 0;
  u32 rotary_dim = 0;                         ///< of head_dim, what the rotary embedding turns; 0: none in this layer
  RotaryStyle rotary_style = RotaryStyle::halves;
  std::optional<u32> sliding_window;          ///< tokens; absent: the whole context
  enum class Qkv : u8 { separate, fused } qkv = Qkv::separate;
  enum class QkNorm : u8 { none, per_head } qk_norm = QkNorm::none;
  NormKind qk_norm_kind = NormKind::rms;
  bool qk_norm_after_projections = false;     ///< queries, keys and values exist before any of them is normed
  bool qkv_bias = false, o_bias = false;
  bool conv1d = false;                        ///< GPT-2 stores its matrices as [in, out]
  bool sinks = false;                         ///< one learned logit for each head that joins the softmax
  bool soft_cap = false;                      ///< scores pass tanh before the softmax
  bool softmax_in_compute_dtype = false;      ///< eager attention elsewhere takes its softmax in fp32
  bool eager_only = false;                    ///< the reference class has no SDPA path
  bool attention_dropout = false, output_dropout = false;  ///< in training: on the probabilities, on the output projection
  bool dropout_modules = false;  ///< the rate on the probabilities is that of a module, which a trainer may set to zero
  const AttentionNames* names = &default_attention_names;
  bool operator==(const GroupedQueryAttention&) const = default;
};

/// DeepSeek's latent attention: one compressed vector and one rotary key for each token.
struct LatentAttention {
  u32 num_attention_heads = 0;
  u32 q_lora_rank = 0;                        ///< 0: queries come from one full matrix
  u32 kv_lora_rank = 0, qk_nope_head_dim = 0, qk_rope_head_dim = 0, v_head_dim = 0;
  RotaryStyle rotary_style = RotaryStyle::halves;
  bool bias = false;                          ///< on q_a, kv_a and o
  bool attention_dropout = false;             ///< in training, on the probabilities
  const LatentNames* names = &default_latent_names;
  bool operator==(const LatentAttention&) const = default;
};

struct Mlp {
  u32 intermediate_size = 0;
  enum class Form : u8 { gated, gated_fused, plain } form = Form::gated;  ///< plain: up, activation, down
  enum class Activation : u8 { silu, gelu, gelu_tanh, gelu_new, gelu_fast, quick_gelu, relu } activation = Activation::silu;
  bool bias = false;
  bool conv1d = false;
  bool output_dropout = false;                ///< in training, on the output
  const MlpNames* names = &default_mlp_names;
  bool operator==(const Mlp&) const = default;
};

/// A bank of experts behind a router, with or without experts that every token passes.
struct MixtureOfExperts {
  u32 num_experts = 0, moe_intermediate_size = 0;
  u32 num_experts_per_tok = 0;                ///< 0: the config does not say; the tensors are known, a forward pass is not
  u32 shared_intermediate_size = 0;           ///< of all shared experts together, stored as one MLP; 0: none
  bool shared_router = false;                 ///< Qwen2-MoE weighs its shared expert by one more row
  bool shared_first = false;                  ///< the shared expert runs before the router, its output waits
  enum class Routing : u8 { softmax_top_k, top_k_softmax, group_limited, sigmoid_groups } routing = Routing::softmax_top_k;
  u32 n_group = 1, topk_group = 1;
  bool norm_topk_prob = false;
  bool correction_bias = false;               ///< a saved buffer: one number for each expert, trained outside the gradient
  bool router_bias = false;
  bool router_fp32 = false;                   ///< the router casts its input and its weight to fp32
  bool weights_fp32 = false;                  ///< what the router gives each expert stays fp32, and so do the weighed outputs
  bool clamped_gate = false;                  ///< gpt-oss clamps gate and up, and adds one to up
  enum class Storage : u8 { one_by_one, stacked_in_out } storage = Storage::one_by_one;  ///< gpt-oss stacks [E, in, out]
  bool expert_bias = false, shared_bias = false;
  Mlp::Activation activation = Mlp::Activation::silu;
  const ExpertNames* names = &default_expert_names;
  bool operator==(const MixtureOfExperts&) const = default;
};

/// The block's path inside a layer beside the block itself.
template <class Kind>
struct Named {
  std::string_view name;
  Kind kind;
  bool operator==(const Named&) const = default;
};

using Mixer = std::variant<GroupedQueryAttention, LatentAttention>;
using FeedForward = std::variant<Mlp, MixtureOfExperts>;

/// One lambda for each kind of a variant, and no catch-all: a new kind breaks the build wherever it must be decided.
template <class... Ts>
struct Match : Ts... {
  using Ts::operator()...;
};
template <class... Ts>
Match(Ts...) -> Match<Ts...>;

}  // namespace plimsoll
