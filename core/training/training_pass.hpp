#pragma once
/// One forward and backward pass of training: what is asked of it. No formula lives here.

#include <optional>
#include <string_view>

#include "vocabulary.hpp"
#include "units.hpp"

namespace plimsoll {

enum class LoraTargets { query_value, all_linear };
PLIMSOLL_ENUM_NAMES(LoraTargets, "LoraTargets", "query_value", "all_linear");

/// Low-rank adapters beside frozen matrices.
struct LoraSetting {
  u32 rank = 16;
  LoraTargets targets = LoraTargets::query_value;
  bool dropout = false;
  ComputeDtype adapter_dtype = ComputeDtype::fp32;
  bool input_gradients = true;  ///< enable_input_require_grads: the embeddings' output gets a gradient, so layer 0 is as the others
};

struct TrainingPass {
  u64 micro_batch_size = 1;  ///< B
  u64 sequence_length = 1;   ///< T
  TrainingPrecision precision = TrainingPrecision::bf16;
  TrainingKernels kernels = TrainingKernels::transformers;
  TrainingAttention attention = TrainingAttention::sdpa;
  RecomputeGranularity recompute = RecomputeGranularity::none;
  bool reentrant = false;    ///< torch.utils.checkpoint(use_reentrant=True)
  bool padded = false;       ///< the batch has a mask [B, 1, T, T] of bool
  KeptLogits kept_logits = KeptLogits::none;  ///< what of the model's output the caller keeps until after backward
  std::optional<LoraSetting> lora;

  [[nodiscard]] bool autocast() const { return precision == TrainingPrecision::amp_bf16 || precision == TrainingPrecision::amp_fp16; }
  /// Bytes of an element of a weight, and of the residual stream.
  [[nodiscard]] u8 weight_bytes() const { return precision == TrainingPrecision::fp32 || autocast() ? 4 : 2; }
  /// Bytes of an element that Transformer Engine's linear operators take.
  [[nodiscard]] u8 linear_bytes() const { return precision == TrainingPrecision::fp8 ? 1 : 2; }
  /// Bytes of an element of the logits.
  [[nodiscard]] u8 logit_bytes() const { return precision == TrainingPrecision::fp32 ? 4 : 2; }
  [[nodiscard]] u8 kept_logit_bytes() const { return kept_logits == KeptLogits::output_fp32 ? 4 : logit_bytes(); }
};

}  // namespace plimsoll
