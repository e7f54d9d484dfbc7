// bitsandbytes/autograd/_functions.py and backends/cuda/ops.py: matmul_4bit and MatMul8bitLt without gradients, as the CUDA backend runs
// them. Rows and columns are those of the weight.
#include "inference/block_runs.hpp"
#include "storage/quantised_products.hpp"

namespace plimsoll {
namespace {

consteval LedgerItem step(const char* id, const char* formula, Basis basis = Basis::exact) {
  return {id, Formula(formula), source::products, in_activations, basis};
}

constexpr LedgerItem weight = step("activations.dequantised_weight", "b_a * rows * cols");
constexpr LedgerItem scales = step("activations.dequantised_scales", "4 * ceil_div(rows * cols, g_w)");
// the same where the library chooses by device whether to make them: the most that it may
constexpr LedgerItem weight_at_most = step("activations.dequantised_weight", "b_a * rows * cols", Basis::assumed);
constexpr LedgerItem scales_at_most = step("activations.dequantised_scales", "4 * ceil_div(rows * cols, g_w)", Basis::assumed);

// int8: outliers of the input are data, and what they add is not counted
constexpr LedgerItem int8_input = step("activations.int8_input", "B * T * cols + 4 * B * T", Basis::assumed);  // with a scale for each row
constexpr LedgerItem steps = step("activations.int8_steps", "3 * B * T * cols", Basis::assumed);               // magnitudes, mask of outliers
constexpr LedgerItem steps_and_copy = step("activations.int8_steps", "5 * B * T * cols", Basis::assumed);      // and the input in fp16
constexpr LedgerItem product_int32 = step("activations.int8_product", "4 * B * T * rows", Basis::assumed);
constexpr LedgerItem product_fp16 = step("activations.int8_product", "2 * B * T * rows", Basis::assumed);

Hold run_dequantised(PassContext& c, const Product& product, const Values& v, const LedgerItem& result) {
  const auto [made, basis] = dequantisation_of(product, (Checked{v[Symbol::B]} * v[Symbol::T]).value, v[Symbol::cols]);
  if (!made) return c.ledger.hold(result, v);
  const bool certain = basis == Basis::exact;
  Hold read, shifted;
  if (product.scale_elements != 0) {
    read = c.ledger.hold(certain ? scales : scales_at_most, v);
    shifted = c.ledger.hold(certain ? scales : scales_at_most, v);  // with the offset added
  }
  const Hold copy = c.ledger.hold(certain ? weight : weight_at_most, v);
  return c.ledger.hold(result, v);
}

Hold run_int8(PassContext& c, const Values& v, const LedgerItem& result) {
  const bool fp16 = c.pass.dtype == ComputeDtype::fp16;
  const Hold input = c.ledger.hold(int8_input, v);
  c.ledger.spike(fp16 ? steps : steps_and_copy, v);
  const Hold whole_product = c.ledger.hold(product_int32, v);
  Hold half;
  if (!fp16) half = c.ledger.hold(product_fp16, v);
  return c.ledger.hold(result, v);
}

}  // namespace

Hold run_linear(PassContext& c, Role role, u64 out, u64 in, const LedgerItem& result) {
  if (c.pass.weights == nullptr) return c.hold(result);
  const Product& product = c.pass.weights->of_linear(role).product;
  Values v = c.values;
  v[Symbol::rows] = out;
  v[Symbol::cols] = in;
  v[Symbol::g_w] = product.scale_elements;
  switch (product.way) {
    case ProductWay::dequantised: return run_dequantised(c, product, v, result);
    case ProductWay::int8: return run_int8(c, v, result);
    case ProductWay::direct: break;
  }
  return c.hold(result);
}

}  // namespace plimsoll
