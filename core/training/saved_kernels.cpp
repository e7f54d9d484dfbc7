// integrations/sdpa_attention.py and eager_attention_forward of the model files; torch: sdp_utils.cpp (which kernel CUDA takes),
// attention.cpp (math), derivatives.yaml (what each saves).
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
constexpr LedgerItem compiled_key = saved("saved.key", "L * b_a * B * T * n_kv * d_head", source::partitioner);
constexpr LedgerItem scores = saved("saved.scores", "L * b_a * B * n_q * T * T", source::partitioner);
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

Traced trace_math(Tape& tape, const Traced& query, const Traced& key, const Traced& value) {
  const Traced q = tape.make(scaled_query, 4, query.gradient), k = tape.make(repeated_keys, 4, key.gradient);
  const Traced v = tape.make(repeated_values, 4, value.gradient);
  const Traced p = tape.make(probabilities, 4, query.gradient || key.gradient);
  if (key.gradient) tape.save(q);
  if (query.gradient) tape.save(k);
  if (p.gradient || value.gradient) tape.save(p);
  tape.mark_softmax(p, v);
  if (p.gradient) tape.save(v);
  return tape.make(output, query.bytes, p.gradient || value.gradient);
}

/// Flash kernels: head widths that 8 does not divide are padded.
Traced trace_flash(Tape& tape, const TracedKernel& kernel, Traced q, Traced k, Traced v, bool gradient, bool pads) {
  const bool padded = pads && tape.values[Symbol::d_head] % 8 != 0;
  if (padded) {
    q = tape.make(padded_query, q.bytes, q.gradient);
    k = tape.make(padded_keys, k.bytes, k.gradient);
    v = tape.make(padded_keys, v.bytes, v.gradient);
  }
  const Traced out = tape.make(padded ? padded_output : output, q.bytes, gradient);
  if (gradient) {
    save_all(tape, q, k, v, out);
    tape.keep(statistics);
    tape.keep(random_state);
  }
  return padded || (kernel.output_copied && Heads(tape.values).transposed()) ? tape.make(output, q.bytes, gradient) : out;
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
  if (heads.expanded() && !grouped_natively) {
    k = tape.make(repeated_keys, k.bytes, k.gradient);
    v = tape.make(repeated_values, v.bytes, v.gradient);
  } else if (!grouped_natively && heads.cast_expands(key, k)) {
    k = tape.make(repeated_keys, k.bytes, k.gradient);
  }
  const Traced out = tape.make(output, q.bytes, gradient);
  if (gradient) {
    if (kernel.masked) tape.keep(bias, q.bytes);
    save_all(tape, q, k, v, out);
    tape.keep(statistics_of_32);
    tape.keep(random_state_of_two);
  }
  return out;
}

namespace {

/// A compiled softmax in fp32 keeps the scores and of each row its maximum and its sum; what the product with the values takes is kept by
/// the product.
Traced trace_compiled_eager(Tape& tape, const TracedKernel& kernel, const Traced& query, const Traced& key, const Traced& value) {
  const bool repeated = tape.values[Symbol::n_q] != tape.values[Symbol::n_kv];
  const u8 bytes = tape.lower(query).bytes;
  tape.keep(compiled_query, bytes);
  tape.keep(repeated ? repeated_keys : compiled_key, bytes);
  tape.keep(repeated ? repeated_values : copied_values, bytes);
  if (kernel.softmax_in_compute_dtype) {
    if (kernel.dropout) tape.keep(probabilities, bytes);
  } else {
    tape.keep(scores, bytes);
    tape.keep(softmax_rows);
  }
  if (kernel.dropout) tape.keep(dropout_mask, 1);
  const Traced p = tape.make(probabilities, bytes, true);
  tape.save(p);
  tape.mark_softmax(p, value);
  return tape.make(output, bytes, query.gradient || key.gradient || value.gradient);
}

}  // namespace

Traced trace_eager(Tape& tape, const TracedKernel& kernel, Traced query, Traced key, Traced value) {
  if (tape.pass().compiled()) return trace_compiled_eager(tape, kernel, query, key, value);
  const Heads heads(tape.values);
  const bool copies = heads.expanded() || (heads.repeats > 1 && heads.sequences > 1);
  if (copies) {
    key = tape.make(repeated_keys, key.bytes, key.gradient);
    value = tape.make(repeated_values, value.bytes, value.gradient);
  }
  Traced q = tape.lower(query), k = tape.lower(key);
  if (!copies && heads.cast_expands(key, k)) k = tape.make(repeated_keys, k.bytes, k.gradient);
  if (kernel.fused && heads.sequences > 1) {  // batched products copy views that they cannot fold
    q = tape.make(scaled_query, q.bytes, q.gradient);
    k = tape.make(repeated_keys, k.bytes, k.gradient);
  }
  if (k.gradient) tape.save(q);
  if (q.gradient) tape.save(k);
  const bool scored = q.gradient || k.gradient;
  if (kernel.soft_cap && scored) tape.keep(capped, q.bytes);
  Traced p;
  if (kernel.sinks) {
    const bool any = scored || tape.trains({Role::attention_sink});
    if (any) tape.keep(row_maxima);
    const bool wide = tape.pass().autocast();  // the mask has the stream's type, and the scores take it
    p = tape.make(probabilities_with_sink, wide ? u8{4} : q.bytes, any);
    if (any) tape.save(p);
    if (wide) p = tape.make(probabilities, q.bytes, any);  // the sink's column is left out, so the product's cast is a tensor of its own
  } else {
    const bool in_compute_dtype = kernel.softmax_in_compute_dtype && !tape.pass().autocast();
    p = tape.make(probabilities, in_compute_dtype ? q.bytes : 4, scored);
    if (scored) tape.save(p);
    tape.mark_softmax(p, value);
    p = tape.cast(p, kernel.softmax_in_compute_dtype ? value.bytes : query.bytes);
  }
  if (kernel.dropout) p = trace_dropout(tape, p, dropout_mask, probabilities);
  p = tape.lower(p);
  Traced v = tape.lower(value);
  if (kernel.value_is_view && heads.sequences > 1 && heads.repeats == 1) v = tape.make(copied_values, v.bytes, v.gradient);
  if (p.gradient) tape.save(v);
  if (v.gradient) tape.save(p);
  return tape.make(output, v.bytes, p.gradient || v.gradient);
}

}  // namespace plimsoll
