#pragma once
/// Bytes of the weights on one rank, as a checkpoint's files store them.

#include "model/stored_weights.hpp"
#include "parallel/placement.hpp"
#include "report/term.hpp"

namespace plimsoll {

/// Adds the node "weights" as add_weights does, with one leaf for each group of the checkpoint's tensors.
///
/// Units    bytes
/// Formula  n_file * b_file on one device; n_file * ceil(b_file * e_rank / e_all) on each of several, where e are the elements of the
///          tensor that it stores or belongs to
/// Assumes  what a checkpoint holds apart is not loaded; a quantiser's tensors are cut as the weight they belong to
/// Returns  the sum
/// Source   "safetensors-header" or "gguf-format": the sizes are those of the files
/// Tested   tests/core/stored_weights_test.cpp
u64 add_stored_weights(TermTree& tree, const ModelSpec& model, const TensorInventory& inventory, const RankShare& rank, const StoredWeights& stored);

}  // namespace plimsoll
