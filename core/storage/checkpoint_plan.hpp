#pragma once
/// A quantised checkpoint's tensors, one by one: names and shapes decide.

#include "storage/precision_plan.hpp"

namespace plimsoll {

/// The same method in a file, and in memory once Transformers has loaded it.
enum class Place : u8 { memory, checkpoint };

/// The format of every tensor.
///
/// Shapes   of whole tensors, also where ranks share them: a library decides by the operator
/// Assumes  in memory Transformers 5.23: experts are fused parameters, which few methods reach; routers are parameters of their own class.
///          In a checkpoint experts are operators of their own
/// Errors   unknown_id, missing_field as precision_plan
/// Source   transformers-quantization-config
/// Tested   tests/core/checkpoint_plan_test.cpp; conformance with whole models
Result<PrecisionPlan> checkpoint_plan(const CheckpointQuantization& quantization, const ModelSpec& model, const TensorInventory& inventory,
                                      std::string_view dtype, const Catalog& catalog, Place place, const std::string& where);

/// Name of the module that holds a tensor in one layer: "model.layers.3.mlp.experts.0.up_proj". Fused: the module that holds all experts.
std::string module_name(const Tensor& tensor, u64 layer, bool fused);

}  // namespace plimsoll
