#pragma once
/// Adapters as decided: no words any more, only parts.

#include "training/parts.hpp"

namespace plimsoll {

struct LoraSetting {
  u32 rank = 16;
  u32 gate_up_rank = 16;        ///< of stacked experts' gate and up, twice the rank where PEFT joined two words
  PartsByLayer targets;         ///< matrices with an adapter beside them
  PartsByLayer saved;           ///< modules that are trained whole: a copy beside the frozen original
  u8 saved_bytes = 2;           ///< of an element of such a copy: PEFT leaves it the base's dtype
  bool dropout = false;
  bool dora = false;
  ComputeDtype adapter_dtype = ComputeDtype::fp32;
  bool input_gradients = true;  ///< enable_input_require_grads: the embeddings' output gets a gradient, so layer 0 is as the others

  PartSet quantised;            ///< matrices whose weight is made anew from a packed one
  u32 scale_elements = 0;       ///< of a packed weight for one scale, where scales are quantised themselves; 0: they are not
  PartSet int8;                 ///< of them those whose operator keeps its input past a checkpoint, as no hook sees it do so

  [[nodiscard]] u32 rank_of(Role role) const { return role == Role::expert_gate_up ? gate_up_rank : rank; }
};

/// What of one layer is trained, or of what is outside the layers.
struct LayerTraining {
  bool base_frozen = false;
  PartSet apart;    ///< frozen parts of a trained base, trained parts of a frozen one
  PartSet adapted;  ///< have an adapter beside them

  [[nodiscard]] bool trains(Part part) const { return apart.has(part) == base_frozen; }
  [[nodiscard]] bool adapts(Part part) const { return adapted.has(part); }
  bool operator==(const LayerTraining&) const = default;
};

}  // namespace plimsoll
