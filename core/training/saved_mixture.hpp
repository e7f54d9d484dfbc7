#pragma once
/// A mixture of experts on the tape: its router, and its experts.

#include <utility>

#include "training/saved_blocks.hpp"

namespace plimsoll {

/// The weights that a router gives each chosen expert, [T, k].
struct RoutedWeights {
  Traced weights;
  u8 bytes = 2;  ///< of an element of the weights
  bool gradient = false;
};

RoutedWeights trace_router(Tape& tape, const MixtureOfExperts& experts, const Traced& input);

/// The routed experts' sum, from [tokens, h].
Traced trace_routed_experts(Tape& tape, const MixtureOfExperts& experts, const Traced& input, const RoutedWeights& weights);

/// Two halves of one tensor: backward joins their gradients.
std::pair<Traced, Traced> split_halves(Tape& tape, const Traced& both);

}  // namespace plimsoll
