#pragma once
/// A model from any of the ways a request can name it.

#include <memory>

#include "catalog/catalog.hpp"
#include "model/tensor_inventory.hpp"
#include "request.hpp"

namespace plimsoll {

/// A model read once and asked many times.
struct LoadedModel {
  std::string name;
  ModelSpec spec;
  TensorInventory inventory;
  std::vector<Notice> notices;
};

/// Reads a preset of the catalogue, the text of a config.json, or a bare parameter count. A quantization file beside it replaces what
/// the config says of it.
///
/// Errors   unsupported_combination  not exactly one of the three; unknown_id; out_of_range; and those of read_model and
///          read_quantization
Result<std::shared_ptr<const LoadedModel>> load_model(const ModelChoice& choice, const Catalog& catalog);

/// What the page shows of a model.
ModelSummary summary_of(const LoadedModel& model);

/// Every tensor, equal starred names and shapes together, as a checkpoint holds them.
Inspection inspection_of(const ModelSpec& spec, const TensorInventory& inventory);

}  // namespace plimsoll
