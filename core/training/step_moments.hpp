#pragma once
/// What is alive at each moment of a training step.

#include "training/activations.hpp"

namespace plimsoll {

/// What a step keeps besides activations, counted elsewhere.
struct StateBytes {
  u64 weights = 0;
  u64 gradients = 0;              ///< of every trained tensor
  u64 embedding_gradient = 0;     ///< of them, the token embedding's; 0: frozen
  u64 first_layer_gradients = 0;  ///< of them, the first layer's
  u64 optimizer_states = 0;       ///< on the device
  u64 step_transient = 0;         ///< what the optimizer makes beside its states while it steps
  bool states_before_step = true;     ///< false in the first step: the optimizer makes them when it first steps
  bool gradients_before_step = false; ///< gradient accumulation: an earlier micro batch left them
};

struct StepPeak {
  u64 before_forward = 0, forward_peak = 0, loss = 0, backward_peak = 0, end_of_backward = 0, optimizer_step = 0, after_step = 0;
};

/// Adds the node `moments`, a peak whose children are sums: moment.before_forward, moment.forward_peak, moment.loss,
/// moment.backward_peak, moment.end_of_backward, moment.optimizer_step, moment.after_step.
///
/// Formula  forward peak: the loss, with logits, their fp32 copy and its log-probabilities; backward peak: the highest of the loss's
///          gradients, the embedding's gradient (with tied weights outside autocast the head's gradient, the embedding's and their
///          sum), the start of a layer's backward, and its softmax
/// Units    bytes
/// Assumes  a plain cross-entropy over all positions in fp32; the backward of a layer is counted at its start and at its softmax, not
///          inside experts, whose gradients can be larger than what they free
/// Source   torch-autograd, transformers-training
/// Tested   tests/core/step_moments_test.cpp; conformance with measured steps
StepPeak add_step_moments(TermTree& tree, const ModelSpec& model, const TrainingPass& pass, const StateBytes& states);

/// Buffers of the model that are in no checkpoint: rotary frequencies, twice, and the embedding's factor.
u64 buffer_bytes(const ModelSpec& model, const TrainingPass& pass);

}  // namespace plimsoll
