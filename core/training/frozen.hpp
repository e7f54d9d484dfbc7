#pragma once
/// Parts of a trained model that are not: no gradient, no state, and nothing saved where none is asked for behind them.

#include <optional>
#include <string>

#include "model/tensor_inventory.hpp"
#include "result.hpp"
#include "training/parts.hpp"
#include "training/training_request.hpp"

namespace plimsoll {

/// Decides which parts of full training are frozen: those of the first layers, and those of modules found by the rule of modules_to_save.
/// A head that is the embedding is frozen with it, and the other way round.
///
/// Errors   unknown_id for a word that names nothing, with what there is; out_of_range for more layers than there are;
///          unsupported_combination where nothing is left to train
/// Tested   tests/core/frozen_test.cpp, against modules frozen in Transformers
Result<PartsByLayer> frozen_parts(const FrozenChoice& choice, const ModelSpec& model, const TensorInventory& inventory, const std::string& where);

/// The first layer that has a trained part; empty: none has.
std::optional<u64> first_trained_layer(const PartsByLayer& frozen, const ModelSpec& model, const TensorInventory& inventory);

}  // namespace plimsoll
