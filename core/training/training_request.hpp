#pragma once
/// The question of training: what a step does, in the words of PEFT, Transformers, Megatron-LM and DeepSpeed. What is left out is
/// filled from the stack's defaults.

#include <optional>
#include <string>
#include <vector>

#include "training/optimizer_request.hpp"
#include "units.hpp"
#include "vocabulary.hpp"

namespace plimsoll {

/// PEFT's LoraConfig, as far as it decides memory. The scaling of an adapter (alpha, rank-stabilised or not) changes no byte.
struct LoraChoice {
  std::optional<u64> r;                               ///< default 16
  std::optional<std::vector<std::string>> target_modules;  ///< names as in the checkpoint ("q_proj"), or "all-linear", the default
  std::optional<std::vector<std::string>> target_parameters;  ///< matrices that a module holds itself: "experts.gate_up_proj"
  std::optional<std::vector<std::string>> modules_to_save; ///< "embed_tokens", "lm_head": trained whole beside the adapters
  std::optional<bool> lora_dropout;                   ///< whether its rate is above 0: the rate itself changes no byte
  std::optional<bool> use_dora;
  std::optional<ComputeDtype> adapter_dtype;          ///< PEFT casts 16-bit adapters to fp32 unless autocast_adapter_dtype is off
};

/// One step of training: memory at the highest moment of `micro_batch_size` sequences of `sequence_length` tokens.
struct TrainingWorkload {
  TrainingMethod method = TrainingMethod::lora;
  std::optional<std::string> stack;              ///< catalogue id; default "transformers"
  std::optional<u64> sequence_length;            ///< default 2048, at most what the model was made for
  u64 micro_batch_size = 1;
  u64 gradient_accumulation_steps = 1;
  std::optional<std::string> precision;          ///< catalogue id of a precision recipe
  std::optional<OptimizerChoice> optimizer;
  std::optional<TrainingKernels> kernels;        ///< default Transformers' own modules; of Megatron-LM's, `attention` sdpa is cuDNN's
                                                 ///< kernel, flash_attention_2 FlashAttention, and eager what is unfused
  std::optional<TrainingAttention> attention;
  std::optional<RecomputeGranularity> recompute_granularity;
  std::optional<RecomputeMethod> recompute_method;             ///< of full recomputation; default uniform
  std::optional<u64> recompute_num_layers;                     ///< n of the method; default 1
  std::optional<std::vector<RecomputeModule>> recompute_modules;  ///< of selective recomputation; default core_attn
  std::optional<ActivationOffloading> activation_offloading;
  std::optional<LossImplementation> loss;
  std::optional<bool> gradient_clipping;         ///< by their norm, as max_grad_norm above 0 asks: for launch files, its few numbers are not counted
  std::optional<bool> use_reentrant;             ///< of torch.utils.checkpoint
  std::optional<KeptLogits> kept_logits;
  std::optional<bool> padded;                    ///< whether sequences of a batch have unequal lengths, so that attention gets a mask
  std::optional<LoraChoice> lora;
  std::optional<bool> enable_input_require_grads;  ///< with adapters: default where layers are recomputed, as Trainer and TRL do
};

}  // namespace plimsoll
