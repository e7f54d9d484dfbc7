// XAttention.forward of the model files.
#include <utility>

#include "training/saved_blocks.hpp"

namespace plimsoll {
namespace {

constexpr LedgerItem query = saved("saved.query", "L * b_a * B * T * n_q * d_head");
constexpr LedgerItem key = saved("saved.key", "L * b_a * B * T * n_kv * d_head");
constexpr LedgerItem value = saved("saved.value", "L * b_a * B * T * n_kv * d_v");
constexpr LedgerItem query_key_value = saved("saved.query_key_value", "L * b_a * B * T * (n_q + 2 * n_kv) * d_head");
constexpr LedgerItem projection = saved("saved.attention_projection", "L * b_a * B * T * h");
constexpr LedgerItem projection_mask = saved("saved.projection_dropout", "L * B * T * h");
constexpr LedgerItem adapter_input = saved("saved.adapter_input", "L * b_a * B * T * h", source::adapters);
constexpr LedgerItem adapter_output = saved("saved.adapter_input", "L * b_a * B * T * n_q * d_v", source::adapters);
constexpr LedgerItem query_weight = saved("saved.weight_copy", "L * b_a * h * n_q * d_head");
constexpr LedgerItem key_weight = saved("saved.weight_copy", "L * b_a * h * n_kv * d_head");
constexpr LedgerItem all_weight = saved("saved.weight_copy", "L * b_a * h * (n_q + 2 * n_kv) * d_head");
constexpr LedgerItem output_weight = saved("saved.weight_copy", "L * b_a * h * n_q * d_v");

constexpr LedgerItem query_rotary = saved("saved.query", "L * b_a * B * T * n_q * d_rope");
constexpr LedgerItem key_rotary = saved("saved.key", "L * b_a * B * T * d_rope");
constexpr LedgerItem query_latent = saved("saved.query_latent", "L * b_a * B * T * r_q");
constexpr LedgerItem compressed = saved("saved.compressed", "L * b_a * B * T * (r_kv + d_rope)");
constexpr LedgerItem compressed_normed = saved("saved.compressed_normed", "L * b_a * B * T * r_kv");
constexpr LedgerItem expanded = saved("saved.keys_and_values", "L * b_a * B * T * n_q * (d_nope + d_v)");
constexpr LedgerItem adapter_query_latent = saved("saved.adapter_input", "L * b_a * B * T * r_q", source::adapters);
constexpr LedgerItem adapter_compressed = saved("saved.adapter_input", "L * b_a * B * T * r_kv", source::adapters);
constexpr LedgerItem query_a_weight = saved("saved.weight_copy", "L * b_a * h * r_q");
constexpr LedgerItem query_b_weight = saved("saved.weight_copy", "L * b_a * r_q * n_q * d_head");
constexpr LedgerItem kv_a_weight = saved("saved.weight_copy", "L * b_a * h * (r_kv + d_rope)");
constexpr LedgerItem kv_b_weight = saved("saved.weight_copy", "L * b_a * r_kv * n_q * (d_nope + d_v)");

u64 tokens_of(const Tape& tape) { return (Checked{tape.values[Symbol::B]} * tape.values[Symbol::T]).value; }

struct Projected {
  Traced query, key, value;
};

/// A cache that is filled: keys and values are joined to what was there, which was nothing of
/// the keys' type. Each gradient is a view of the one that comes.
Traced cached(Tape& tape, const Traced& made, const LedgerItem& item, u8 bytes) {
  if (!tape.pass().returns_cache()) return made;
  Traced taken = made;
  if (made.bytes != bytes) taken.edge = tape.new_gradient(made);
  taken.bytes = bytes;
  Backward back(tape, {taken});
  back.share(0, 0, Backward::Shape::view);
  const Traced out = tape.make(item, bytes, made.gradient, back.out());
  tape.put_out(out);
  return out;
}

/// Splits a fused projection. Backward joins the three gradients: in one tensor, or in one after another where each was a slice.
Projected split_qkv(Tape& tape, const GroupedQueryAttention& a, const Traced& all) {
  const u64 tokens = tokens_of(tape), q_elements = tokens * a.num_attention_heads * a.head_dim;
  const u64 k_elements = tokens * a.num_key_value_heads * a.head_dim;
  Traced joined = all;
  if (a.rotary_style == RotaryStyle::joined_late && a.rotary_dim != 0) joined.edge = tape.new_gradient(all);  // heads lie before tokens
  Backward back(tape, {joined});
  const auto whole = [&] { return back.make(all.elements, all.bytes); };
  if (a.rotary_style == RotaryStyle::joined && a.rotary_dim != 0) {
    for (const u8 slot : {u8{2}, u8{1}, u8{0}}) {
      const u8 padded = whole();
      back.lose(slot);
      back.give(0, padded);
    }
  } else {
    const u8 sum = whole();
    back.lose();
    back.give(0, sum);
  }
  const auto part = [&](u64 elements, u8 slot) {
    Traced tensor = Tape::part(all, elements);
    tensor.edge = back.out(slot);
    return tensor;
  };
  return {part(q_elements, 0), part(k_elements, 1), part(k_elements, 2)};
}

/// Whether a gradient comes with heads before tokens and has to be copied for the projection that made the tensor.
bool copied_back(u64 heads, const Tape& tape) { return heads > 1 && tape.values[Symbol::T] > 1; }

/// The kernel's gradient of the values: fused kernels give it in the layout of the values.
bool value_gradient_copied(const Tape& tape, const GroupedQueryAttention& a, bool masked) {
  const TrainingAttention attention = tape.pass().attention;
  if (!copied_back(a.num_key_value_heads, tape)) return false;
  if (attention == TrainingAttention::eager || attention == TrainingAttention::sdpa_math) return true;
  return attention == TrainingAttention::sdpa && masked && a.num_key_value_heads != a.num_attention_heads;
}

Projected project(Tape& tape, const GroupedQueryAttention& a, const Traced& input, bool masked) {
  const u64 tokens = tokens_of(tape);
  const bool turns = a.rotary_dim != 0, moved = value_gradient_copied(tape, a, masked), bias = a.qkv_bias;
  const auto laid_out = [&](Traced tensor, bool copied) {
    if (copied) tensor.edge = tape.new_gradient(tensor);
    return tensor;
  };
  if (a.qkv == GroupedQueryAttention::Qkv::fused) {
    Projected p = split_qkv(tape, a, trace_linear(tape, input, {query_key_value, all_weight, adapter_input, {Role::attention_qkv}, bias, false, a.conv1d}));
    if (turns && a.rotary_style == RotaryStyle::joined_late) return p;
    const bool heads_first = turns || moved;
    p.query = laid_out(p.query, heads_first && copied_back(a.num_attention_heads, tape));
    p.key = laid_out(p.key, heads_first && copied_back(a.num_key_value_heads, tape));
    p.value = laid_out(p.value, moved);
    return p;
  }
  const bool norms = a.qk_norm == GroupedQueryAttention::QkNorm::per_head, late = norms && a.qk_norm_after_projections;
  const auto norm = [&](Traced& tensor, u8 ordinal, u64 heads, const LedgerItem& item) {
    tensor = trace_norm(tape, {a.qk_norm_kind, {Role::attention_norm, ordinal}, tokens * heads, a.head_dim}, tensor, item);
  };
  const auto projected = [&](const LedgerItem& item, const LedgerItem& copy, Role role, u64 heads) {
    const Traced out = trace_linear(tape, input, {item, copy, adapter_input, {role}, bias});
    return laid_out(out, (turns || moved) && copied_back(heads, tape));
  };
  Traced q = projected(query, query_weight, Role::attention_q, a.num_attention_heads);
  if (norms && !late) norm(q, 0, a.num_attention_heads, query);
  Traced k = projected(key, key_weight, Role::attention_k, a.num_key_value_heads);
  if (norms && !late) norm(k, 1, a.num_key_value_heads, key);
  const Traced v = laid_out(trace_linear(tape, input, {value, key_weight, adapter_input, {Role::attention_v}, bias}), moved);
  if (late) norm(q, 0, a.num_attention_heads, query);
  if (late) norm(k, 1, a.num_key_value_heads, key);
  return {q, k, v};
}

Traced trace_grouped(Tape& tape, const GroupedQueryAttention& a, const Traced& input, bool masked) {
  Projected p = project(tape, a, input, masked);
  const bool turns = a.rotary_dim != 0, fused = a.qkv == GroupedQueryAttention::Qkv::fused;
  if (turns) {
    const u64 d = tape.values[Symbol::d_head];
    p.query = trace_rotary(tape, {a.rotary_style, a.rotary_dim, d}, p.query, query);
    p.key = trace_rotary(tape, {a.rotary_style, a.rotary_dim, d}, p.key, key);
  }
  const bool joined = tape.pass().returns_cache();
  p.key = cached(tape, p.key, key, p.key.bytes);
  p.value = cached(tape, p.value, value, p.key.bytes);
  const bool contiguous = turns && (a.rotary_style == RotaryStyle::joined || a.rotary_style == RotaryStyle::joined_late ||
                                    a.rotary_style == RotaryStyle::split_tables);
  const TracedKernel kernel{.masked = masked, .soft_cap = a.soft_cap, .sinks = a.sinks, .softmax_in_compute_dtype = a.softmax_in_compute_dtype,
                            .dropout = a.attention_dropout && !(a.dropout_modules && tape.pass().without_dropout()),
                            .fused = fused && !turns && !joined, .value_is_view = fused && !joined, .output_copied = contiguous};
  const Traced out = tape.run_part(RecomputeModule::core_attn, {p.query, p.key, p.value}, false,
                                   [&] { return trace_kernel(tape, kernel, p.query, p.key, p.value); });
  const Traced projected = trace_linear(tape, out, {projection, output_weight, adapter_output, {Role::attention_o}, a.o_bias, false, a.conv1d});
  return a.output_dropout ? trace_dropout(tape, projected, projection_mask, projection) : projected;
}

/// Splits one tensor along its columns; backward joins both gradients.
std::pair<Traced, Traced> split_columns(Tape& tape, const Traced& both, u64 first) {
  Backward back(tape, {both});
  const u8 joined = back.make(both.elements, both.bytes);
  back.lose();
  back.give(0, joined);
  Traced a = Tape::part(both, first), b = Tape::part(both, both.elements - first);
  a.edge = back.out(0);
  b.edge = back.out(1);
  return {a, b};
}

/// Joins two tensors along their columns; each gradient is a view of the one that comes.
Traced join_columns(Tape& tape, const Traced& a, const Traced& b, const LedgerItem& result) {
  Backward back(tape, {a, b});
  back.share(0, 0, Backward::Shape::view);
  back.share(1, 0, Backward::Shape::view);
  return tape.make(result, a.bytes, a.gradient || b.gradient, back.out());
}

/// Both parts are written into an empty tensor: backward copies the gradient for each write, and of what is written. The rotary key is
/// one for all heads.
Traced write_keys(Tape& tape, const Traced& own, const Traced& rotary, u8 bytes) {
  const u64 heads = tape.values[Symbol::n_q];
  const Traced out = tape.make(key, bytes, own.gradient || rotary.gradient);
  Backward back(tape, {own, rotary});
  const u8 first = back.make(out.elements, bytes), turned = back.make(rotary.elements * heads, bytes);
  const u8 zeros = back.make(rotary.elements * heads, bytes);
  back.drop(zeros);
  back.lose();
  const u8 second = back.make(out.elements, bytes), written = back.make(own.elements, bytes);
  back.drop(first);
  back.drop(second);
  const u8 sum = back.make(rotary.elements, bytes);
  back.drop(turned);
  if (back.wants(1)) back.give(1, sum);
  if (back.wants(0)) back.give(0, written);
  Traced joined = out;
  joined.edge = back.out();
  return joined;
}

Traced trace_latent(Tape& tape, const LatentAttention& a, const Traced& input, bool masked) {
  const u64 tokens = tokens_of(tape), heads = a.num_attention_heads;
  const bool copied = copied_back(heads, tape);
  const auto laid_out = [&](Traced tensor) {
    if (copied) tensor.edge = tape.new_gradient(tensor);
    return tensor;
  };
  Traced q;
  if (a.q_lora_rank != 0) {
    const Traced low = trace_linear(tape, input, {query_latent, query_a_weight, adapter_input, {Role::latent_q_a}, a.bias});
    const Traced normed = trace_norm(tape, {NormKind::rms, {Role::attention_norm, 0}, tokens, a.q_lora_rank}, low, query_latent);
    q = tape.run_part(RecomputeModule::mla_up_proj, {normed}, true,
                      [&] { return trace_linear(tape, normed, {query, query_b_weight, adapter_query_latent, {Role::latent_q_b}}); });
  } else {
    q = trace_linear(tape, input, {query, query_weight, adapter_input, {Role::attention_q}});
  }
  const auto [q_pass, q_rotary] = split_columns(tape, laid_out(q), tokens * heads * a.qk_nope_head_dim);
  const Traced low = trace_linear(tape, input, {compressed, kv_a_weight, adapter_input, {Role::latent_kv_a}, a.bias});
  const auto [k_low, k_rotary] = split_columns(tape, low, tokens * a.kv_lora_rank);
  const Part inner_norm{Role::attention_norm, static_cast<u8>(a.q_lora_rank != 0 ? 1 : 0)};
  const Traced normed = trace_norm(tape, {NormKind::rms, inner_norm, tokens, a.kv_lora_rank}, k_low, compressed_normed);
  const RotaryShape shape{a.rotary_style, a.qk_rope_head_dim, a.qk_rope_head_dim};
  const Traced q_turned = trace_rotary(tape, shape, q_rotary, query_rotary), k_turned = trace_rotary(tape, shape, k_rotary, key_rotary);
  Traced k, v;
  q = join_columns(tape, q_pass, q_turned, query);
  tape.run_part(RecomputeModule::mla_up_proj, {normed, low}, true, [&] {
    const Traced made = trace_linear(tape, normed, {expanded, kv_b_weight, adapter_compressed, {Role::latent_kv_b}});
    const auto [k_pass, values] = split_columns(tape, laid_out(made), tokens * heads * a.qk_nope_head_dim);
    k = write_keys(tape, k_pass, k_turned, q.bytes);
    v = values;
    return made;
  });
  k = cached(tape, k, key, k.bytes);
  v = cached(tape, v, value, k.bytes);
  const TracedKernel kernel{.masked = masked, .dropout = a.attention_dropout, .value_is_view = !tape.pass().returns_cache(), .output_copied = true};
  const Traced out = tape.run_part(RecomputeModule::core_attn, {q, k, v}, false, [&] { return trace_kernel(tape, kernel, q, k, v); });
  return trace_linear(tape, out, {projection, output_weight, adapter_output, {Role::attention_o}, a.bias});
}

}  // namespace

Traced trace_attention(Tape& tape, const Mixer& mixer, const Traced& input, bool masked) {
  return std::visit(Match{
      [&](const GroupedQueryAttention& a) { return trace_grouped(tape, a, input, masked); },
      [&](const LatentAttention& a) { return trace_latent(tape, a, input, masked); },
  }, mixer);
}

}  // namespace plimsoll
