// Norms (XRMSNorm.forward of each model file) and rotary embeddings (apply_rotary_pos_emb and its variants): short runs of temporaries,
// of which only the highest point can matter.
#include "inference/block_runs.hpp"

namespace plimsoll {
namespace {

// x in fp32 and its square with the mean; then x, the scaled x, the variance and its root
constexpr LedgerItem rms_steps = activation("activations.norm_steps", "8 * rows * cols + 8 * rows");
// without the copy to fp32: square and mean; then the scaled x, its product with the weight, the variance
constexpr LedgerItem rms_steps_fp32 = activation("activations.norm_steps", "8 * rows * cols + 4 * rows");
// scaled x, and its product with 1 + weight in fp32
constexpr LedgerItem rms_plus_one_steps = activation("activations.norm_steps", "8 * rows * cols + max(4 * rows, 4 * cols)");
// scaled x, its product with the weight, and the cast of that
constexpr LedgerItem rms_cast_last_steps = activation("activations.norm_steps", "max(8 * rows * cols + 8 * rows, (8 + b_a) * rows * cols + 4 * rows)");
constexpr LedgerItem layer_norm_steps = activation("activations.norm_steps", "8 * rows");  // mean and rstd of aten.native_layer_norm

constexpr LedgerItem steps_thrice = activation("activations.rotary_steps", "3 * b_a * rows * d_rot");  // x cos, rotate_half(x), product or sum
constexpr LedgerItem steps_joined = activation("activations.rotary_steps", "max(3 * b_a * rows * d_rot, b_a * rows * (d_rot + d_head))");
constexpr LedgerItem steps_twice = activation("activations.rotary_steps", "2 * b_a * rows * d_rot");  // both halves, then both and their concatenation
constexpr LedgerItem turned_part = activation("activations.rotary_steps", "b_a * rows * d_rot");
constexpr LedgerItem in_fp32 = activation("activations.rotary_steps", "4 * rows * d_rot");

const LedgerItem& steps_of(NormKind kind, bool widens) {
  switch (kind) {
    case NormKind::rms: return widens ? rms_steps : rms_steps_fp32;
    case NormKind::rms_plus_one: return rms_plus_one_steps;
    case NormKind::rms_cast_last: return widens ? rms_cast_last_steps : rms_steps_fp32;
    case NormKind::layer_norm: break;
  }
  return layer_norm_steps;
}

Values rows_of(const PassContext& context, Symbol heads) {
  Values v = context.values;
  v[Symbol::rows] = (Checked{v[Symbol::B]} * v[Symbol::T] * v[heads]).value;
  return v;
}

/// apply_rotary_emb of DeepSeek-V2: fp32 copies, complex products, casts. Without a copy the product itself is the result.
Rotated run_complex_rotary(PassContext& context, const LedgerItem& query, const LedgerItem& key) {
  const Values q = rows_of(context, Symbol::n_q), k = rows_of(context, Symbol::n_kv);
  Ledger& ledger = context.ledger;
  if (!context.widens()) {
    Hold turned = ledger.hold(query, q);
    return {std::move(turned), ledger.hold(key, k)};
  }
  const Hold query_copy = ledger.hold(in_fp32, q), key_copy = ledger.hold(in_fp32, k);
  Rotated out;
  Hold product = ledger.hold(in_fp32, q);
  out.query = ledger.hold(query, q);
  product.drop();
  product = ledger.hold(in_fp32, k);
  out.key = ledger.hold(key, k);
  return out;
}

/// apply_rotary_pos_emb of GPT-NeoX: both parts are turned before either is joined with the rest.
Rotated run_late_rotary(PassContext& context, const LedgerItem& query, const LedgerItem& key, const Values& q, const Values& k) {
  Ledger& ledger = context.ledger;
  ledger.spike(steps_thrice, q);
  Hold query_part = ledger.hold(turned_part, q);
  ledger.spike(steps_thrice, k);
  Hold key_part = ledger.hold(turned_part, k);
  Rotated out;
  out.query = ledger.hold(query, q);
  query_part.drop();
  out.key = ledger.hold(key, k);
  return out;
}

}  // namespace

Hold run_norm(PassContext& context, NormKind kind, u64 rows, u64 cols, const LedgerItem& result) {
  Values v = context.values;
  v[Symbol::rows] = rows;
  v[Symbol::cols] = cols;
  const LedgerItem& steps = steps_of(kind, context.widens());
  if (kind != NormKind::layer_norm) {
    context.ledger.spike(steps, v);
    return context.ledger.hold(result, v);
  }
  Hold normed = context.ledger.hold(result, v);  // the statistics are outputs of the same operator
  context.ledger.spike(steps, v);
  return normed;
}

Rotated run_rotary(PassContext& context, RotaryStyle style, const LedgerItem& query, const LedgerItem& key) {
  if (style == RotaryStyle::complex_product) return run_complex_rotary(context, query, key);
  const Values q = rows_of(context, Symbol::n_q), k = rows_of(context, Symbol::n_kv);
  if (style == RotaryStyle::joined_late) return run_late_rotary(context, query, key, q, k);
  const LedgerItem& steps = style == RotaryStyle::halves ? steps_thrice : style == RotaryStyle::joined ? steps_joined : steps_twice;
  Rotated out;
  context.ledger.spike(steps, q);
  out.query = context.ledger.hold(query, q);
  context.ledger.spike(steps, k);
  out.key = context.ledger.hold(key, k);
  return out;
}

}  // namespace plimsoll
