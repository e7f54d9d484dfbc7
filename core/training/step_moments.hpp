#pragma once
/// What comes and goes in a training step: gradients, activations, the loss, what the optimizer takes for its step.

#include <algorithm>
#include <functional>
#include <optional>
#include <vector>

#include "training/activations.hpp"

namespace plimsoll {

/// Trained parameters whose gradients have one width: the weights of full training, adapters, modules saved beside them.
struct TrainedPart {
  u64 parameters = 0;
  u32 gradient_bytes = 2;  ///< of an element
  bool embedding = false;  ///< the token embedding is among them, V * h parameters
  u64 before_layers = 0;   ///< parameters of them that run before the layers, so their gradients come last
  bool head = false;       ///< so is the head's matrix
  u64 tensors = 0, largest = 0;  ///< how many they are, and elements of the largest

  void count(u64 more, u64 elements) {
    tensors += more;
    largest = std::max(largest, elements);
  }
};

/// A second model that the same step trains: PPO's value model, which runs first, so that its backward comes last.
struct SecondModel {
  const ModelSpec* model = nullptr;
  TrainingPass pass;
  std::vector<TrainedPart> parts;
};

/// What the moments need to know of what is trained. Weights, adapters, master weights, optimizer states and buffers stand through
/// the whole step: whoever adds the moments adds them beside.
struct TrainedState {
  std::vector<TrainedPart> parts;
  std::optional<SecondModel> second{};
  bool gradients_before_step = false;  ///< gradient accumulation: an earlier micro batch left them
  bool gradients_stand = false;        ///< they live in a buffer from step to step, which stands beside the moments: none are counted
  bool clips = false;                  ///< by the norm of all gradients
  bool steps_in_backward = false;      ///< a gradient is gone as soon as it is there: its parameter is stepped
  /// Adds that node for the embedding, or for the head, alone.
  std::function<u64(TermTree&, bool head)> add_transient_of_matrix{};
  /// Adds the node of what the optimizer takes while it steps, as add_step_transient does, and returns its bytes. Empty: nothing.
  std::function<u64(TermTree&)> add_optimizer_transient;
  /// Adds a leaf for what the forward pass's largest product with a quantised weight makes, as add_largest_product does. Empty: nothing.
  std::function<u64(TermTree&, const TrainingPass&)> add_product;
};

/// Bytes at each moment, without what stands.
struct StepPeak {
  u64 before_forward = 0, forward_peak = 0, loss = 0, backward_peak = 0, end_of_backward = 0, optimizer_step = 0, after_step = 0;
};

/// Adds the node `moments`, a peak whose children are sums: moment.before_forward, moment.forward_peak, moment.loss,
/// moment.backward_peak, moment.end_of_backward, moment.optimizer_step, moment.after_step. Each holds the nodes `gradients`,
/// `activations`, `loss`, `clipping` and `optimizer_transient`, without those that are empty.
///
/// Formula  gradients: P_t * b_g; forward peak: the loss, with logits, their fp32 copy and its log-probabilities; backward peak: the
///          highest of the loss's gradients, the head's product, the final norm, every layer operator by operator (BackwardWalk), the
///          embedding's gradient (with tied weights outside autocast the head's gradient, the embedding's and their sum);
///          clipping: a norm of each of n tensors, n * b_g, while torch's kernel holds those of their chunks of 65536 elements, as many for
///          each tensor as the largest has: 4 * n * ceil(numel / 65536); stepped in backward, a gradient is there only until it is used
///          With a second model each moment has the node `second_model`: what it keeps until the first one's backward is done, its own
///          backward's moments after that, and then its gradients. Where the caller holds the output, the node `output` is there from the
///          layers' backward to the end, and after the step two tensors of the size of generated tokens' logits that are reported of it; an
///          earlier micro batch leaves output and one of these until the next has its own
/// Units    bytes
/// Assumes  a plain cross-entropy over all positions in fp32; a product of the forward pass with a quantised weight is the largest of the
///          last layer, beside all that layers keep; in the very first step states come with the optimizer's step, so the
///          moments before it stand on less
/// Source   torch-autograd, transformers-training, torch-clipping, bitsandbytes-products, trl-ppo
/// Tested   tests/core/step_moments_test.cpp, tests/core/saved_adapters_test.cpp; conformance with measured steps
StepPeak add_step_moments(TermTree& tree, const ModelSpec& model, const TrainingPass& pass, const TrainedState& state);

}  // namespace plimsoll
