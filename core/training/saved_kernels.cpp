// integrations/sdpa_attention.py and eager_attention_forward of the model files; torch: sdp_utils.cpp (which kernel CUDA takes),
// attention.cpp (math), derivatives.yaml (what each saves).
#include <array>

#include "training/saved_blocks.hpp"

namespace plimsoll {
namespace {

constexpr LedgerItem repeated_keys = saved("saved.keys_repeated", "L * b_a * B * T * n_q * d_head", source::attention);
constexpr LedgerItem repeated_values = saved("saved.values_repeated", "L * b_a * B * T * n_q * d_v", source::attention);
constexpr LedgerItem copied_values = saved("saved.values_copied", "L * b_a * B * T * n_kv * d_v", source::attention);
constexpr LedgerItem output = saved("saved.attention_output", "L * b_a * B * T * n_q * d_v");
constexpr LedgerItem statistics = saved("saved.attention_statistics", "4 * L * B * n_q * T", source::kernels);
constexpr LedgerItem statistics_of_32 = saved("saved.attention_statistics", "4 * L * B * n_q * 32 * ceil_div(T, 32)", source::kernels);
constexpr LedgerItem random_state = saved("saved.random_state", "24 * L", source::kernels);   // seed and offset 16, unused 8
constexpr LedgerItem random_state_of_two = saved("saved.random_state", "16 * L", source::kernels);
constexpr LedgerItem bias = saved("saved.mask_as_bias", "L * b_a * B * T * 16 * ceil_div(T, 16)", source::kernels);
constexpr LedgerItem padded_query = saved("saved.query_padded", "L * b_a * B * T * n_q * 8 * ceil_div(d_head, 8)", source::kernels);
constexpr LedgerItem padded_keys = saved("saved.keys_padded", "L * b_a * B * T * n_kv * 8 * ceil_div(d_head, 8)", source::kernels);
constexpr LedgerItem padded_output = saved("saved.attention_output", "L * b_a * B * T * n_q * 8 * ceil_div(d_v, 8)", source::kernels);
constexpr LedgerItem scaled_query = saved("saved.query_scaled", "L * b_a * B * T * n_q * d_head", source::kernels);
constexpr LedgerItem probabilities = saved("saved.probabilities", "L * b_a * B * n_q * T * T");
constexpr LedgerItem probabilities_with_sink = saved("saved.probabilities", "L * b_a * B * n_q * T * (T + 1)");
constexpr LedgerItem capped = saved("saved.scores_capped", "L * b_a * B * n_q * T * T");
constexpr LedgerItem row_maxima = saved("saved.row_maxima", "8 * L * B * n_q * T");
constexpr LedgerItem compiled_query = saved("saved.query", "L * b_a * B * T * n_q * d_head", source::partitioner);
constexpr LedgerItem own_key = saved("saved.key", "L * b_a * B * T * n_kv * d_head", source::partitioner);
constexpr LedgerItem kept_scores = saved("saved.scores", "L * b_a * B * n_q * T * T", source::partitioner);
constexpr LedgerItem softmax_rows = saved("saved.softmax_rows", "8 * L * B * n_q * T", source::partitioner);
constexpr LedgerItem dropout_mask = saved("saved.attention_dropout", "L * B * n_q * T * T");

struct Heads {
  u64 repeats = 1, kv = 1, sequences = 1, tokens = 1, query_width = 0, value_width = 0;

  explicit Heads(const Values& v)
      : repeats(v[Symbol::n_q] / v[Symbol::n_kv]), kv(v[Symbol::n_kv]), sequences(v[Symbol::B]), tokens(v[Symbol::T]),
        query_width(v[Symbol::d_head]), value_width(v[Symbol::d_v]) {}
  /// repeat_kv of a single head is a view.
  [[nodiscard]] bool expanded() const { return repeats > 1 && kv > 1; }
  /// Autocast's cast of such a view is no view: it has all heads.
  [[nodiscard]] bool cast_expands(const Traced& before, const Traced& cast) const { return repeats > 1 && kv == 1 && before.bytes != cast.bytes; }
  /// Whether heads and tokens lie in another order than the output projection reads them.
  [[nodiscard]] bool transposed() const { return repeats * kv > 1 && tokens > 1; }
};

void save_all(Tape& tape, const Traced& q, const Traced& k, const Traced& v, const Traced& out) {
  for (const Traced* tensor : {&q, &k, &v, &out}) tape.save(*tensor);
}

/// The keys or values of every query head, `repeated`; its gradient is summed over the heads that share one. A tensor of its own only
/// where `copied`.
Traced repeat(Tape& tape, const Traced& tensor, const LedgerItem& repeated, bool copied) {
  if (Heads(tape.values).repeats == 1) return tensor;
  const Edge edge = tape.new_gradient(tensor);
  Traced out = tape.make(repeated, tensor.bytes, tensor.gradient, edge);
  if (!copied) out.storage = tensor.storage;
  return out;
}

/// The gradients of a kernel's queries, keys and values: all are there at once.
Edge kernel_backward(Tape& tape, const Traced& q, const Traced& k, const Traced& v) {
  Backward back(tape, {q, k, v});
  std::array<u8, 3> made{};
  const std::array<const Traced*, 3> tensors{&q, &k, &v};
  for (u8 i = 0; i < 3; ++i)
    if (back.wants(i)) made[i] = back.make(tensors[i]->elements, tensors[i]->bytes);
  for (u8 i = 0; i < 3; ++i)
    if (back.wants(i)) back.give(i, made[i]);
  return back.out();
}

/// A batched product saves both; the gradient of `b` is made first.
Edge batched_product_backward(Tape& tape, const Traced& a, const Traced& b) {
  Backward back(tape, {a, b});
  std::array<u8, 2> made{};
  for (const u8 i : {u8{1}, u8{0}})
    if (back.wants(i)) made[i] = back.make(i == 0 ? a.elements : b.elements, i == 0 ? a.bytes : b.bytes);
  for (const u8 i : {u8{1}, u8{0}})
    if (back.wants(i)) back.give(i, made[i]);
  return back.out();
}

/// SDPA without a fused kernel: queries and keys are scaled in fp32, 16-bit inputs cast to it first.
Traced trace_math(Tape& tape, const Traced& query, const Traced& key, const Traced& value) {
  const auto widened = [&](const Traced& tensor, const LedgerItem& item) {
    return tensor.bytes == 4 ? tensor : tape.make(item, 4, tensor.gradient, tape.new_gradient(tensor));
  };
  const Traced wide_q = widened(query, scaled_query), wide_k = widened(key, own_key), wide_v = widened(value, copied_values);
  const Edge q_edge = tape.new_gradient(wide_q);
  const Traced q = tape.make(scaled_query, 4, query.gradient, q_edge);
  const Traced k_repeated = repeat(tape, wide_k, repeated_keys, true), v = repeat(tape, wide_v, repeated_values, true);
  const Edge k_edge = tape.new_gradient(k_repeated);
  const Traced k = tape.make(repeated_keys, 4, key.gradient, k_edge);
  if (key.gradient) tape.save(q);
  if (query.gradient) tape.save(k);
  Traced p = tape.make(probabilities, 4, query.gradient || key.gradient, batched_product_backward(tape, q, k));
  if (p.gradient) {
    tape.save(p);
    p.edge = tape.new_gradient(p);
  }
  if (p.gradient) tape.save(v);
  if (value.gradient) tape.save(p);
  const Traced product = tape.make(output, 4, p.gradient || value.gradient, batched_product_backward(tape, p, v));
  return query.bytes == 4 ? product : tape.make(output, query.bytes, product.gradient, tape.new_gradient(product));
}

/// Flash kernels: head widths that 8 does not divide are padded.
Traced trace_flash(Tape& tape, const TracedKernel& kernel, Traced q, Traced k, Traced v, bool gradient, bool pads) {
  const bool padded = pads && tape.values[Symbol::d_head] % 8 != 0, packed = tape.pass().packed;
  if (packed && kernel.fused) {  // the kernel of packed rows takes tensors without gaps
    q = tape.make(scaled_query, q.bytes, q.gradient, tape.new_gradient(q));
    k = tape.make(repeated_keys, k.bytes, k.gradient, tape.new_gradient(k));
  }
  if (packed && kernel.value_is_view) v = tape.make(copied_values, v.bytes, v.gradient, tape.new_gradient(v));
  if (padded) {
    q = tape.make(padded_query, q.bytes, q.gradient, tape.new_gradient(q));
    k = tape.make(padded_keys, k.bytes, k.gradient, tape.new_gradient(k));
    v = tape.make(padded_keys, v.bytes, v.gradient, tape.new_gradient(v));
  }
  Traced out = tape.make(padded ? padded_output : output, q.bytes, gradient);
  if (gradient) {
    save_all(tape, q, k, v, out);
    tape.keep(statistics);
    tape.keep(random_state);
  }
  out.edge = kernel_backward(tape, q, k, v);
  if (padded) return tape.make(output, q.bytes, gradient, tape.new_gradient(out));
  return kernel.output_copied && !packed && Heads(tape.values).transposed() ? tape.make(output, q.bytes, gradient, out.edge) : out;
}

}  // namespace

Traced trace_kernel(Tape& tape, const TracedKernel& kernel, Traced query, Traced key, Traced value) {
  const TrainingAttention attention = tape.pass().attention;
  if (attention == TrainingAttention::eager) return trace_eager(tape, kernel, query, key, value);
  const Heads heads(tape.values);
  Traced q = tape.lower(query), k = tape.lower(key), v = tape.lower(value);
  const bool gradient = q.gradient || k.gradient || v.gradient;
  if (attention == TrainingAttention::flash_attention_2) return trace_flash(tape, kernel, q, k, v, gradient, false);
  if (attention == TrainingAttention::sdpa_math) return trace_math(tape, q, k, v);
  const bool same_width = heads.query_width == heads.value_width && heads.query_width <= 256;
  if (!kernel.masked && same_width && q.bytes == 2) return trace_flash(tape, kernel, q, k, v, gradient, true);
  const bool grouped_natively = !kernel.masked && same_width;
  if (!grouped_natively) {
    k = repeat(tape, k, repeated_keys, heads.expanded() || heads.cast_expands(key, k));
    v = repeat(tape, v, repeated_values, heads.expanded());
  }
  Traced out = tape.make(output, q.bytes, gradient);
  if (gradient) {
    if (kernel.masked) tape.keep(bias, q.bytes);
    save_all(tape, q, k, v, out);
    tape.keep(statistics_of_32);
    tape.keep(random_state_of_two);
  }
  out.edge = kernel_backward(tape, q, k, v);
  return out;
}

namespace {

/// A compiled softmax in fp32 keeps the scores and of each row its maximum and its sum; what the product with the values takes is kept by
/// the product.
Traced trace_compiled_eager(Tape& tape, const TracedKernel& kernel, const Traced& query, const Traced& key, const Traced& value) {
  const bool repeated = tape.values[Symbol::n_q] != tape.values[Symbol::n_kv];
  const u8 bytes = tape.lower(query).bytes;
  tape.keep(compiled_query, bytes);
  tape.keep(repeated ? repeated_keys : own_key, bytes);
  tape.keep(repeated ? repeated_values : copied_values, bytes);
  if (kernel.softmax_in_compute_dtype) {
    if (kernel.dropout) tape.keep(probabilities, bytes);
  } else {
    tape.keep(kept_scores, bytes);
    tape.keep(softmax_rows);
  }
  if (kernel.dropout) tape.keep(dropout_mask, 1);
  const Traced p = tape.make(probabilities, bytes, true);
  tape.save(p);
  return tape.make(output, bytes, query.gradient || key.gradient || value.gradient);
}

/// The last logit of each row is left out of the probabilities. Backward: torch's softmax, the subtraction of the row's largest (which was
/// saved by its place), the joined sinks.
Traced trace_sinks(Tape& tape, const Traced& scores, bool trained) {
  const bool any = scores.gradient || trained, wide = tape.pass().casts_weights();  // the mask has the stream's type, and the scores take it
  if (any) tape.keep(row_maxima);
  const Traced p = tape.make(probabilities_with_sink, wide ? u8{4} : scores.bytes, any);
  if (any) tape.save(p);
  Backward back(tape, {scores});
  const u8 padded = back.make(p.elements, p.bytes);
  back.lose();
  const u8 of_softmax = back.make(p.elements, p.bytes);
  back.drop(padded);
  back.release(p);
  const u8 negative = back.make(p.elements, p.bytes), rows = back.make(p.elements / (tape.values[Symbol::T] + 1), p.bytes);
  back.drop(negative);
  const u8 zeros = back.make(p.elements, p.bytes), scattered = back.make(p.elements, p.bytes);
  for (const u8 gone : {zeros, rows, scattered}) back.drop(gone);
  back.release_all();
  if (trained) back.parameter(tape.values[Symbol::n_q], tape.pass().weight_bytes());
  back.give_new(0);
  back.drop(of_softmax);
  Traced out = p;
  out.edge = back.out();
  if (wide) out = tape.make(probabilities, scores.bytes, any, out.edge);  // the product's cast is a tensor of its own
  return out;
}

/// Softmax in fp32 and back, or in the type of the scores.
Traced trace_softmax(Tape& tape, const TracedKernel& kernel, const Traced& scores, const Traced& value, u8 query_bytes) {
  const bool in_compute_dtype = kernel.softmax_in_compute_dtype && !tape.pass().autocast();
  const Traced wide = in_compute_dtype ? scores : tape.cast(scores, 4);
  Traced p = tape.make(probabilities, in_compute_dtype ? scores.bytes : 4, scores.gradient);
  if (scores.gradient) tape.save(p);
  p.edge = tape.new_gradient(wide);
  return tape.cast(p, kernel.softmax_in_compute_dtype ? value.bytes : query_bytes);
}

}  // namespace

Traced trace_eager(Tape& tape, const TracedKernel& kernel, Traced query, Traced key, Traced value) {
  if (tape.pass().compiled()) return trace_compiled_eager(tape, kernel, query, key, value);
  const Heads heads(tape.values);
  const bool copies = heads.expanded() || (heads.repeats > 1 && heads.sequences > 1);
  key = repeat(tape, key, repeated_keys, copies);
  value = repeat(tape, value, repeated_values, copies);
  Traced q = tape.lower(query), k = tape.lower(key);
  if (!copies && heads.cast_expands(key, k)) k = tape.make(repeated_keys, k.bytes, k.gradient, k.edge);
  if (kernel.fused && heads.sequences > 1) {  // batched products copy views that they cannot fold
    q = tape.make(scaled_query, q.bytes, q.gradient, q.edge);
    k = tape.make(repeated_keys, k.bytes, k.gradient, k.edge);
  }
  if (k.gradient) tape.save(q);
  if (q.gradient) tape.save(k);
  Traced scores = tape.make(probabilities, q.bytes, q.gradient || k.gradient, batched_product_backward(tape, q, k));
  scores.edge = tape.new_gradient(scores);  // times the scale
  if (kernel.soft_cap && scores.gradient) {
    scores.edge = tape.new_gradient(scores);  // by the cap
    tape.keep(capped, q.bytes);
    scores.edge = tape.new_gradient(scores);  // its tanh
    scores.edge = tape.new_gradient(scores);  // times the cap
  }
  Traced p = kernel.sinks ? trace_sinks(tape, scores, tape.trains({Role::attention_sink})) : trace_softmax(tape, kernel, scores, value, query.bytes);
  if (kernel.dropout) p = trace_dropout(tape, p, dropout_mask, probabilities);
  p = tape.lower(p);
  Traced v = tape.lower(value);
  if (kernel.value_is_view && heads.sequences > 1 && heads.repeats == 1) v = tape.make(copied_values, v.bytes, v.gradient, v.edge);
  if (p.gradient) tape.save(v);
  if (v.gradient) tape.save(p);
  return tape.make(output, v.bytes, p.gradient || v.gradient, batched_product_backward(tape, p, v));
}

}  // namespace plimsoll
