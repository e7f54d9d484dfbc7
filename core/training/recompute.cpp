// Megatron-LM's TransformerBlock._checkpointed_forward, torchtune's checkpoint_wrapper.
#include "training/recompute.hpp"

#include <algorithm>

namespace plimsoll {

RecomputeUnits::RecomputeUnits(const TrainingPass& pass, u64 layers)
    : layers_(layers), count_(std::max<u64>(pass.recompute_num_layers, 1)), method_(pass.recompute_method),
      whole_(pass.recompute == RecomputeGranularity::full) {
  if (whole_ && method_ == RecomputeMethod::uniform) unit_ = count_;
}

bool RecomputeUnits::recomputed(u64 layer) const {
  if (!whole_) return false;
  switch (method_) {
    case RecomputeMethod::uniform: return true;
    case RecomputeMethod::block: return layer < count_;
    case RecomputeMethod::every: return (layer + 1) % count_ == 0;
    case RecomputeMethod::every_n_layers: return layer % count_ == 0;
  }
  return true;
}

u64 RecomputeUnits::end_of(u64 layer) const { return std::min(first_of(layer) + unit_, layers_); }

}  // namespace plimsoll
