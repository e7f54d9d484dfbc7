#pragma once
/// Layers that keep the same for backward: equal blocks, the same parts trained, a gradient to their input or none.

#include <vector>

#include "model/model_spec.hpp"
#include "training/training_pass.hpp"

namespace plimsoll {

struct LayerGroup {
  u16 kind = 0;
  LayerTraining training;
  bool input_gradient = true;
  bool operator==(const LayerGroup&) const = default;
};

struct LayerGroups {
  std::vector<u16> of_layer;     ///< number of its group
  bool output_gradient = false;  ///< whether one flows to the last layer's output
};

/// Runs the decoder's layers in order; `gradient` is whether one flows to the first layer's input. `trace(group)` is asked once for each
/// new group and says whether a gradient flows to such a layer's output.
template <class Trace>
LayerGroups group_layers(const ModelSpec& model, const TrainingPass& pass, bool gradient, Trace trace) {
  LayerGroups out;
  std::vector<LayerGroup> groups;
  std::vector<bool> to_output;
  const std::vector<u16>& kinds = model.decoder().kind_of_layer;
  for (std::size_t layer = 0; layer < kinds.size(); ++layer) {
    const LayerGroup group{kinds[layer], pass.training_of(layer), gradient};
    std::size_t index = 0;
    while (index < groups.size() && !(groups[index] == group)) ++index;
    if (index == groups.size()) {
      groups.push_back(group);
      to_output.push_back(trace(group));
    }
    out.of_layer.push_back(static_cast<u16>(index));
    gradient = to_output[index];
  }
  out.output_gradient = gradient;
  return out;
}

}  // namespace plimsoll
