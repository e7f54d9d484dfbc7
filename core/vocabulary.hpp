#pragma once
/// Every enum that crosses the boundary, beside the one table of its names. An enumerator equals its wire name.

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace plimsoll {

template <class E>
struct EnumNames;  // specialised below: `names` in the order of the enumerators

template <class E>
constexpr std::string_view name_of(E e) {
  return EnumNames<E>::names[static_cast<std::size_t>(e)];
}

template <class E>
constexpr std::optional<E> enum_from(std::string_view name) {
  for (std::size_t i = 0; i < EnumNames<E>::names.size(); ++i)
    if (EnumNames<E>::names[i] == name) return static_cast<E>(i);
  return std::nullopt;
}

#define PLIMSOLL_ENUM_NAMES(E, type_name, ...)                           \
  template <>                                                            \
  struct EnumNames<E> {                                                  \
    static constexpr std::string_view type = type_name;                  \
    static constexpr auto names = std::to_array<std::string_view>({__VA_ARGS__}); \
  }

enum class ErrorCode {
  invalid_json, missing_field, wrong_type, out_of_range, unknown_model_type, unknown_id, unsupported_combination,
  does_not_divide, overflow, too_large, empty_input, invalid_file
};
PLIMSOLL_ENUM_NAMES(ErrorCode, "ErrorCode", "invalid_json", "missing_field", "wrong_type", "out_of_range", "unknown_model_type",
                    "unknown_id", "unsupported_combination", "does_not_divide", "overflow", "too_large", "empty_input", "invalid_file");

/// How sure a number is: counted, said by the maintainers, measured by somebody named, or assumed.
enum class Basis { exact, documented, measured, assumed };
PLIMSOLL_ENUM_NAMES(Basis, "Basis", "exact", "documented", "measured", "assumed");

enum class Combine { leaf, sum, peak };
PLIMSOLL_ENUM_NAMES(Combine, "Combine", "leaf", "sum", "peak");

enum class Outcome { fits, tight, does_not_fit };
PLIMSOLL_ENUM_NAMES(Outcome, "FitOutcome", "fits", "tight", "does_not_fit");

enum class Limit { memory, model };
PLIMSOLL_ENUM_NAMES(Limit, "Limit", "memory", "model");

/// How Transformers computes attention; `sdpa` is its default.
enum class AttentionImplementation { sdpa, eager };
PLIMSOLL_ENUM_NAMES(AttentionImplementation, "AttentionImplementation", "sdpa", "eager");

/// The type a forward pass computes in.
enum class ComputeDtype { fp32, bf16, fp16 };
PLIMSOLL_ENUM_NAMES(ComputeDtype, "ComputeDtype", "fp32", "bf16", "fp16");

constexpr unsigned bytes_of(ComputeDtype dtype) { return dtype == ComputeDtype::fp32 ? 4 : 2; }

/// The types a training step computes and keeps weights in: `amp_` is autocast over fp32 weights, `autocast_bf16` over bf16 ones; `fp8`
/// keeps 16 bits and lets linear operators take FP8, as Transformer Engine does.
enum class TrainingPrecision { fp32, bf16, amp_bf16, amp_fp16, fp16, fp8, autocast_bf16 };
PLIMSOLL_ENUM_NAMES(TrainingPrecision, "TrainingPrecision", "fp32", "bf16", "amp_bf16", "amp_fp16", "fp16", "fp8", "autocast_bf16");

/// Whose kernels run a layer in training: Transformers' modules as they are; Liger's Triton kernels patched into them; Megatron-LM's
/// layers of Transformer Engine's modules; what torch.compile makes of Transformers' modules.
enum class TrainingKernels { transformers, liger, transformer_engine, compiled };
PLIMSOLL_ENUM_NAMES(TrainingKernels, "TrainingKernels", "transformers", "liger", "transformer_engine", "compiled");

/// How Transformers computes attention in training. `sdpa` takes the kernel that CUDA would: flash, or memory-efficient with a mask,
/// in fp32 or with unequal head widths; `sdpa_math` is the fallback, chosen by hand.
enum class TrainingAttention { sdpa, sdpa_math, eager, flash_attention_2 };
PLIMSOLL_ENUM_NAMES(TrainingAttention, "TrainingAttention", "sdpa", "sdpa_math", "eager", "flash_attention_2");

/// What is run a second time instead of keeping what backward needs: nothing, named parts of a layer, whole layers.
enum class RecomputeGranularity { none, selective, full };
PLIMSOLL_ENUM_NAMES(RecomputeGranularity, "RecomputeGranularity", "none", "selective", "full");

/// Which layers run again as a whole: units of n layers, the first n layers, each n-th layer (the last of every n), or the first of every n.
enum class RecomputeMethod { uniform, block, every, every_n_layers };
PLIMSOLL_ENUM_NAMES(RecomputeMethod, "RecomputeMethod", "uniform", "block", "every", "every_n_layers");

/// Parts of a layer that can run again alone. The output of a norm, an activation or an up-projection is dropped as well.
enum class RecomputeModule { core_attn, mlp, moe, shared_experts, layernorm, moe_act, mla_up_proj };
PLIMSOLL_ENUM_NAMES(RecomputeModule, "RecomputeModule", "core_attn", "mlp", "moe", "shared_experts", "layernorm", "moe_act", "mla_up_proj");

/// What waits for backward in main memory: nothing, every saved tensor of 1 KiB and more, the inputs of recomputed layers.
enum class ActivationOffloading { none, saved_tensors, layer_inputs };
PLIMSOLL_ENUM_NAMES(ActivationOffloading, "ActivationOffloading", "none", "saved_tensors", "layer_inputs");

/// Who computes the loss, and so how much of the logits is there at once.
enum class LossImplementation { transformers, liger_fused_linear, trl_fused_head, chunked, unsloth_fused, cut_cross_entropy, vocab_parallel };
PLIMSOLL_ENUM_NAMES(LossImplementation, "LossImplementation", "transformers", "liger_fused_linear", "trl_fused_head", "chunked", "unsloth_fused",
                    "cut_cross_entropy", "vocab_parallel");

/// Which parameters are trained: all, or adapters beside a frozen base; QLoRA's base is quantised.
enum class TrainingMethod { full, lora, qlora };
PLIMSOLL_ENUM_NAMES(TrainingMethod, "TrainingMethod", "full", "lora", "qlora");

/// What is trained for: the next token; one answer rather than another; answers that rewards rank in groups; rewards that a value model
/// expects; the distribution of a teacher.
enum class TrainingObjective { sft, dpo, grpo, ppo, distillation };
PLIMSOLL_ENUM_NAMES(TrainingObjective, "TrainingObjective", "sft", "dpo", "grpo", "ppo", "distillation");

/// What of the model's output the caller keeps until after backward: nothing, the logits, or them in fp32.
enum class KeptLogits { none, output, output_fp32 };
PLIMSOLL_ENUM_NAMES(KeptLogits, "KeptLogits", "none", "output", "output_fp32");

/// What a tensor is for. Precision recipes and colours hang on it.
enum class Role {
  embedding, position_embedding, attention_q, attention_k, attention_v, attention_qkv, attention_o, attention_norm,
  attention_sink, latent_q_a, latent_q_b, latent_kv_a, latent_kv_b, mlp_gate, mlp_up, mlp_gate_up, mlp_down, router,
  expert_gate, expert_up, expert_gate_up, expert_down, shared_expert_gate, shared_expert_up, shared_expert_down,
  shared_expert_router, norm, mtp_projection, lm_head, buffer
};
PLIMSOLL_ENUM_NAMES(Role, "Role", "embedding", "position_embedding", "attention_q", "attention_k", "attention_v", "attention_qkv",
                    "attention_o", "attention_norm", "attention_sink", "latent_q_a", "latent_q_b", "latent_kv_a", "latent_kv_b",
                    "mlp_gate", "mlp_up", "mlp_gate_up", "mlp_down", "router", "expert_gate", "expert_up", "expert_gate_up",
                    "expert_down", "shared_expert_gate", "shared_expert_up", "shared_expert_down", "shared_expert_router", "norm",
                    "mtp_projection", "lm_head", "buffer");

/// Where an optimizer's state lies: GPU memory, memory that moves between GPU and host as it is used, main memory.
enum class StatePlace { device, unified, host };
PLIMSOLL_ENUM_NAMES(StatePlace, "StatePlace", "device", "unified", "host");

/// What the headers of a checkpoint were read from.
enum class CheckpointKind { safetensors, safetensors_index, pytorch_index, gguf };
PLIMSOLL_ENUM_NAMES(CheckpointKind, "CheckpointKind", "safetensors", "safetensors_index", "pytorch_index", "gguf");

/// Why weights in memory are not what the files are: what is no tensor; layers that are not run; a stored copy of a tied head; tensors
/// that the model has not; padding between tensors; parts that are dropped or made while loading; tensors that are loaded in another
/// format than they are stored in; weights that become dense in the first pass; tensors that each of several devices holds.
enum class FileSizeCause { headers, prediction_layers, tied_head, other_tensors, padding, loading, other_formats, decompressed, devices };
PLIMSOLL_ENUM_NAMES(FileSizeCause, "FileSizeCause", "headers", "prediction_layers", "tied_head", "other_tensors", "padding", "loading", "other_formats",
                    "decompressed", "devices");

/// How a tensor of a checkpoint and one of its model differ.
enum class DifferenceKind { missing, extra, other_shape, other_count, other_type };
PLIMSOLL_ENUM_NAMES(DifferenceKind, "DifferenceKind", "missing", "extra", "other_shape", "other_count", "other_type");

/// What a checkpoint holds beside the model that runs: multi-token prediction layers, a stored copy of a tied head.
enum class Apart { no, mtp, tied };
PLIMSOLL_ENUM_NAMES(Apart, "Apart", "no", "mtp", "tied");

}  // namespace plimsoll
