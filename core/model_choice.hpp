#pragma once
/// Which model is asked about.

#include <optional>
#include <string>
#include <vector>

#include "units.hpp"
#include "vocabulary.hpp"

namespace plimsoll {

/// Tensors of a checkpoint that differ in the numbers of their names alone: the layers of a model, the experts of a layer.
struct CheckpointTensors {
  std::string name;             ///< "model.layers.*.mlp.up_proj.weight"
  std::string type;             ///< "BF16", "q4_k"; empty: an index does not say
  std::vector<u64> shape;       ///< outermost axis first
  u64 count = 1;
  std::optional<u64> bytes;     ///< of one; absent: an index does not say
  bool operator==(const CheckpointTensors&) const = default;
};

struct CheckpointMetadata {
  std::string key, value;
  bool operator==(const CheckpointMetadata&) const = default;
};

/// What the headers of a checkpoint say, short enough for a request: half a million tensors are some hundred groups.
struct CheckpointSummary {
  CheckpointKind kind{};
  std::string name;                          ///< of its first file
  u64 files = 1, file_bytes = 0, read_bytes = 0, tensor_count = 0;
  std::optional<u64> tensor_bytes;           ///< of all tensors, without padding; absent: an index does not say
  std::optional<u64> total_size;             ///< an index's own sum
  std::vector<CheckpointMetadata> metadata;  ///< of GGUF: what describes the model
  std::vector<CheckpointTensors> tensors;
  bool operator==(const CheckpointSummary&) const = default;
};

/// The model, given in exactly one way. The headers of a checkpoint stand beside a config or a preset; a GGUF file stands alone.
struct ModelChoice {
  std::optional<std::string> preset;           ///< catalogue id
  std::optional<std::string> config;           ///< text of a config.json
  std::optional<std::string> path;             ///< file that holds one: programs only, a page has no files
  std::optional<std::string> parameter_count;  ///< "7B", "13b", "70 B", "7e9"
  std::optional<std::string> quantization_config;  ///< beside one of them: text of hf_quant_config.json or quantize_config.json
  std::optional<CheckpointSummary> checkpoint;  ///< where given, it says what the weights take
};

}  // namespace plimsoll
