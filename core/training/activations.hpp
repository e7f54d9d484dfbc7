#pragma once
/// What a model keeps for its backward pass, layer by layer and outside the layers.

#include <optional>
#include <vector>

#include "model/model_spec.hpp"
#include "report/term.hpp"
#include "training/backward_walk.hpp"
#include "training/layer_groups.hpp"
#include "training/recompute.hpp"
#include "training/tape.hpp"

namespace plimsoll {

/// Which part of a step a storage outside the layers belongs to.
enum class Outside : u8 {
  embeddings,  ///< dropout mask, learned positions, the embeddings where adapters ask for their gradient
  tables,      ///< rotary cosines and sines
  frame        ///< position ids and masks that checkpointed layers keep as arguments
};

enum class FinalNorm : u8 { kept, done };

/// The highest moment of one layer's backward: what it saved, run again where it was not kept, and what its operators make.
struct LayerMoment {
  u64 layer = 0;
  u64 bytes = 0;   ///< of activations: the layer's and those of the layers before it
  ByWidth ahead;   ///< trained elements of this layer and those before it whose gradients are still to come
};

/// One run of a model on the tape, asked by every moment of a step.
///
/// Shapes   a saved view counts its whole storage, a storage counts once; equal layers are one leaf times L
/// Units    bytes; B is the micro batch, T the sequence length
/// Assumes  transformers 5.23 and torch 2.15 on CUDA: experts as grouped products, so exactly B * T * k routed rows; no memory inside kernels
/// Source   torch-autograd, transformers-training, transformers-attention, transformers-moe, torch-attention-kernels, peft-lora, peft-dora,
///          bitsandbytes-products, megatron-recompute, torchtune-checkpointing, activation-offloading
/// Tested   tests/core/saved_activations_test.cpp, tests/core/saved_adapters_test.cpp; conformance with measured passes, to the byte
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
  /// Adds what the model's output refers to in layers from this one on: hidden states and cache. Of `apart` alone what no operator saved.
  enum class Output : u8 { all, apart };
  void add_output(TermTree& tree, u64 from, Output which) const;
  /// Adds the leaves of one part outside the layers.
  void add_outside(TermTree& tree, Outside part) const;
  /// The moments of all layers, in their order.
  [[nodiscard]] std::vector<LayerMoment> layer_moments(NewGradients gradients) const;
  /// Adds what is there at one of them: earlier layers as `add_kept` has them, and the node `backward.layer`.
  void add_layer_moment(TermTree& tree, u64 layer, NewGradients gradients) const;
  /// The final norm's backward alone; `ahead` is what it has made by then.
  [[nodiscard]] LayerMoment norm_moment(NewGradients gradients) const;
  /// Adds it beside all layers.
  void add_norm_moment(TermTree& tree, NewGradients gradients) const;
  /// Adds autocast's cast copies of the weights that recomputed layers use: dropped when the context closes.
  void add_layer_weight_copies(TermTree& tree) const;

  [[nodiscard]] bool recomputes() const { return units_.any(); }
  /// Whether backward comes to any layer, and to the final norm: not where all before them is frozen, and they are.
  [[nodiscard]] bool reaches_layers() const { return reaches_layers_; }
  [[nodiscard]] bool reaches_norm() const { return head_out_.gradient; }
  [[nodiscard]] const TrainingPass& pass() const { return pass_; }
  [[nodiscard]] const ModelSpec& model() const { return model_; }
  [[nodiscard]] const Values& values() const { return values_; }

 private:
  struct Group {  ///< equal layers that save the same
    u64 layers = 0, kept = 0;  ///< all of them, and those that do not run again
    u64 inputs = 0;            ///< units of recomputation that start with one of them
    u16 kind = 0;
    bool input_gradient = true;
    Tape tape;
    Traced out{};
    /// Whether a layer that runs again saves anything.
    [[nodiscard]] bool saves() const { return tape.saved_bytes() != 0 || tape.regions() != 0; }
    /// Bytes of the model's output, and of them what is not there anyway where a layer keeps what it saved.
    [[nodiscard]] u64 output_bytes(bool apart) const;
  };
  struct OutsideLine {
    const LedgerItem* item = nullptr;
    Values values;
    Outside part{};
  };
  void trace_stream();
  void trace_groups(bool gradient);
  [[nodiscard]] bool add_group(const LayerGroup& group);
  [[nodiscard]] bool unit_keeps_input(u64 layer) const;
  [[nodiscard]] u64 kinds_run_again() const;
  void trace_outside();
  void trace_megatron_outside();
  void trace_head(bool gradient);
  [[nodiscard]] u64 tables_used() const;
  void outside(const LedgerItem& item, const Values& values, Outside part) { outside_.push_back({&item, values, part}); }
  void add_inputs(TermTree& tree, const Group& group, u64 count) const;
  void add_layers(TermTree& tree, u64 before) const;
  void add_waiting(TermTree& tree) const;
  [[nodiscard]] u64 waiting_bytes() const;
  void add_stash(TermTree& tree) const;
  [[nodiscard]] const Tape& first_layer() const { return groups_[group_of(0)].tape; }
  [[nodiscard]] std::size_t group_of(u64 layer) const { return group_of_layer_[layer]; }

  const ModelSpec& model_;
  TrainingPass pass_;
  Values values_;
  RecomputeUnits units_;
  std::vector<Group> groups_;
  std::vector<OutsideLine> outside_;
  std::vector<u16> group_of_layer_;
  bool reaches_layers_ = false;
  Tape stream_, head_;
  Traced head_out_;
};

/// The window of a layer whose attention slides.
std::optional<u32> window_of(const LayerSpec& layer);

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
