#pragma once
/// What stands through a whole step besides parameters and what the optimizer keeps.

#include "model/model_spec.hpp"
#include "report/term.hpp"
#include "training/training_pass.hpp"

namespace plimsoll {

/// Adds the leaves of a model's own buffers alone.
void add_model_buffers(TermTree& tree, const ModelSpec& model, const TrainingPass& pass);

/// Adds the node `buffers`: rotary frequencies and the embedding's factor, which no checkpoint holds, and the batch. Returns its bytes.
///
/// Shapes   frequencies: ceil(d_rot / 2) in fp32, twice (inv_freq and original_inv_freq), for each kind of table; input_ids and labels
///          [B, T] of int64; a padded batch's mask [B, 1, T, T] of bool
/// Units    bytes
///          Megatron-LM: frequencies once; position_ids beside the labels, a loss mask [B, T] in fp32, a mask for every batch
/// Source   transformers-training, megatron-core
/// Tested   tests/core/step_moments_test.cpp; conformance with measured steps
u64 add_buffers(TermTree& tree, const ModelSpec& model, const TrainingPass& pass);

}  // namespace plimsoll
