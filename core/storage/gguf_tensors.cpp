// llama.cpp 0.5.0-dev: conversion/*.py make the tensors, gguf-py/gguf/constants.py names them.
#include "storage/gguf_tensors.hpp"

#include <algorithm>

namespace plimsoll {
namespace {

struct Part {
  std::string_view name{};
  TensorClass kind = TensorClass::other;
  bool quantised = true;
};

/// Names by what a tensor is for. Norms have names by their place in the layer, and latent attention's last matrix becomes two.
Part part_of(Role role) {
  switch (role) {
    case Role::embedding: return {"token_embd", TensorClass::embedding};
    case Role::position_embedding: return {"position_embd", TensorClass::other, false};
    case Role::lm_head: return {"output", TensorClass::output};
    case Role::attention_q: return {"attn_q", TensorClass::attention_q};
    case Role::attention_k: return {"attn_k", TensorClass::attention_k};
    case Role::attention_v: return {"attn_v", TensorClass::attention_v};
    case Role::attention_qkv: return {"attn_qkv", TensorClass::attention_v};
    case Role::attention_o: return {"attn_output", TensorClass::attention_output};
    case Role::attention_sink: return {"attn_sinks", TensorClass::other, false};
    case Role::latent_q_a: return {"attn_q_a"};
    case Role::latent_q_b: return {"attn_q_b"};
    case Role::latent_kv_a: return {"attn_kv_a_mqa"};
    case Role::mlp_gate: return {"ffn_gate", TensorClass::ffn_gate};
    case Role::mlp_gate_up:  // Phi-3's stays one tensor
    case Role::mlp_up: return {"ffn_up", TensorClass::ffn_up};
    case Role::mlp_down: return {"ffn_down", TensorClass::ffn_down};
    case Role::router: return {"ffn_gate_inp", TensorClass::other, false};
    case Role::expert_gate: return {"ffn_gate_exps", TensorClass::ffn_gate};
    case Role::expert_up: return {"ffn_up_exps", TensorClass::ffn_up};
    case Role::expert_down: return {"ffn_down_exps", TensorClass::ffn_down};
    case Role::shared_expert_gate: return {"ffn_gate_shexp", TensorClass::ffn_gate};
    case Role::shared_expert_up: return {"ffn_up_shexp", TensorClass::ffn_up};
    case Role::shared_expert_down: return {"ffn_down_shexp", TensorClass::ffn_down};
    case Role::shared_expert_router: return {"ffn_gate_inp_shexp", TensorClass::other, false};
    case Role::buffer: return {"exp_probs_b", TensorClass::other, false};
    case Role::latent_kv_b:
    case Role::expert_gate_up:
    case Role::attention_norm:
    case Role::norm:
    case Role::mtp_projection: break;
  }
  return {};
}

/// A norm inside the mixer, by the name that the checkpoint gives it.
std::string_view mixer_norm(const Mixer& mixer, std::string_view name) {
  return std::visit(Match{
      [&](const GroupedQueryAttention& a) { return std::string_view(name == a.names->q_norm ? "attn_q_norm" : "attn_k_norm"); },
      [&](const LatentAttention& a) { return std::string_view(name == a.names->q_a_norm ? "attn_q_a_norm" : "attn_kv_a_norm"); },
  }, mixer);
}

/// A norm of the layer, by its place: before attention, (after it,) before the MLP, (after it).
std::string_view layer_norm(const ModelSpec& model, const LayerSpec& layer, std::string_view name) {
  const auto at = std::find_if(layer.norms.begin(), layer.norms.end(), [&](const Norm& norm) { return norm.name == name; }) - layer.norms.begin();
  if (at == 0) return "attn_norm";
  if (layer.norms.size() == 2) return model.gguf.mlp_norm;
  return at == 1 ? "post_attention_norm" : at == 2 ? "ffn_norm" : "post_ffw_norm";
}

class Converter {
 public:
  Converter(const ModelSpec& model, std::vector<GgufTensor>& out) : model_(model), out_(out) {}

  void convert(const Tensor& tensor) {
    if (tensor.role == Role::latent_kv_b) return split_latent(tensor);
    if (tensor.role == Role::expert_gate_up) return split_experts(tensor);
    Part part = part_of(tensor.role);
    if (part.name.empty()) part = {norm_name(tensor), TensorClass::other, false};
    add(tensor, part);
  }

  /// Frequencies that a scaled rotary embedding divides by: one number for each angle.
  void add_frequencies() {
    if (model_.rotary_scaling == RotaryScaling::none || model_.rotary_scaling != model_.gguf.stretched) return;
    if (model_.rotary_scaling == RotaryScaling::llama3) return add_table("rope_freqs");
    add_table("rope_factors_long");
    add_table("rope_factors_short");
  }

 private:
  [[nodiscard]] const LayerSpec& layer_of(const Tensor& tensor) const { return model_.stacks[tensor.stack_index].kinds[tensor.kind]; }

  [[nodiscard]] std::string_view norm_name(const Tensor& tensor) const {
    if (!tensor.in_layer()) return "output_norm";
    if (tensor.role == Role::attention_norm) return mixer_norm(layer_of(tensor).mixer.kind, tensor.part);
    return layer_norm(model_, layer_of(tensor), tensor.part);
  }

  /// Where config.json does not state a vocabulary, the converter keeps the rows that the tokenizer has tokens for.
  [[nodiscard]] u32 embedding_rows() const {
    const auto& defaulted = model_.defaulted_keys;
    const bool stated = std::find(defaulted.begin(), defaulted.end(), "vocab_size") == defaulted.end();
    return stated || model_.gguf.tokens == 0 ? model_.vocab_size : std::min(model_.vocab_size, model_.gguf.tokens);
  }

  void add(const Tensor& from, const Part& part) {
    GgufTensor made{.tensor = from, .kind = part.kind, .planes = 1, .quantised = part.quantised};
    Tensor& t = made.tensor;
    if (t.in_layer()) t.stack = "blk";
    t.block = part.name, t.expert = t.part = {};
    if (from.role == Role::buffer) t.suffix = ".bias";
    if (t.suffix.empty()) t.suffix = t.stacked != 0 && t.rank == 2 ? ".bias" : ".weight";
    if (from.role == Role::embedding) t.shape[0] = embedding_rows();
    if (from.experts > 1 || (from.routed && from.stacked == 0)) {
      t.shape = {from.experts, from.shape[0], from.shape[1]};
      t.rank = 3, t.stacked = 1, t.experts = 1;
    }
    const std::size_t first = t.stacked;
    if (t.rank - first == 2 && t.out_axis > first) std::swap(t.shape[first], t.shape[first + 1]);  // stored [in, out] in the checkpoint
    if (t.rank - first == 2) t.out_axis = 0;
    if (t.stacked != 0) made.planes = t.shape[0];
    made.quantised = part.quantised && t.rank - first == 2;
    out_.push_back(made);
  }

  /// Gate and up lie interleaved in one matrix in gpt-oss's checkpoint.
  void split_experts(Tensor half) {
    half.shape[half.rank - 1U] /= 2;
    for (const Role role : {Role::expert_gate, Role::expert_up}) {
      half.role = role;
      add(half, part_of(role));
    }
  }

  /// What makes keys and values of the latent vector: two tensors, the keys' transposed in each head.
  void split_latent(const Tensor& from) {
    const auto& a = *std::get_if<LatentAttention>(&layer_of(from).mixer.kind);
    Tensor half = from;
    half.shape = {a.num_attention_heads * a.kv_lora_rank, a.qk_nope_head_dim, 0};
    add(half, {"attn_k_b"});
    out_.back().planes = a.num_attention_heads;
    half.shape = {a.num_attention_heads * a.v_head_dim, a.kv_lora_rank, 0};
    add(half, {"attn_v_b"});
    out_.back().planes = a.num_attention_heads;
  }

  void add_table(std::string_view name) {
    const Tensor table{.block = name, .suffix = ".weight", .shape = {model_.rotary_dim / 2, 0, 0}, .rank = 1, .role = Role::buffer};
    out_.push_back({.tensor = table});
  }

  const ModelSpec& model_;
  std::vector<GgufTensor>& out_;
};

}  // namespace

std::vector<GgufTensor> gguf_tensors(const ModelSpec& model, const TensorInventory& inventory) {
  std::vector<GgufTensor> out;
  Converter converter(model, out);
  for (const bool in_layer : {false, true}) {
    for (const Tensor& tensor : inventory.tensors)
      if (tensor.apart == Apart::no && tensor.in_layer() == in_layer) converter.convert(tensor);
    if (!in_layer) converter.add_frequencies();
  }
  return out;
}

}  // namespace plimsoll
