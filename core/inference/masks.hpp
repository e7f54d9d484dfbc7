#pragma once
/// The attention masks that a pass makes before its layers.

#include "inference/pass_context.hpp"
#include "model/model_spec.hpp"

namespace plimsoll {

/// The masks a model's forward holds to its end, and which layers are handed one.
struct Masks {
  Hold full, sliding;
  bool full_given = false, sliding_given = false;

  [[nodiscard]] bool given_to(const Mixer& mixer) const;
};

/// Follows create_causal_mask and create_sliding_window_causal_mask: sdpa needs no mask for a whole prompt or a single query, unless a
/// window is shorter than the keys; eager attention always adds one.
///
/// Shapes   eager [B, 1, T, S] in the compute dtype; sdpa [1, 1, T, S] of bool, expanded over sequences
/// Source   transformers-masking
/// Tested   tests/core/masks_test.cpp
Masks make_masks(PassContext& context, const ModelSpec& model);

}  // namespace plimsoll
