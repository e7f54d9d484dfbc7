#pragma once
/// What a model keeps for its backward pass, layer by layer and outside the layers.

#include "model/model_spec.hpp"
#include "report/term.hpp"
#include "training/training_pass.hpp"

namespace plimsoll {

/// Bytes kept by one layer. `input_gradient` is whether a gradient flows to its input: not so for the first layer of a frozen model.
Checked saved_per_layer(const ModelSpec& model, const TrainingPass& pass, std::size_t layer, bool input_gradient = true);

/// What lives outside the layers.
struct SavedOutside {
  u64 final_norm = 0;       ///< input in fp32, its statistics, normalised
  u64 head_input = 0;
  u64 loss = 0;             ///< log-probabilities in fp32, shifted labels, their count; the tanh of a soft cap
  u64 embeddings = 0;       ///< dropout mask, learned positions, the embeddings where adapters ask for their gradient
  u64 tables = 0;           ///< rotary cosines and sines
  u64 weight_copies = 0;    ///< autocast's, of the head
  u64 frame = 0;            ///< position ids and masks that checkpointed layers keep as arguments
};
SavedOutside saved_outside(const ModelSpec& model, const TrainingPass& pass);

/// The loss's backward drops the labels before it makes its second gradient.
enum class Labels : u8 { kept, dropped };

/// Adds the node `saved_activations`: alive between forward and backward once the output is dropped. Returns its bytes.
///
/// Shapes   a saved view counts its whole storage, a storage counts once; equal layers are one leaf times L
/// Units    bytes; B is the micro batch, T the sequence length
/// Assumes  transformers 5.23 and torch 2.15 on CUDA: experts as grouped products, so exactly B * T * k routed rows; no memory inside kernels
/// Source   torch-autograd, transformers-training, transformers-attention, transformers-moe, torch-attention-kernels, peft-lora
/// Tested   tests/core/saved_activations_test.cpp; conformance with measured passes, to the byte
u64 add_saved_activations(TermTree& tree, const ModelSpec& model, const TrainingPass& pass, Labels labels = Labels::kept);

/// What the first layer's backward finds: all that the layer keeps, run again where it was not kept, and its input.
Checked first_layer_bytes(const ModelSpec& model, const TrainingPass& pass);

/// What the first layer's backward holds when it comes to the softmax of attention; nothing where no softmax is kept.
///
/// Formula  what was saved until then, with the probabilities; their gradient and the scores' in the probabilities' type; the values'
///          gradient; not yet the gradients of `weights_ahead` bytes: of queries, keys, values and the norms before them
/// Assumes  separate halves of a layer, no autocast, trained weights
struct SoftmaxBackward {
  u64 kept = 0, score_gradients = 0, value_gradient = 0, weights_ahead = 0;
};
SoftmaxBackward first_layer_softmax(const ModelSpec& model, const TrainingPass& pass);

/// Autocast's cast copies of the weights that the layers use: saved, or with recomputation dropped when the context closes.
Checked layer_weight_copies(const ModelSpec& model, const TrainingPass& pass);

/// The implementation that a model's class really takes: some have no SDPA path.
TrainingAttention effective_attention(const ModelSpec& model, TrainingAttention asked);

}  // namespace plimsoll
