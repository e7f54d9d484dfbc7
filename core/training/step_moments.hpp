#pragma once
/// What comes and goes in a training step: gradients, activations, the loss, what the optimizer takes for its step.

#include <functional>
#include <vector>

#include "training/activations.hpp"

namespace plimsoll {

/// Trained parameters whose gradients have one width: the weights of full training, adapters, modules saved beside them.
struct TrainedPart {
  u64 parameters = 0;
  u32 gradient_bytes = 2;  ///< of an element
  bool embedding = false;  ///< the token embedding is among them, V * h parameters
  u64 before_layers = 0;   ///< parameters of them that run before the layers, so their gradients come last
};

/// What the moments need to know of what is trained. Weights, adapters, master weights, optimizer states and buffers stand through
/// the whole step: whoever adds the moments adds them beside.
struct TrainedState {
  std::vector<TrainedPart> parts;
  bool gradients_before_step = false;  ///< gradient accumulation: an earlier micro batch left them
  bool gradients_stand = false;        ///< they live in a buffer from step to step, which stands beside the moments: none are counted
  /// Adds the node of what the optimizer takes while it steps, as add_step_transient does, and returns its bytes. Empty: nothing.
  std::function<u64(TermTree&)> add_optimizer_transient;
};

/// Bytes at each moment, without what stands.
struct StepPeak {
  u64 before_forward = 0, forward_peak = 0, loss = 0, backward_peak = 0, end_of_backward = 0, optimizer_step = 0, after_step = 0;
};

/// Adds the node `moments`, a peak whose children are sums: moment.before_forward, moment.forward_peak, moment.loss,
/// moment.backward_peak, moment.end_of_backward, moment.optimizer_step, moment.after_step. Each holds the nodes `gradients`,
/// `activations`, `loss` and `optimizer_transient`, without those that are empty.
///
/// Formula  gradients: P_t * b_g; forward peak: the loss, with logits, their fp32 copy and its log-probabilities; backward peak: the
///          highest of the loss's gradients, the head's product, the final norm, every layer operator by operator (BackwardWalk), the
///          embedding's gradient (with tied weights outside autocast the head's gradient, the embedding's and their sum)
/// Units    bytes
/// Assumes  a plain cross-entropy over all positions in fp32; in the very first step states come with the optimizer's step, so the
///          moments before it stand on less
/// Source   torch-autograd, transformers-training
/// Tested   tests/core/step_moments_test.cpp; conformance with measured steps
StepPeak add_step_moments(TermTree& tree, const ModelSpec& model, const TrainingPass& pass, const TrainedState& state);

}  // namespace plimsoll
