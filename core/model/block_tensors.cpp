#include "model/block_tensors.hpp"

namespace plimsoll {
namespace {

void list(TensorSink& sink, std::string_view block, const GroupedQueryAttention& a, u32 hidden) {
  const AttentionNames& n = *a.names;
  const u32 q = a.num_attention_heads * a.head_dim;
  const u32 kv = a.num_key_value_heads * a.head_dim;
  if (a.qkv == GroupedQueryAttention::Qkv::fused) {
    sink.matrix({.block = block, .part = n.qkv, .out = q + 2 * kv, .in = hidden, .role = Role::attention_qkv, .cut = Cut::qkv_heads,
                 .bias = a.qkv_bias, .transposed = a.conv1d});
  } else {
    sink.matrix({.block = block, .part = n.q, .out = q, .in = hidden, .role = Role::attention_q, .cut = Cut::out, .bias = a.qkv_bias});
    sink.matrix({.block = block, .part = n.k, .out = kv, .in = hidden, .role = Role::attention_k, .cut = Cut::kv_heads, .bias = a.qkv_bias});
    sink.matrix({.block = block, .part = n.v, .out = kv, .in = hidden, .role = Role::attention_v, .cut = Cut::kv_heads, .bias = a.qkv_bias});
  }
  sink.matrix({.block = block, .part = n.o, .out = hidden, .in = q, .role = Role::attention_o, .cut = Cut::in, .bias = a.o_bias, .transposed = a.conv1d});
  if (a.qk_norm == GroupedQueryAttention::QkNorm::per_head) {
    list_norm(sink, block, {a.qk_norm_kind, n.q_norm, a.head_dim}, Role::attention_norm);
    list_norm(sink, block, {a.qk_norm_kind, n.k_norm, a.head_dim}, Role::attention_norm);
  }
  if (a.sinks)
    sink.vector({.block = block, .part = n.sinks, .suffix = "", .width = a.num_attention_heads, .role = Role::attention_sink, .cut = Cut::out});
}

void list(TensorSink& sink, std::string_view block, const LatentAttention& a, u32 hidden) {
  const LatentNames& n = *a.names;
  const u32 q = a.num_attention_heads * (a.qk_nope_head_dim + a.qk_rope_head_dim);
  if (a.q_lora_rank == 0) {
    sink.matrix({.block = block, .part = n.q, .out = q, .in = hidden, .role = Role::attention_q, .cut = Cut::out});
  } else {
    sink.matrix({.block = block, .part = n.q_a, .out = a.q_lora_rank, .in = hidden, .role = Role::latent_q_a, .bias = a.bias});
    list_norm(sink, block, {NormKind::rms, n.q_a_norm, a.q_lora_rank}, Role::attention_norm);
    sink.matrix({.block = block, .part = n.q_b, .out = q, .in = a.q_lora_rank, .role = Role::latent_q_b, .cut = Cut::out});
  }
  sink.matrix({.block = block, .part = n.kv_a, .out = a.kv_lora_rank + a.qk_rope_head_dim, .in = hidden, .role = Role::latent_kv_a, .bias = a.bias});
  list_norm(sink, block, {NormKind::rms, n.kv_a_norm, a.kv_lora_rank}, Role::attention_norm);
  sink.matrix({.block = block, .part = n.kv_b, .out = a.num_attention_heads * (a.qk_nope_head_dim + a.v_head_dim), .in = a.kv_lora_rank,
               .role = Role::latent_kv_b, .cut = Cut::out});
  sink.matrix({.block = block, .part = n.o, .out = hidden, .in = a.num_attention_heads * a.v_head_dim, .role = Role::attention_o, .cut = Cut::in, .bias = a.bias});
}

void list(TensorSink& sink, std::string_view block, const Mlp& m, u32 hidden) {
  const u32 f = m.intermediate_size;
  if (m.form == Mlp::Form::gated_fused) {
    sink.matrix({.block = block, .part = m.names->gate_up, .out = 2 * f, .in = hidden, .role = Role::mlp_gate_up, .cut = Cut::out, .bias = m.bias});
  } else {
    if (m.form == Mlp::Form::gated)
      sink.matrix({.block = block, .part = m.names->gate, .out = f, .in = hidden, .role = Role::mlp_gate, .cut = Cut::out, .bias = m.bias});
    sink.matrix({.block = block, .part = m.names->up, .out = f, .in = hidden, .role = Role::mlp_up, .cut = Cut::out, .bias = m.bias, .transposed = m.conv1d});
  }
  sink.matrix({.block = block, .part = m.names->down, .out = hidden, .in = f, .role = Role::mlp_down, .cut = Cut::in, .bias = m.bias, .transposed = m.conv1d});
}

/// gpt-oss holds all experts of a layer in one tensor [experts, in, out], gate and up interleaved.
void list_stacked_experts(TensorSink& sink, std::string_view block, const MixtureOfExperts& e, u32 hidden) {
  Tensor t{.block = block, .expert = e.names->experts, .rank = 3, .stacked = 1, .routed = true};
  t.out_axis = 2;
  t.part = "gate_up_proj", t.shape = {e.num_experts, hidden, 2 * e.moe_intermediate_size}, t.role = Role::expert_gate_up, t.cut = Cut::out;
  sink.add(t);
  t.part = "down_proj", t.shape = {e.num_experts, e.moe_intermediate_size, hidden}, t.role = Role::expert_down, t.cut = Cut::in;
  sink.add(t);
  if (!e.expert_bias) return;
  t.rank = 2, t.out_axis = 1;
  t.part = "gate_up_proj_bias", t.shape = {e.num_experts, 2 * e.moe_intermediate_size, 0}, t.role = Role::expert_gate_up, t.cut = Cut::out;
  sink.add(t);
  t.part = "down_proj_bias", t.shape = {e.num_experts, hidden, 0}, t.role = Role::expert_down, t.cut = Cut::whole;
  sink.add(t);
}

void list(TensorSink& sink, std::string_view block, const MixtureOfExperts& e, u32 hidden) {
  const ExpertNames& n = *e.names;
  const u32 f = e.moe_intermediate_size;
  sink.matrix({.block = block, .part = n.router, .out = e.num_experts, .in = hidden, .role = Role::router, .bias = e.router_bias, .parameter = true});
  if (e.correction_bias) sink.vector({.block = block, .part = n.correction, .suffix = "", .width = e.num_experts, .role = Role::buffer});
  if (e.storage == MixtureOfExperts::Storage::stacked_in_out) {
    list_stacked_experts(sink, block, e, hidden);
  } else {
    const auto expert = [&](std::string_view part, u32 out, u32 in, Role role, Cut cut) {
      sink.matrix({.block = block, .expert = n.experts, .part = part, .out = out, .in = in, .role = role, .cut = cut, .experts = e.num_experts, .routed = true});
    };
    expert(n.expert.gate, f, hidden, Role::expert_gate, Cut::out);
    expert(n.expert.up, f, hidden, Role::expert_up, Cut::out);
    expert(n.expert.down, hidden, f, Role::expert_down, Cut::in);
  }
  if (e.shared_intermediate_size > 0) {
    const auto shared = [&](std::string_view part, u32 out, u32 in, Role role, Cut cut) {
      sink.matrix({.block = block, .expert = n.shared, .part = part, .out = out, .in = in, .role = role, .cut = cut, .bias = e.shared_bias});
    };
    shared("gate_proj", e.shared_intermediate_size, hidden, Role::shared_expert_gate, Cut::out);
    shared("up_proj", e.shared_intermediate_size, hidden, Role::shared_expert_up, Cut::out);
    shared("down_proj", hidden, e.shared_intermediate_size, Role::shared_expert_down, Cut::in);
  }
  if (e.shared_router) sink.matrix({.block = block, .part = n.shared_router, .out = 1, .in = hidden, .role = Role::shared_expert_router});
}

const MixtureOfExperts* experts_of(const ModelSpec& model, const Tensor& tensor) {
  return std::get_if<MixtureOfExperts>(&model.stacks[tensor.stack_index].kinds[tensor.kind].feed_forward.kind);
}

}  // namespace

void TensorSink::matrix(const Matrix& m) {
  Tensor t{.block = m.block, .expert = m.expert, .part = m.part, .suffix = ".weight", .shape = {m.out, m.in, 0}, .rank = 2, .role = m.role, .cut = m.cut};
  if (m.transposed) {
    t.shape = {m.in, m.out, 0};
    t.out_axis = 1;
  }
  t.experts = m.experts;
  t.routed = m.routed;
  t.linear = !m.routed && !m.parameter;
  out_.push_back(t);
  if (!m.bias) return;
  t.linear = false;
  t.suffix = ".bias";
  t.shape = {m.out, 0, 0};
  t.rank = 1;
  t.out_axis = 0;
  if (m.cut == Cut::in) t.cut = Cut::whole;  // added once, after the ranks' partial sums
  out_.push_back(t);
}

void TensorSink::vector(const Vector& v) {
  out_.push_back({.block = v.block, .part = v.part, .suffix = v.suffix, .shape = {v.width, 0, 0}, .rank = 1, .role = v.role, .cut = v.cut});
}

void list_norm(TensorSink& sink, std::string_view block, const Norm& norm, Role role) {
  sink.vector({.block = block, .part = norm.name, .suffix = ".weight", .width = norm.width, .role = role});
  if (norm.kind == NormKind::layer_norm) sink.vector({.block = block, .part = norm.name, .suffix = ".bias", .width = norm.width, .role = role});
}

void list_layer(TensorSink& sink, const LayerSpec& layer, u32 hidden_size) {
  std::visit([&](const auto& mixer) { list(sink, layer.mixer.name, mixer, hidden_size); }, layer.mixer.kind);
  std::visit([&](const auto& feed_forward) { list(sink, layer.feed_forward.name, feed_forward, hidden_size); }, layer.feed_forward.kind);
  for (const Norm& norm : layer.norms) list_norm(sink, {}, norm, Role::norm);
}

void list_mtp_module(TensorSink& sink, const ModelSpec& model) {
  const MtpModule names;
  const u32 h = model.hidden_size;
  sink.matrix({.block = names.embedding, .out = model.vocab_size, .in = h, .role = Role::embedding, .cut = Cut::out, .parameter = true});
  sink.matrix({.block = names.projection, .out = h, .in = 2 * h, .role = Role::mtp_projection});
  for (const std::string_view norm : {names.embedding_norm, names.hidden_norm, names.head_norm})
    list_norm(sink, {}, {model.final_norm.kind, norm, h}, Role::norm);
  sink.matrix({.block = names.head, .out = model.vocab_size, .in = h, .role = Role::lm_head, .cut = Cut::out});
}

u64 num_experts_of(const ModelSpec& model, const Tensor& tensor) { return experts_of(model, tensor)->num_experts; }

u64 experts_per_token_of(const ModelSpec& model, const Tensor& tensor) {
  const MixtureOfExperts& experts = *experts_of(model, tensor);
  return experts.num_experts_per_tok < experts.num_experts ? experts.num_experts_per_tok : experts.num_experts;
}

}  // namespace plimsoll
