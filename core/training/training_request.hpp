#pragma once
/// The question of training: what a step does, in the words of PEFT, Transformers, Megatron-LM and DeepSpeed. What is left out is
/// filled from the stack's defaults.

#include <optional>
#include <string>
#include <vector>

#include "model_choice.hpp"
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

/// What full training leaves out.
struct FrozenChoice {
  std::optional<std::vector<std::string>> modules;  ///< whose name ends with a word: "embed_tokens", "lm_head", "norm", "mlp", "layers.3"
  std::optional<u64> first_layers;                  ///< decoder layers from the embeddings on
};

/// One step of training: memory at the highest moment of `micro_batch_size` sequences of `sequence_length` tokens.
struct TrainingWorkload {
  TrainingMethod method = TrainingMethod::lora;
  std::optional<TrainingObjective> objective;    ///< default sft. Of dpo a sequence is a pair, chosen and rejected; of grpo and ppo a prompt
                                                 ///< with its completion
  std::optional<std::string> stack;              ///< catalogue id; default "transformers"
  std::optional<u64> sequence_length;            ///< default 2048, at most what the model was made for
  std::optional<u64> micro_batch_size;           ///< default 1
  std::optional<u64> gradient_accumulation_steps;  ///< default 1
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
  std::optional<bool> gradient_clipping;         ///< by their norm, as max_grad_norm above 0 asks
  std::optional<bool> optimizer_in_backward;     ///< each parameter is stepped as soon as it has its gradient, which then is dropped
  std::optional<bool> use_reentrant;             ///< of torch.utils.checkpoint
  std::optional<KeptLogits> kept_logits;
  std::optional<bool> padded;                    ///< whether sequences of a batch have unequal lengths, so that attention gets a mask
  std::optional<bool> packing;                   ///< sequences of the batch are one row without padding, kept apart by their positions
  std::optional<u64> max_completion_length;      ///< of grpo and ppo: tokens of a sequence that were generated; default 512, of ppo 53 as its
                                                 ///< response_length, at most all but one
  std::optional<ModelChoice> reward_model;       ///< of ppo, with the same vocabulary: its value model is of that kind too; default the model itself
  std::optional<ModelChoice> teacher;            ///< of distillation, with the same vocabulary; default the model itself
  std::optional<LoraChoice> lora;
  std::optional<FrozenChoice> frozen;            ///< of full training
  std::optional<bool> enable_input_require_grads;  ///< with adapters or frozen embeddings: default where layers are recomputed, as Trainer and TRL do
};

}  // namespace plimsoll
