#pragma once
/// What the moments of a step are put together from.

#include <optional>

#include "training/loss.hpp"
#include "training/step_moments.hpp"

namespace plimsoll {

/// Which gradients are there: those of `ahead` parameters of a part are still to come.
struct Gradients {
  bool embedding_ahead = false, all_embeddings_ahead = false;
  ByWidth ahead{};
  bool head = false, embedding = false, tied_sum = false;  ///< fresh ones, which have not been added to `.grad`
  bool none_so_far = false;
  std::optional<During> with_loss{};  ///< the head's, where the loss makes it itself
};
inline constexpr Gradients complete{};

/// The second model that a step trains.
struct SecondTrace {
  const SavedTrace& trace;
  const LossTrace& loss;
  const TrainedState& state;
  LayerMoment at{};
};

struct Step {
  TermTree& tree;
  const SavedTrace& trace;
  const LossTrace& loss;
  const TrainedState& state;
  LayerMoment at{};  ///< the layer whose backward is highest
  const SecondTrace* second = nullptr;
  Values v = trace.values();

  [[nodiscard]] const ModelSpec& model() const { return trace.model(); }
  [[nodiscard]] const TrainingPass& pass() const { return trace.pass(); }
  [[nodiscard]] bool megatron() const { return pass().kernels == TrainingKernels::transformer_engine; }
  /// Whether the head's gradient waits for the embedding's. Megatron-LM's weight gradients are added to their buffer as they are made.
  [[nodiscard]] bool tied() const { return model().tie_word_embeddings && !megatron(); }
  [[nodiscard]] const TrainedPart* embedding_part() const {
    return part_with(&TrainedPart::embedding);
  }
  [[nodiscard]] const TrainedPart* head_part() const { return part_with(&TrainedPart::head); }
  [[nodiscard]] const TrainedPart* part_with(bool TrainedPart::*member) const {
    for (const TrainedPart& part : state.parts)
      if (part.*member) return &part;
    return nullptr;
  }
  [[nodiscard]] NewGradients new_gradients() const {
    return state.gradients_before_step || state.gradients_stand || state.steps_in_backward ? NewGradients::added : NewGradients::stay;
  }

  void add(std::string_view id, const Formula& formula, std::string_view from = source::autograd) { tree.leaf(id, formula, v, {.source = from}); }
  void add_stream(std::string_view id);
  void add_part(const TrainedPart& part, const Gradients& there);
  void add_norms();
  void gradients(const Gradients& there);
  void before(During when);
  void add_loss(During when);
  void loss_at_end();
  void checkpoint_arguments();
  /// What the caller holds of the output: of layers from this one on, the final state, the logits; nothing where it is not held.
  void output(u64 from = 0);
  /// Tensors of the size of generated tokens' logits that are reported of a step.
  void reported(u64 count);
  /// What an earlier micro batch leaves: what it reported, and until the next one has its own, its output.
  void left_over(bool output_too);
  /// The second model's node: what it keeps until its own backward, and its gradients.
  void second_kept(bool with_output = false);
  void second_gradients();
  [[nodiscard]] Step of_second() const;
};

/// The layer whose moment is highest, with the gradients that are there by then.
LayerMoment highest_layer(const Step& s);

}  // namespace plimsoll
