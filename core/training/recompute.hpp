#pragma once
/// Which layers run a second time in backward instead of keeping what they saved.

#include "training/training_pass.hpp"

namespace plimsoll {

/// Layers in units: a recomputed unit keeps its input alone and is made whole again when backward comes to it.
///
/// Formula  uniform: units of n layers; block: the first n layers, one by one; every: the last of every n layers, one by one;
///          every_n_layers: the first of every n
/// Source   megatron-recompute (uniform, block), torchtune-checkpointing (every), transformers-from-pretrained (every_n_layers), torch-autograd
/// Tested   tests/core/recompute_test.cpp
class RecomputeUnits {
 public:
  RecomputeUnits(const TrainingPass& pass, u64 layers);

  [[nodiscard]] bool recomputed(u64 layer) const;
  /// The first layer of the unit that a layer is in.
  [[nodiscard]] u64 first_of(u64 layer) const { return layer - (unit_ > 1 ? layer % unit_ : 0); }
  /// The layer after the unit's last.
  [[nodiscard]] u64 end_of(u64 layer) const;
  [[nodiscard]] bool any() const { return whole_ && layers_ > 0; }

 private:
  u64 layers_ = 0, unit_ = 1, count_ = 0;
  RecomputeMethod method_ = RecomputeMethod::uniform;
  bool whole_ = false;
};

}  // namespace plimsoll
