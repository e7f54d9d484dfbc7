#pragma once
/// Which tensor of a model is stored how: a recipe of the catalogue, decided for a model's data type.

#include <array>

#include "catalog/catalog.hpp"
#include "model/tensor_inventory.hpp"

namespace plimsoll {

/// Two formats for each role: of its linear operators' weights, and of every other tensor (biases, fused experts).
struct PrecisionPlan {
  using Formats = std::array<const StorageFormat*, EnumNames<Role>::names.size()>;
  Formats linear{}, others{};

  [[nodiscard]] const StorageFormat& of_linear(Role role) const { return *linear[static_cast<std::size_t>(role)]; }
  [[nodiscard]] const StorageFormat& of_others(Role role) const { return *others[static_cast<std::size_t>(role)]; }
  [[nodiscard]] const StorageFormat& of(const Tensor& tensor) const { return tensor.linear ? of_linear(tensor.role) : of_others(tensor.role); }
};

/// The formats of a recipe, where `dtype` is the format that it leaves tensors in.
///
/// Assumes  a saved buffer stays in 32 bit: Transformers lists e_score_correction_bias in _keep_in_fp32_modules_strict
/// Errors   unknown_id for a format that the catalogue lacks
/// Source   transformers-quantizers for what a recipe leaves alone
/// Tested   tests/core/quantised_weights_test.cpp, tests/core/plan_test.cpp
Result<PrecisionPlan> precision_plan(const QuantizationRecipe& recipe, std::string_view dtype, const Catalog& catalog, const std::string& where);

}  // namespace plimsoll
