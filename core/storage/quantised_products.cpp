// bitsandbytes/autograd/_functions.py, MatMul4Bit and MatMul8bitLt, over backends/cuda/ops.py.
#include "storage/quantised_products.hpp"

#include <algorithm>

namespace plimsoll {
namespace {

constexpr Formula weight{"b_a * rows * cols"};
constexpr Formula weight_and_scales{"b_a * rows * cols + 8 * ceil_div(rows * cols, g_w)"};  // as they are read, and with the offset added
constexpr Formula weight_back{"b_a * rows * cols + b_a * B * T * cols"};
constexpr Formula weight_back_scales{"b_a * rows * cols + max(4 * ceil_div(rows * cols, g_w), b_a * B * T * cols)"};  // scales go before the product
// the input is quantised in steps before the output is there; from and to fp16 it is cast
constexpr Formula int8_fp16{"B * T * cols + 4 * B * T + max(3 * B * T * cols, 6 * B * T * rows) - b_a * B * T * rows"};
constexpr Formula int8_cast{"B * T * cols + 4 * B * T + max(5 * B * T * cols, (6 + b_a) * B * T * rows) - b_a * B * T * rows"};
constexpr Formula int8_back{"b_a * rows * cols + max(4 * rows, b_a * B * T * cols)"};

/// What one operator makes; no formula where it makes nothing.
struct Made {
  const Formula* formula = nullptr;
  Basis basis = Basis::exact;
};

Made forward(const Product& product, const Values& v, ComputeDtype dtype) {
  if (product.way == ProductWay::int8) return {dtype == ComputeDtype::fp16 ? &int8_fp16 : &int8_cast, Basis::assumed};
  const auto [made, basis] = dequantisation_of(product, (Checked{v[Symbol::B]} * v[Symbol::T]).value, v[Symbol::cols]);
  if (!made) return {};
  return {product.scale_elements != 0 ? &weight_and_scales : &weight, basis};
}

Made backward(const Product& product) {
  if (product.way == ProductWay::int8) return {&int8_back, Basis::exact};
  return {product.scale_elements != 0 ? &weight_back_scales : &weight_back, Basis::exact};
}

/// Calls `each(tensor, product, values)` for every quantised weight that a rank holds.
template <class Each>
void each_quantised(const ModelSpec& model, const TensorInventory& inventory, const RankShare& rank, const PrecisionPlan& formats, Each each) {
  for (std::size_t number = 0; number < inventory.tensors.size(); ++number) {
    const Tensor& tensor = inventory.tensors[number];
    if (!tensor.linear || tensor.apart != Apart::no) continue;
    formats.each_stored(inventory, number, [&](const StorageFormat& format, u32) {
      if (format.product.way == ProductWay::direct) return;
      const std::array<u32, 3> shape = shape_on_rank(tensor, model, rank);
      Values v;
      v[Symbol::rows] = shape[tensor.out_axis];
      v[Symbol::cols] = shape[1U - tensor.out_axis];
      v[Symbol::g_w] = format.product.scale_elements;
      each(tensor, format.product, v);
    });
  }
}

}  // namespace

Dequantisation dequantisation_of(const Product& product, u64 input_rows, u64 inputs) {
  const bool fusable = product.fused_multiple != 0 && inputs % product.fused_multiple == 0;
  if (fusable && input_rows <= product.fused_rows) return {};
  return {true, fusable && input_rows < product.unfused_rows ? Basis::assumed : Basis::exact};
}

u64 add_largest_product(TermTree& tree, std::string_view id, const ModelSpec& model, const TensorInventory& inventory, const RankShare& rank,
                        const PrecisionPlan& formats, const ProductSetting& setting) {
  const Tensor* of = nullptr;
  const Product* with = nullptr;
  Made largest;
  Values values;
  u64 most = 0;
  each_quantised(model, inventory, rank, formats, [&](const Tensor& tensor, const Product& product, Values v) {
    v[Symbol::b_a] = bytes_of(setting.dtype);
    v[Symbol::B] = setting.micro_batch_size;
    v[Symbol::T] = setting.sequence_length;
    const Made made = setting.backward ? backward(product) : forward(product, v, setting.dtype);
    if (made.formula == nullptr) return;
    const u64 bytes = made.formula->evaluate(v).value;
    if (bytes <= most) return;
    most = bytes, of = &tensor, with = &product, largest = made, values = v;
  });
  if (of == nullptr) return 0;
  return tree.leaf(id, *largest.formula, values,
                   {.source = with->source, .basis = largest.basis, .label = tree.explains() ? starred_name(*of) : std::string()});
}

u64 largest_dequantised_bytes(const ModelSpec& model, const TensorInventory& inventory, const RankShare& rank, const PrecisionPlan& formats, ComputeDtype dtype) {
  u64 most = 0;
  each_quantised(model, inventory, rank, formats, [&](const Tensor&, const Product&, Values v) {
    v[Symbol::b_a] = bytes_of(dtype);
    most = std::max(most, weight.evaluate(v).value);
  });
  return most;
}

}  // namespace plimsoll
