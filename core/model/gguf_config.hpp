#pragma once
/// A GGUF file's metadata as the config.json of the same model, so that what follows reads one kind of description.

#include <array>
#include <optional>
#include <string>

#include "request.hpp"

namespace plimsoll {

/// Text of a config.json for the architectures whose layers the core has.
///
/// Assumes  what llama.cpp's converters leave out of the metadata and its code holds as constants: Gemma 3's pattern of five sliding layers
///          to one, SmolLM3's fourth layer without rotary embedding, biases where the file has tensors for them, a tied head where it has
///          none of its own
/// Errors   missing_field (no general.architecture), unknown_model_type
/// Source   "llama-cpp-architectures" for the keys, "llama-cpp-conversion" for what a converter writes under them
/// Tested   tests/core/gguf_model_test.cpp; conformance with published GGUF files
Result<std::string> config_of_gguf(const CheckpointSummary& checkpoint);

/// What a tensor of a GGUF file is for, by its name. Nothing for a name that no covered architecture has.
/// `roles` are those of the model, the first that it has counts: the up-projection holds the gate as well in Phi-3.
struct GgufTensorName {
  std::string_view part;
  std::array<std::optional<Role>, 2> roles;
};
const GgufTensorName* gguf_tensor_name(std::string_view starred_name);

}  // namespace plimsoll
