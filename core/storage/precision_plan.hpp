#pragma once
/// Which tensor of a model is stored how: a recipe of the catalogue, decided for a model's data type.

#include <array>
#include <memory>

#include "catalog/catalog.hpp"
#include "model/tensor_inventory.hpp"

namespace plimsoll {

/// A tensor of a file, in the layers that have it in one format.
struct FileTensor {
  Tensor tensor;
  const StorageFormat* format = nullptr;
  std::string label;  ///< "blk.0-3,7.ffn_down.weight, q6_k"
};

/// The weights as a file holds them whose tensors are not the checkpoint's.
struct ModelFile {
  std::vector<FileTensor> tensors;
  u64 padded_bytes = 0;        ///< of all tensors, each padded as in the file
  bool needs_imatrix = false;  ///< the program refuses to make it without an importance matrix
};

/// Layers of one tensor that are stored alike.
struct StoredLayers {
  const StorageFormat* format = nullptr;
  u32 layers = 1;
};

/// Two formats for each role: of its linear operators' weights, and of every other tensor (biases, fused experts). Where shapes or
/// names decide, `tensors` says it for each tensor of the inventory instead.
struct PrecisionPlan {
  using Formats = std::array<const StorageFormat*, EnumNames<Role>::names.size()>;
  Formats linear{}, others{};
  std::vector<std::vector<StoredLayers>> tensors;
  std::vector<std::shared_ptr<const StorageFormat>> bound;  ///< owns what is not the catalogue's own
  std::shared_ptr<const ModelFile> file;  ///< where set, the weights are its tensors, and the roles say what operators compute in

  [[nodiscard]] const StorageFormat& of_linear(Role role) const { return *linear[static_cast<std::size_t>(role)]; }
  [[nodiscard]] const StorageFormat& of_others(Role role) const { return *others[static_cast<std::size_t>(role)]; }
  [[nodiscard]] const StorageFormat& of(const Tensor& tensor) const { return tensor.linear ? of_linear(tensor.role) : of_others(tensor.role); }

  /// Calls `each(format, layers)` for the tensor of this number in the inventory.
  template <class Each>
  void each_stored(const TensorInventory& inventory, std::size_t number, Each each) const {
    if (tensors.empty()) return each(of(inventory.tensors[number]), inventory.tensors[number].layers);
    for (const StoredLayers& stored : tensors[number]) each(*stored.format, stored.layers);
  }
  /// Keeps a format for as long as the plan lives.
  const StorageFormat* keep(StorageFormat format) { return bound.emplace_back(std::make_shared<const StorageFormat>(std::move(format))).get(); }
};

/// The formats of a recipe, where `dtype` is the format that it leaves tensors in.
///
/// Assumes  a saved buffer stays in 32 bit: Transformers lists e_score_correction_bias in _keep_in_fp32_modules_strict
/// Errors   unknown_id for a format that the catalogue lacks, or one whose parameters a recipe cannot bind
/// Source   transformers-quantizers for what a recipe leaves alone
/// Tested   tests/core/quantised_weights_test.cpp, tests/core/plan_test.cpp
Result<PrecisionPlan> precision_plan(const QuantizationRecipe& recipe, std::string_view dtype, const Catalog& catalog, const std::string& where);

}  // namespace plimsoll
