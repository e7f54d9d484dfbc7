#pragma once
/// A model as a GGUF file of a llama.cpp file type: which tensors it has, each in the type that llama-quantize gives it.

#include "storage/llama_file_type.hpp"
#include "storage/precision_plan.hpp"

namespace plimsoll {

/// Formula  bytes of a tensor: rows * ceil(row / block) * block bytes; in the file each is padded to 32 bytes; metadata and the
///          tokenizer come before them and are not counted
/// Assumes  the file was converted from the checkpoint by convert_hf_to_gguf with its defaults, and quantised without --pure or types
///          set by hand
/// Errors   unsupported_combination  a family that the converter does not know; rows that no block divides where llama-quantize stops
/// Source   llama-cpp-quantize
/// Tested   tests/core/llama_file_test.cpp; conformance with llama-quantize's own choices and totals, to the byte
Result<std::shared_ptr<const ModelFile>> llama_file(const ModelSpec& model, const TensorInventory& inventory, const QuantizationRecipe& recipe,
                                                    bool imatrix, const Catalog& catalog, const std::string& where);

}  // namespace plimsoll
