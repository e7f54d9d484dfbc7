#pragma once
/// One forward and backward pass of training: what is asked of it. No formula lives here.

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

#include "training/lora_setting.hpp"
#include "units.hpp"
#include "vocabulary.hpp"

namespace plimsoll {

struct TrainingPass {
  u64 micro_batch_size = 1;  ///< B
  u64 sequence_length = 1;   ///< T
  TrainingPrecision precision = TrainingPrecision::bf16;
  TrainingKernels kernels = TrainingKernels::transformers;
  TrainingAttention attention = TrainingAttention::sdpa;
  RecomputeGranularity recompute = RecomputeGranularity::none;
  RecomputeMethod recompute_method = RecomputeMethod::uniform;
  u64 recompute_num_layers = 1;
  std::vector<RecomputeModule> recompute_modules;  ///< of selective recomputation
  ActivationOffloading offloading = ActivationOffloading::none;
  LossImplementation loss = LossImplementation::transformers;  ///< of the next token
  TrainingObjective objective = TrainingObjective::sft;
  u64 completion_length = 0;  ///< of grpo and ppo
  bool scores = false;        ///< ppo's value model: its head gives each token a number
  bool reentrant = false;    ///< torch.utils.checkpoint(use_reentrant=True)
  bool padded = false;       ///< the batch has a mask [B, 1, T, T] of bool
  bool packed = false;       ///< the batch is one row of B * T tokens
  bool rows_made = false;    ///< of `in_rows`
  KeptLogits kept_logits = KeptLogits::none;  ///< what of the model's output the caller keeps until after backward
  std::optional<LoraSetting> lora;
  PartsByLayer frozen;       ///< of a trained base
  bool input_gradients = false;  ///< enable_input_require_grads of a trained base: the output of frozen embeddings gets a gradient

  /// The same tokens in the rows that the model is given.
  [[nodiscard]] TrainingPass in_rows() const {
    TrainingPass rows = *this;
    if (rows_made) return rows;
    rows.rows_made = true;
    if (objective == TrainingObjective::dpo) rows.micro_batch_size = (Checked{2} * micro_batch_size).value;
    if (packed) {
      rows.sequence_length = (Checked{micro_batch_size} * sequence_length).value;
      rows.micro_batch_size = 1;
    }
    return rows;
  }
  [[nodiscard]] bool ppo() const { return objective == TrainingObjective::ppo; }
  /// Whether the model's output has its hidden states, and its cache, which a model that recomputes does without.
  [[nodiscard]] bool returns_states() const { return ppo(); }
  [[nodiscard]] bool returns_cache() const { return ppo() && recompute != RecomputeGranularity::full; }
  /// Whether the caller keeps the output until the optimizer has stepped.
  [[nodiscard]] bool holds_output() const { return ppo() && !scores; }
  /// Whether modules of dropout drop nothing.
  [[nodiscard]] bool without_dropout() const { return ppo(); }
  [[nodiscard]] bool runs_again(RecomputeModule module) const {
    return recompute == RecomputeGranularity::selective && std::find(recompute_modules.begin(), recompute_modules.end(), module) != recompute_modules.end();
  }
  [[nodiscard]] bool autocast() const { return precision == TrainingPrecision::amp_bf16 || precision == TrainingPrecision::amp_fp16 || precision == TrainingPrecision::autocast_bf16; }
  /// Bytes of an element of a weight, and of the residual stream.
  [[nodiscard]] u8 weight_bytes() const { return precision == TrainingPrecision::fp32 || casts_weights() ? 4 : 2; }
  /// Whether autocast makes copies of weights.
  [[nodiscard]] bool casts_weights() const { return precision == TrainingPrecision::amp_bf16 || precision == TrainingPrecision::amp_fp16; }
  /// Whether the compiler fuses pointwise operators and computes anew in backward what they made.
  [[nodiscard]] bool compiled() const { return kernels == TrainingKernels::compiled; }
  /// Bytes of an element that Transformer Engine's linear operators take.
  [[nodiscard]] u8 linear_bytes() const { return precision == TrainingPrecision::fp8 ? 1 : 2; }
  /// Bytes of an element of the logits.
  [[nodiscard]] u8 logit_bytes() const { return precision == TrainingPrecision::fp32 ? 4 : 2; }
  /// The same as a trainer gets them that prepares the model: it casts what comes out of autocast.
  [[nodiscard]] u8 output_bytes() const { return autocast() ? 4 : logit_bytes(); }
  /// What is trained of a decoder layer, and of what is outside the layers.
  [[nodiscard]] LayerTraining training_of(u64 layer) const {
    if (!lora) return {false, frozen.of_layer(layer), {}};
    return {true, lora->saved.of_layer(layer), lora->targets.of_layer(layer)};
  }
  [[nodiscard]] LayerTraining training_outside() const {
    if (!lora) return {false, frozen.outside, {}};
    return {true, lora->saved.outside, lora->targets.outside};
  }
  /// Whether the embeddings' output is asked for a gradient, and whether it has one of its own.
  [[nodiscard]] bool asks_input_gradient() const { return lora ? lora->input_gradients : input_gradients; }
  [[nodiscard]] bool trains_word_embeddings() const {
    const LayerTraining outside = training_outside();
    return outside.trains({Role::embedding}) || outside.adapts({Role::embedding});
  }
  [[nodiscard]] bool trains_embeddings() const { return trains_word_embeddings() || training_outside().trains({Role::position_embedding}); }
  [[nodiscard]] u8 kept_logit_bytes() const { return kept_logits == KeptLogits::output_fp32 ? 4 : logit_bytes(); }
};

}  // namespace plimsoll
