#pragma once
/// A model from any of the ways a request can name it.

#include <memory>

#include "catalog/catalog.hpp"
#include "model/stored_weights.hpp"
#include "model/tensor_inventory.hpp"
#include "request.hpp"

namespace plimsoll {

/// A model read once and asked many times.
struct LoadedModel {
  std::string name;
  ModelSpec spec;
  TensorInventory inventory;
  std::optional<StoredWeights> stored;  ///< where the headers of a checkpoint were given
  std::vector<Notice> notices;
};

/// Reads a preset of the catalogue, the text of a config.json, or a bare parameter count; beside the first two, or as a GGUF file alone, the
/// headers of a checkpoint. A quantization file beside a config replaces what the config says of it.
///
/// Errors   unsupported_combination  not exactly one of the three; unknown_id; out_of_range; and those of read_model, read_quantization
///          and config_of_gguf
Result<std::shared_ptr<const LoadedModel>> load_model(const ModelChoice& choice, const Catalog& catalog);

/// What the page shows of a model.
ModelSummary summary_of(const LoadedModel& model);

/// A checkpoint, and the model that a config or its own metadata describe.
///
/// Errors   those of load_model, but a GGUF file of another architecture is shown without its model
Result<CheckpointInspection> inspection_of(const CheckpointSummary& checkpoint, const std::optional<std::string>& config);

/// Every tensor, equal starred names and shapes together, as a checkpoint holds them.
Inspection inspection_of(const ModelSpec& spec, const TensorInventory& inventory);

}  // namespace plimsoll
