#pragma once
/// Which kernels a training pass may ask for, and what they keep beside a layer's own tensors.

#include <optional>

#include "model/tensor_inventory.hpp"
#include "parallel/placement.hpp"
#include "report/term.hpp"
#include "result.hpp"
#include "training/precision.hpp"
#include "training/training_pass.hpp"

namespace plimsoll {

/// Refuses what the kernels of the pass cannot run, or what of it is not counted.
///
/// Errors  unsupported_combination: Transformer Engine with adapters, fp32 weights, autocast, sdpa_math, or layers that Megatron-LM has
///         not (parallel halves, soft caps, sinks); torch.compile with adapters; FP8 without Transformer Engine
/// Source  megatron-core, transformer-engine
/// Tested  tests/core/fused_kernels_test.cpp
std::optional<Error> check_kernels(const ModelSpec& model, const TrainingPass& pass, TrainingMethod method, const PrecisionRecipe& recipe);

/// Adds the leaf `fp8_weights`: copies of what linear operators multiply with, made in a step's first micro batch and kept. Returns its bytes.
///
/// Formula  2 * P_l, P_l the elements of the layers' matrices, routers and shared experts' gates apart
/// Assumes  per-tensor scaling on GPUs whose FP8 products take one layout, so each copy is there as it is and transposed (Hopper; where
///          they take both layouts there is no transposed one); master weights stay in FP32, fp8_param_gather off
/// Source   transformer-engine (pytorch/module/base.py, pytorch/tensor/float8_tensor.py)
/// Tested   tests/core/fused_kernels_test.cpp
u64 add_fp8_weights(TermTree& tree, const ModelSpec& model, const TensorInventory& inventory, const RankShare& rank);

}  // namespace plimsoll
