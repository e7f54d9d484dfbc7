#pragma once
/// What a model keeps for its backward pass, layer by layer and outside the layers.

#include <vector>

#include "model/model_spec.hpp"
#include "report/term.hpp"
#include "training/recompute.hpp"
#include "training/tape.hpp"

namespace plimsoll {

/// Which part of a step a storage outside the layers belongs to.
enum class Outside : u8 {
  embeddings,  ///< dropout mask, learned positions, the embeddings where adapters ask for their gradient
  tables,      ///< rotary cosines and sines
  frame        ///< position ids and masks that checkpointed layers keep as arguments
};

/// Backward starts at the last layer and ends at the first.
enum class End : u8 { first, last };

enum class FinalNorm : u8 { kept, done };

/// One run of a model on the tape, asked by every moment of a step.
///
/// Shapes   a saved view counts its whole storage, a storage counts once; equal layers are one leaf times L
/// Units    bytes; B is the micro batch, T the sequence length
/// Assumes  transformers 5.23 and torch 2.15 on CUDA: experts as grouped products, so exactly B * T * k routed rows; no memory inside kernels
/// Source   torch-autograd, transformers-training, transformers-attention, transformers-moe, torch-attention-kernels, peft-lora,
///          megatron-recompute, torchtune-checkpointing, activation-offloading
/// Tested   tests/core/saved_activations_test.cpp; conformance with measured passes, to the byte
class SavedTrace {
 public:
  SavedTrace(const ModelSpec& model, const TrainingPass& pass);
  SavedTrace(const SavedTrace&) = delete;
  SavedTrace& operator=(const SavedTrace&) = delete;

  /// Adds to the open node what is alive between forward and backward, without the loss: `saved.layers` and leaves. Backward has done
  /// with the final norm when it comes to the last layer.
  void add_kept(TermTree& tree, FinalNorm norm = FinalNorm::kept) const;
  /// Adds the same as far as it waits in main memory; nothing where nothing is offloaded.
  void add_offloaded(TermTree& tree) const;
  /// Adds the leaves of one part outside the layers.
  void add_outside(TermTree& tree, Outside part) const;
  /// Adds the node `backward.layer`: what the backward of the first or the last unit of layers finds beside what `add_kept` counts of
  /// other layers: all that its layers save, run again where it was not kept, and their inputs.
  void add_unit(TermTree& tree, End end) const;
  /// The same of the first layer until the softmax of attention, with the probabilities' gradient, the scores' and the values'.
  void add_first_layer_until_softmax(TermTree& tree) const;
  /// Adds autocast's cast copies of the weights that recomputed layers use: dropped when the context closes.
  void add_layer_weight_copies(TermTree& tree) const;

  /// Parameters of the first layer whose gradients come after that of its softmax: queries, keys, values and the norms before them.
  /// 0: the layer's backward has no such moment apart, as no softmax is kept, or halves are parallel, or autocast or adapters change the order.
  [[nodiscard]] u64 parameters_before_softmax() const { return before_softmax_; }
  [[nodiscard]] bool recomputes() const { return units_.any(); }
  [[nodiscard]] const TrainingPass& pass() const { return pass_; }
  [[nodiscard]] const ModelSpec& model() const { return model_; }
  [[nodiscard]] const Values& values() const { return values_; }

 private:
  struct Group {  ///< equal layers that save the same
    u64 layers = 0, kept = 0;  ///< all of them, and those that do not run again
    u64 inputs = 0;            ///< units of recomputation that start with one of them
    bool input_gradient = true;
    Tape tape;
  };
  struct OutsideLine {
    const LedgerItem* item = nullptr;
    Values values;
    Outside part{};
  };
  void trace_groups();
  void trace_outside();
  void trace_megatron_outside();
  void trace_head();
  void find_softmax();
  void outside(const LedgerItem& item, const Values& values, Outside part) { outside_.push_back({&item, values, part}); }
  void add_inputs(TermTree& tree, const Group& group, u64 count) const;
  void add_layers(TermTree& tree) const;
  void add_stash(TermTree& tree) const;
  [[nodiscard]] const Tape& first_layer() const { return groups_[first_].tape; }
  [[nodiscard]] std::size_t group_of(u64 layer) const;

  const ModelSpec& model_;
  TrainingPass pass_;
  Values values_;
  RecomputeUnits units_;
  std::vector<Group> groups_;
  std::vector<OutsideLine> outside_;
  Tape head_;
  std::size_t first_ = 0;  ///< the group whose tape is the first layer's, with a gradient to its input
  u64 before_softmax_ = 0;
};

/// Bytes kept by one layer, weight copies apart. `input_gradient` is whether a gradient flows to its input: not so for the first
/// layer of a frozen model.
Checked saved_per_layer(const ModelSpec& model, const TrainingPass& pass, std::size_t layer, bool input_gradient = true);

/// Adds the node `saved_activations`: all that is alive between forward and backward once the output is dropped. Returns its bytes.
u64 add_saved_activations(TermTree& tree, const ModelSpec& model, const TrainingPass& pass);

/// The kernels that a model's class really takes: Liger passes over the types that it has none for.
TrainingKernels effective_kernels(const ModelSpec& model, TrainingKernels asked);

/// The implementation that a model's class really takes: some have no SDPA path.
TrainingAttention effective_attention(const ModelSpec& model, TrainingAttention asked);

}  // namespace plimsoll
