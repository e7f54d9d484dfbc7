#include "model/gguf_config.hpp"

#include <algorithm>

#include "json_writer.hpp"
#include "messages.hpp"

namespace plimsoll {
namespace {

struct Key {
  std::string_view gguf, config;  // without the architecture's prefix
};

constexpr auto common = std::to_array<Key>({
    {"context_length", "max_position_embeddings"}, {"embedding_length", "hidden_size"}, {"feed_forward_length", "intermediate_size"},
    {"attention.head_count", "num_attention_heads"}, {"attention.head_count_kv", "num_key_value_heads"}, {"attention.sliding_window", "sliding_window"},
    {"attn_logit_softcapping", "attn_logit_softcapping"}, {"final_logit_softcapping", "final_logit_softcapping"}, {"expert_used_count", "num_experts_per_tok"},
    {"expert_feed_forward_length", "moe_intermediate_size"}, {"expert_shared_feed_forward_length", "shared_expert_intermediate_size"},
    {"expert_weights_norm", "norm_topk_prob"}, {"expert_group_count", "n_group"}, {"expert_group_used_count", "topk_group"},
    {"expert_shared_count", "n_shared_experts"}, {"leading_dense_block_count", "first_k_dense_replace"}, {"nextn_predict_layers", "num_nextn_predict_layers"},
    {"attention.q_lora_rank", "q_lora_rank"}, {"attention.kv_lora_rank", "kv_lora_rank"}, {"use_parallel_residual", "use_parallel_residual"},
});

struct Architecture {
  std::string_view gguf, model_type, experts_type;  // experts_type: what it is once it has experts; empty: the same
  std::string_view experts_key = "num_experts";
};

constexpr auto architectures = std::to_array<Architecture>({
    {"llama", "llama", "mixtral", "num_local_experts"}, {"mistral3", "mistral", ""}, {"qwen2", "qwen2", ""}, {"qwen2moe", "qwen2_moe", ""},
    {"qwen3", "qwen3", ""}, {"qwen3moe", "qwen3_moe", ""}, {"gemma", "gemma", ""}, {"gemma2", "gemma2", ""}, {"gemma3", "gemma3_text", ""},
    {"phi3", "phi3", ""}, {"gpt2", "gpt2", ""}, {"gptneox", "gpt_neox", ""}, {"deepseek2", "deepseek_v2", "", "n_routed_experts"},
    {"gpt-oss", "gpt_oss", "", "num_local_experts"}, {"granite", "granite", ""}, {"smollm3", "smollm3", ""},
});

using R = Role;
constexpr auto tensor_names = std::to_array<GgufTensorName>({
    {"token_embd", {R::embedding}}, {"position_embd", {R::position_embedding}}, {"output", {R::lm_head}}, {"output_norm", {R::norm}},
    {"attn_norm", {R::norm}}, {"ffn_norm", {R::norm}}, {"post_attention_norm", {R::norm}}, {"post_ffw_norm", {R::norm}},
    {"attn_q", {R::attention_q}}, {"attn_k", {R::attention_k}}, {"attn_v", {R::attention_v}}, {"attn_qkv", {R::attention_qkv}},
    {"attn_output", {R::attention_o}}, {"attn_q_norm", {R::attention_norm}}, {"attn_k_norm", {R::attention_norm}}, {"attn_sinks", {R::attention_sink}},
    {"attn_q_a", {R::latent_q_a}}, {"attn_q_a_norm", {R::attention_norm}}, {"attn_q_b", {R::latent_q_b}}, {"attn_kv_a_mqa", {R::latent_kv_a}},
    {"attn_kv_a_norm", {R::attention_norm}}, {"attn_kv_b", {R::latent_kv_b}}, {"attn_k_b", {R::latent_kv_b}}, {"attn_v_b", {R::latent_kv_b}},
    {"ffn_gate", {R::mlp_gate, R::expert_gate}}, {"ffn_up", {R::mlp_up, R::mlp_gate_up}}, {"ffn_down", {R::mlp_down, R::expert_down}},
    {"ffn_gate_inp", {R::router}}, {"exp_probs_b", {R::buffer}}, {"ffn_gate_exps", {R::expert_gate, R::expert_gate_up}},
    {"ffn_up_exps", {R::expert_up, R::expert_gate_up}}, {"ffn_gate_up_exps", {R::expert_gate_up}}, {"ffn_down_exps", {R::expert_down}},
    {"ffn_gate_shexp", {R::shared_expert_gate}}, {"ffn_up_shexp", {R::shared_expert_up}}, {"ffn_down_shexp", {R::shared_expert_down}},
    {"ffn_gate_inp_shexp", {R::shared_expert_router}}, {"rope_freqs", {}}, {"rope_factors_long", {}}, {"rope_factors_short", {}},
});

/// The entries of one architecture.
class Metadata {
 public:
  Metadata(const CheckpointSummary& checkpoint, std::string_view architecture) : checkpoint_(&checkpoint), prefix_(std::string(architecture) + ".") {}

  [[nodiscard]] std::string_view find(std::string_view key) const {
    for (const CheckpointMetadata& entry : checkpoint_->metadata)
      if (std::string_view(entry.key).starts_with(prefix_) && std::string_view(entry.key).substr(prefix_.size()) == key) return entry.value;
    return {};
  }
  /// A whole number below 2^32; 0 where there is none.
  [[nodiscard]] u64 number(std::string_view key) const {
    const std::string_view text = find(key);
    u64 value = 0;
    if (text.empty() || text.size() > 9) return 0;
    for (const char c : text) {
      if (c < '0' || c > '9') return 0;
      value = value * 10 + static_cast<u64>(c - '0');
    }
    return value;
  }
  [[nodiscard]] const CheckpointTensors* tensor(std::string_view name) const {
    for (const CheckpointTensors& tensors : checkpoint_->tensors)
      if (tensors.name == name) return &tensors;
    return nullptr;
  }

 private:
  const CheckpointSummary* checkpoint_;
  std::string prefix_;
};

bool is_number(std::string_view text) { return !text.empty() && text.find_first_not_of("0123456789.-") == std::string_view::npos; }

/// A list of one value for each layer, all equal, is that value.
std::string_view one_of_list(std::string_view text) {
  if (!text.starts_with('[') || !text.ends_with(']')) return text;
  const std::string_view inner = text.substr(1, text.size() - 2);
  const std::string_view first = inner.substr(0, inner.find(','));
  for (std::size_t at = 0; at < inner.size();) {
    const std::size_t end = std::min(inner.find(',', at), inner.size());
    if (inner.substr(at, end - at) != first) return text;
    at = end + 1;
  }
  return first;
}

void put(JsonWriter& out, std::string_view key, std::string_view value) {
  out.key(key);
  const std::string_view plain = one_of_list(value);
  if (is_number(plain) || plain == "true" || plain == "false") {
    out.raw(plain);
  } else {
    out.text(plain);  // no number: whoever reads the key says so
  }
}

/// Widths of heads. DeepSeek's heads have two parts, and newer files state the compressed widths beside the real ones.
void put_heads(JsonWriter& out, const Metadata& metadata) {
  const u64 rotary = metadata.number("rope.dimension_count");
  if (metadata.number("attention.kv_lora_rank") > 0) {
    const auto real = [&](std::string_view key, std::string_view key_mla) { return metadata.number(key_mla) > 0 ? metadata.number(key_mla) : metadata.number(key); };
    const u64 key = real("attention.key_length", "attention.key_length_mla"), value = real("attention.value_length", "attention.value_length_mla");
    put(out, "qk_rope_head_dim", digits(rotary));
    if (key > rotary) put(out, "qk_nope_head_dim", digits(key - rotary));
    if (value > 0) put(out, "v_head_dim", digits(value));
    if (metadata.number("attention.q_lora_rank") == 0) out.key("q_lora_rank"), out.null();
    return;
  }
  const u64 heads = metadata.number("attention.head_count"), stated = metadata.number("attention.key_length");
  const u64 head = stated > 0 ? stated : heads > 0 ? metadata.number("embedding_length") / heads : 0;
  if (head > 0) put(out, "head_dim", digits(head));
  if (rotary == 0 || head == 0 || rotary >= head) return;
  const std::string part = "0." + digits(1'000'000 + ceil_div(rotary * 1'000'000, head).value).substr(1);  // six digits, never less than the share
  for (const std::string_view key : {"partial_rotary_factor", "rotary_pct"}) put(out, key, part);
}

/// What a converter does not write because llama.cpp's code has it as a constant, or because the tensors show it.
void put_implied(JsonWriter& out, const Metadata& metadata, std::string_view architecture) {
  const CheckpointTensors* embedding = metadata.tensor("token_embd.weight");
  if (embedding != nullptr && embedding->shape.size() == 2) {
    put(out, "vocab_size", digits(embedding->shape[0]));
  } else if (metadata.number("vocab_size") > 0) {
    put(out, "vocab_size", digits(metadata.number("vocab_size")));
  }
  const auto flag = [&](std::string_view key, bool value) { put(out, key, value ? "true" : "false"); };
  flag("tie_word_embeddings", metadata.tensor("output.weight") == nullptr);
  flag("attention_bias", metadata.tensor("blk.*.attn_output.bias") != nullptr);
  flag("mlp_bias", metadata.tensor("blk.*.ffn_down.bias") != nullptr);
  flag("qkv_bias", metadata.tensor("blk.*.attn_q.bias") != nullptr);
  if (architecture == "gemma3") put(out, "sliding_window_pattern", "6");
  if (architecture == "smollm3") put(out, "no_rope_layer_interval", "4");
  if (metadata.number("nextn_predict_layers") == 0) put(out, "num_nextn_predict_layers", "0");
}

std::string known_architectures() {
  std::string out;
  for (const Architecture& one : architectures) out += (out.empty() ? "" : ", ") + std::string(one.gguf);
  return out;
}

constexpr u64 sigmoid_gating = 2;  // expert_gating_func: DeepSeek-V3 has V2's architecture and this

}  // namespace

const GgufTensorName* gguf_tensor_name(std::string_view starred_name) {
  if (starred_name.starts_with("blk.*.")) starred_name.remove_prefix(6);
  const std::string_view part = starred_name.substr(0, starred_name.find('.'));
  for (const GgufTensorName& name : tensor_names)
    if (name.part == part) return &name;
  return nullptr;
}

Result<std::string> config_of_gguf(const CheckpointSummary& checkpoint) {
  const std::string where = "checkpoint.metadata";
  const auto named = std::find_if(checkpoint.metadata.begin(), checkpoint.metadata.end(), [](const CheckpointMetadata& entry) { return entry.key == "general.architecture"; });
  if (named == checkpoint.metadata.end()) return make_error(Say::field_missing, where + ".general.architecture", {"general.architecture"});
  const auto architecture = std::find_if(architectures.begin(), architectures.end(), [&](const Architecture& one) { return one.gguf == named->value; });
  if (architecture == architectures.end())
    return make_error(Say::architecture_unknown, where + ".general.architecture", {cut(named->value, 64), known_architectures()});
  const Metadata metadata(checkpoint, architecture->gguf);
  const u64 layers = metadata.number("block_count"), experts = metadata.number("expert_count");
  std::string_view type = experts > 0 && !architecture->experts_type.empty() ? architecture->experts_type : architecture->model_type;
  if (type == "deepseek_v2" && metadata.number("expert_gating_func") == sigmoid_gating) type = "deepseek_v3";
  JsonWriter out;
  out.begin_object();
  out.key("model_type");
  out.text(type);
  if (layers > 0) put(out, "num_hidden_layers", digits(layers - std::min(layers, metadata.number("nextn_predict_layers"))));
  if (experts > 0) put(out, architecture->experts_key, digits(experts));
  for (const Key& key : common)
    if (const std::string_view value = metadata.find(key.gguf); !value.empty()) put(out, key.config, value);
  if (type == "deepseek_v2" && metadata.number("expert_group_count") > 1) out.key("topk_method"), out.text("group_limited_greedy");
  put_heads(out, metadata);
  put_implied(out, metadata, architecture->gguf);
  out.end_object();
  return out.take();
}

}  // namespace plimsoll
