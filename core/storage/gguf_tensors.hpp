#pragma once
/// The tensors of a model as convert_hf_to_gguf writes them into a GGUF file: other names than the checkpoint's, experts in one tensor,
/// matrices that the checkpoint fuses or splits differently, tables that the checkpoint lacks.

#include "model/tensor_inventory.hpp"
#include "storage/llama_file_type.hpp"

namespace plimsoll {

/// A tensor of the file, for the layers of its kind. Its name is starred_name(tensor): "blk.*.attn_q.weight".
struct GgufTensor {
  Tensor tensor;
  TensorClass kind = TensorClass::other;
  u32 planes = 1;          ///< third axis: experts, or latent attention's heads
  bool quantised = false;  ///< llama-quantize chooses its type; the others are in 32 bit
};

/// The file's tensors in llama-quantize's order: those outside blocks, then those of each kind of layer.
///
/// Shapes   outermost axis first, as everywhere here; a file writes them innermost first. Latent attention's key and value parts
///          have their heads and rows as one axis, and `planes` says how many heads
/// Assumes  multi-token prediction is left out, as the converter does where it knows the family at all
/// Source   llama-cpp-quantize: the converter
/// Tested   tests/core/gguf_tensors_test.cpp; conformance with files' own tensor lists
std::vector<GgufTensor> gguf_tensors(const ModelSpec& model, const TensorInventory& inventory);

}  // namespace plimsoll
