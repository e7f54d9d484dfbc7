#pragma once
/// Each struct that crosses the boundary, described once: its name and its fields, spelled as on the wire.

#include <tuple>

#include "file_size.hpp"
#include "request.hpp"
#include "solver/format_rows.hpp"

namespace plimsoll {

template <class T>
struct Wire;  // specialised below: `name`, `fields`; `input` for what is read from a request

template <class Owner, class Member>
struct Field {
  std::string_view name;
  Member Owner::*member;
};
template <class Owner, class Member>
Field(const char*, Member Owner::*) -> Field<Owner, Member>;

#define PLIMSOLL_WIRE(T, is_input, ...) PLIMSOLL_WIRE_AS(T, #T, is_input, __VA_ARGS__)
#define PLIMSOLL_WIRE_AS(T, wire_name, is_input, ...)     \
  template <>                                             \
  struct Wire<T> {                                        \
    using Self = T;                                       \
    static constexpr std::string_view name = wire_name;   \
    static constexpr bool input = is_input;               \
    static constexpr auto fields = std::tuple{__VA_ARGS__}; \
  }
#define PLIMSOLL_FIELD(member) Field{#member, &Self::member}

PLIMSOLL_WIRE(CheckpointTensors, true, PLIMSOLL_FIELD(name), PLIMSOLL_FIELD(type), PLIMSOLL_FIELD(shape), PLIMSOLL_FIELD(count), PLIMSOLL_FIELD(bytes));
PLIMSOLL_WIRE(CheckpointMetadata, true, PLIMSOLL_FIELD(key), PLIMSOLL_FIELD(value));
PLIMSOLL_WIRE(CheckpointSummary, true, PLIMSOLL_FIELD(kind), PLIMSOLL_FIELD(name), PLIMSOLL_FIELD(files), PLIMSOLL_FIELD(file_bytes), PLIMSOLL_FIELD(read_bytes),
              PLIMSOLL_FIELD(tensor_count), PLIMSOLL_FIELD(tensor_bytes), PLIMSOLL_FIELD(total_size), PLIMSOLL_FIELD(metadata), PLIMSOLL_FIELD(tensors));
PLIMSOLL_WIRE(ModelChoice, true, PLIMSOLL_FIELD(preset), PLIMSOLL_FIELD(config), PLIMSOLL_FIELD(path), PLIMSOLL_FIELD(parameter_count),
              PLIMSOLL_FIELD(quantization_config), PLIMSOLL_FIELD(checkpoint));
PLIMSOLL_WIRE(InferenceWorkload, true, PLIMSOLL_FIELD(max_model_len), PLIMSOLL_FIELD(max_num_seqs), PLIMSOLL_FIELD(prompt_tokens),
              PLIMSOLL_FIELD(kv_cache_dtype), PLIMSOLL_FIELD(value_cache_dtype), PLIMSOLL_FIELD(attention));
PLIMSOLL_WIRE(OptimizerChoice, true, PLIMSOLL_FIELD(id), PLIMSOLL_FIELD(implementation), PLIMSOLL_FIELD(options), PLIMSOLL_FIELD(rank),
              PLIMSOLL_FIELD(block_size));
PLIMSOLL_WIRE(LoraChoice, true, PLIMSOLL_FIELD(r), PLIMSOLL_FIELD(target_modules), PLIMSOLL_FIELD(target_parameters), PLIMSOLL_FIELD(modules_to_save),
              PLIMSOLL_FIELD(lora_dropout), PLIMSOLL_FIELD(use_dora), PLIMSOLL_FIELD(adapter_dtype));
PLIMSOLL_WIRE(FrozenChoice, true, PLIMSOLL_FIELD(modules), PLIMSOLL_FIELD(first_layers));
PLIMSOLL_WIRE(TrainingWorkload, true, PLIMSOLL_FIELD(method), PLIMSOLL_FIELD(stack), PLIMSOLL_FIELD(sequence_length), PLIMSOLL_FIELD(micro_batch_size),
              PLIMSOLL_FIELD(gradient_accumulation_steps), PLIMSOLL_FIELD(objective), PLIMSOLL_FIELD(precision), PLIMSOLL_FIELD(optimizer), PLIMSOLL_FIELD(kernels), PLIMSOLL_FIELD(attention),
              PLIMSOLL_FIELD(recompute_granularity), PLIMSOLL_FIELD(recompute_method), PLIMSOLL_FIELD(recompute_num_layers), PLIMSOLL_FIELD(recompute_modules),
              PLIMSOLL_FIELD(activation_offloading), PLIMSOLL_FIELD(loss), PLIMSOLL_FIELD(gradient_clipping),
              PLIMSOLL_FIELD(optimizer_in_backward), PLIMSOLL_FIELD(use_reentrant), PLIMSOLL_FIELD(kept_logits), PLIMSOLL_FIELD(padded), PLIMSOLL_FIELD(packing),
              PLIMSOLL_FIELD(max_completion_length), PLIMSOLL_FIELD(reward_model), PLIMSOLL_FIELD(teacher),
              PLIMSOLL_FIELD(lora), PLIMSOLL_FIELD(frozen), PLIMSOLL_FIELD(enable_input_require_grads));
PLIMSOLL_WIRE(ParallelChoice, true, PLIMSOLL_FIELD(tensor_parallel_size));
PLIMSOLL_WIRE(DeviceChoice, true, PLIMSOLL_FIELD(gpu), PLIMSOLL_FIELD(device_count));
PLIMSOLL_WIRE(Request, true, PLIMSOLL_FIELD(model), PLIMSOLL_FIELD(weight_format), PLIMSOLL_FIELD(importance_matrix), PLIMSOLL_FIELD(engine), PLIMSOLL_FIELD(workload),
              PLIMSOLL_FIELD(parallel), PLIMSOLL_FIELD(device));

PLIMSOLL_WIRE(OptimizerTensor, true, PLIMSOLL_FIELD(shape), PLIMSOLL_FIELD(dtype), PLIMSOLL_FIELD(role));
PLIMSOLL_WIRE(OptimizerStatesRequest, true, PLIMSOLL_FIELD(optimizer), PLIMSOLL_FIELD(tensor));

/// The word that tells the alternatives of a variant apart, under the key "kind".
template <class T>
inline constexpr std::string_view wire_kind{};
template <>
inline constexpr std::string_view wire_kind<InferenceWorkload> = "inference";
template <>
inline constexpr std::string_view wire_kind<TrainingWorkload> = "training";

PLIMSOLL_WIRE_AS(Error, "PlimsollError", false, PLIMSOLL_FIELD(code), PLIMSOLL_FIELD(where), PLIMSOLL_FIELD(message), PLIMSOLL_FIELD(hint),
              PLIMSOLL_FIELD(message_zh), PLIMSOLL_FIELD(hint_zh));
PLIMSOLL_WIRE(Notice, false, PLIMSOLL_FIELD(code), PLIMSOLL_FIELD(where), PLIMSOLL_FIELD(message), PLIMSOLL_FIELD(message_zh));
PLIMSOLL_WIRE(Input, false, PLIMSOLL_FIELD(symbol), PLIMSOLL_FIELD(name), PLIMSOLL_FIELD(value));
PLIMSOLL_WIRE_AS(Derivation, "Formula", false, PLIMSOLL_FIELD(text), PLIMSOLL_FIELD(inputs), PLIMSOLL_FIELD(source), PLIMSOLL_FIELD(basis),
              PLIMSOLL_FIELD(low), PLIMSOLL_FIELD(high));
PLIMSOLL_WIRE(Term, false, PLIMSOLL_FIELD(id), PLIMSOLL_FIELD(label), PLIMSOLL_FIELD(bytes), PLIMSOLL_FIELD(combine),
              PLIMSOLL_FIELD(formula), PLIMSOLL_FIELD(children));
PLIMSOLL_WIRE(ByBasis, false, PLIMSOLL_FIELD(exact), PLIMSOLL_FIELD(documented), PLIMSOLL_FIELD(measured), PLIMSOLL_FIELD(assumed));
PLIMSOLL_WIRE(LayerKind, false, PLIMSOLL_FIELD(kind), PLIMSOLL_FIELD(count), PLIMSOLL_FIELD(kv_elements_per_token), PLIMSOLL_FIELD(sliding_window));
PLIMSOLL_WIRE(ModelSummary, false, PLIMSOLL_FIELD(name), PLIMSOLL_FIELD(model_type), PLIMSOLL_FIELD(family), PLIMSOLL_FIELD(source),
              PLIMSOLL_FIELD(parameter_count), PLIMSOLL_FIELD(active_parameter_count), PLIMSOLL_FIELD(mtp_parameter_count),
              PLIMSOLL_FIELD(tied_parameter_count), PLIMSOLL_FIELD(num_hidden_layers), PLIMSOLL_FIELD(hidden_size), PLIMSOLL_FIELD(vocab_size),
              PLIMSOLL_FIELD(num_attention_heads), PLIMSOLL_FIELD(num_key_value_heads), PLIMSOLL_FIELD(head_dim),
              PLIMSOLL_FIELD(max_position_embeddings), PLIMSOLL_FIELD(dtype), PLIMSOLL_FIELD(layer_kinds));
PLIMSOLL_WIRE(Segment, false, PLIMSOLL_FIELD(id), PLIMSOLL_FIELD(bytes));
PLIMSOLL_WIRE(RankNeed, false, PLIMSOLL_FIELD(first_rank), PLIMSOLL_FIELD(count), PLIMSOLL_FIELD(needed_bytes));
PLIMSOLL_WIRE(DeviceFacts, false, PLIMSOLL_FIELD(id), PLIMSOLL_FIELD(name), PLIMSOLL_FIELD(vendor), PLIMSOLL_FIELD(marketed_memory),
              PLIMSOLL_FIELD(device_count), PLIMSOLL_FIELD(nominal_bytes), PLIMSOLL_FIELD(usable_bytes), PLIMSOLL_FIELD(usable_basis),
              PLIMSOLL_FIELD(usable_source), PLIMSOLL_FIELD(bandwidth_bytes_per_second));
PLIMSOLL_WIRE(Verdict, false, PLIMSOLL_FIELD(outcome), PLIMSOLL_FIELD(usable_bytes), PLIMSOLL_FIELD(needed_bytes), PLIMSOLL_FIELD(headroom_bytes),
              PLIMSOLL_FIELD(used_permille));
PLIMSOLL_WIRE(Answer, false, PLIMSOLL_FIELD(value), PLIMSOLL_FIELD(limit), PLIMSOLL_FIELD(needed_bytes), PLIMSOLL_FIELD(limiting_term));
PLIMSOLL_WIRE(Capacity, false, PLIMSOLL_FIELD(longest_context), PLIMSOLL_FIELD(most_sequences));
PLIMSOLL_WIRE(StepMoment, false, PLIMSOLL_FIELD(id), PLIMSOLL_FIELD(allocated_bytes), PLIMSOLL_FIELD(first_step_bytes));
PLIMSOLL_WIRE(LadderRung, false, PLIMSOLL_FIELD(method), PLIMSOLL_FIELD(needed_bytes), PLIMSOLL_FIELD(outcome), PLIMSOLL_FIELD(segments),
              PLIMSOLL_FIELD(request));
PLIMSOLL_WIRE(LaunchFile, false, PLIMSOLL_FIELD(program), PLIMSOLL_FIELD(name), PLIMSOLL_FIELD(text));
PLIMSOLL_WIRE(TrainingReport, false, PLIMSOLL_FIELD(trained_parameter_count), PLIMSOLL_FIELD(frozen_parameter_count), PLIMSOLL_FIELD(allocated_bytes),
              PLIMSOLL_FIELD(reserved_bytes), PLIMSOLL_FIELD(device_bytes), PLIMSOLL_FIELD(host_bytes), PLIMSOLL_FIELD(standing_bytes),
              PLIMSOLL_FIELD(first_step_bytes), PLIMSOLL_FIELD(moments), PLIMSOLL_FIELD(ladder),
              PLIMSOLL_FIELD(launch));
PLIMSOLL_WIRE(Change, false, PLIMSOLL_FIELD(id), PLIMSOLL_FIELD(value), PLIMSOLL_FIELD(needed_bytes), PLIMSOLL_FIELD(saved_bytes),
              PLIMSOLL_FIELD(outcome), PLIMSOLL_FIELD(request));
PLIMSOLL_WIRE(RuleReason, false, PLIMSOLL_FIELD(code), PLIMSOLL_FIELD(bytes), PLIMSOLL_FIELD(term));
PLIMSOLL_WIRE(RuleSide, false, PLIMSOLL_FIELD(id), PLIMSOLL_FIELD(layers_bytes), PLIMSOLL_FIELD(loss_bytes), PLIMSOLL_FIELD(kept_bytes), PLIMSOLL_FIELD(allocated_bytes),
              PLIMSOLL_FIELD(worst_moment));
PLIMSOLL_WIRE(RuleSaving, false, PLIMSOLL_FIELD(layers_permille), PLIMSOLL_FIELD(kept_permille), PLIMSOLL_FIELD(allocated_permille));
PLIMSOLL_WIRE(RuleComparison, false, PLIMSOLL_FIELD(rule), PLIMSOLL_FIELD(applies), PLIMSOLL_FIELD(rule_bytes), PLIMSOLL_FIELD(rule_high_bytes),
              PLIMSOLL_FIELD(exact_bytes), PLIMSOLL_FIELD(exact_high_bytes), PLIMSOLL_FIELD(rule_permille), PLIMSOLL_FIELD(rule_high_permille),
              PLIMSOLL_FIELD(exact_permille), PLIMSOLL_FIELD(worst_moment_permille), PLIMSOLL_FIELD(agrees), PLIMSOLL_FIELD(reasons),
              PLIMSOLL_FIELD(left_out), PLIMSOLL_FIELD(sides), PLIMSOLL_FIELD(saving));
PLIMSOLL_WIRE(Report, false, PLIMSOLL_FIELD(version), PLIMSOLL_FIELD(catalog_date), PLIMSOLL_FIELD(request), PLIMSOLL_FIELD(model),
              PLIMSOLL_FIELD(needed_bytes), PLIMSOLL_FIELD(needed_low_bytes), PLIMSOLL_FIELD(needed_high_bytes), PLIMSOLL_FIELD(kv_cache_bytes),
              PLIMSOLL_FIELD(checkpoint_bytes), PLIMSOLL_FIELD(worst_moment),
              PLIMSOLL_FIELD(segments), PLIMSOLL_FIELD(tree), PLIMSOLL_FIELD(by_basis), PLIMSOLL_FIELD(ranks), PLIMSOLL_FIELD(device),
              PLIMSOLL_FIELD(verdict), PLIMSOLL_FIELD(capacity), PLIMSOLL_FIELD(training), PLIMSOLL_FIELD(advice), PLIMSOLL_FIELD(rules), PLIMSOLL_FIELD(notices));
PLIMSOLL_WIRE(Totals, false, PLIMSOLL_FIELD(needed_bytes), PLIMSOLL_FIELD(weights_bytes), PLIMSOLL_FIELD(allocated_bytes), PLIMSOLL_FIELD(kv_cache_bytes),
              PLIMSOLL_FIELD(worst_moment), PLIMSOLL_FIELD(outcome));
PLIMSOLL_WIRE(RankedDevice, false, PLIMSOLL_FIELD(gpu), PLIMSOLL_FIELD(device_count), PLIMSOLL_FIELD(usable_bytes), PLIMSOLL_FIELD(needed_bytes),
              PLIMSOLL_FIELD(headroom_bytes), PLIMSOLL_FIELD(outcome), PLIMSOLL_FIELD(devices_needed));
PLIMSOLL_WIRE(Ranking, false, PLIMSOLL_FIELD(rows));
PLIMSOLL_WIRE(FormatMatrixRequest, true, PLIMSOLL_FIELD(request), PLIMSOLL_FIELD(weight_formats), PLIMSOLL_FIELD(gpus));
PLIMSOLL_WIRE(FormatCell, false, PLIMSOLL_FIELD(gpu), PLIMSOLL_FIELD(usable_bytes), PLIMSOLL_FIELD(longest_context), PLIMSOLL_FIELD(headroom_bytes),
              PLIMSOLL_FIELD(error));
PLIMSOLL_WIRE(FormatRow, false, PLIMSOLL_FIELD(weight_format), PLIMSOLL_FIELD(resolved), PLIMSOLL_FIELD(engine_loads), PLIMSOLL_FIELD(idealised),
              PLIMSOLL_FIELD(weights_bytes), PLIMSOLL_FIELD(checkpoint_bytes), PLIMSOLL_FIELD(millibits_per_parameter), PLIMSOLL_FIELD(saved_of_fp32_permille),
              PLIMSOLL_FIELD(saved_of_dtype_permille), PLIMSOLL_FIELD(claimed_permille), PLIMSOLL_FIELD(needed_bytes), PLIMSOLL_FIELD(kv_cache_bytes),
              PLIMSOLL_FIELD(saved_of_needed_permille), PLIMSOLL_FIELD(error), PLIMSOLL_FIELD(cells));
PLIMSOLL_WIRE(FormatMatrix, false, PLIMSOLL_FIELD(parameter_count), PLIMSOLL_FIELD(dtype), PLIMSOLL_FIELD(rows));
PLIMSOLL_WIRE(FileSizeStep, false, PLIMSOLL_FIELD(cause), PLIMSOLL_FIELD(bytes));
PLIMSOLL_WIRE(FileSize, false, PLIMSOLL_FIELD(read), PLIMSOLL_FIELD(file_bytes), PLIMSOLL_FIELD(published_bytes), PLIMSOLL_FIELD(steps),
              PLIMSOLL_FIELD(weights_bytes), PLIMSOLL_FIELD(device_weights_bytes), PLIMSOLL_FIELD(device_count), PLIMSOLL_FIELD(kept_bytes),
              PLIMSOLL_FIELD(scales_bytes), PLIMSOLL_FIELD(tied_bytes), PLIMSOLL_FIELD(beside), PLIMSOLL_FIELD(needed_bytes));
PLIMSOLL_WIRE(RuleTableCell, false, PLIMSOLL_FIELD(label), PLIMSOLL_FIELD(format), PLIMSOLL_FIELD(rule_bytes), PLIMSOLL_FIELD(exact_bytes));
PLIMSOLL_WIRE(RuleTrainingCell, false, PLIMSOLL_FIELD(label), PLIMSOLL_FIELD(recipe), PLIMSOLL_FIELD(allocated_bytes));
PLIMSOLL_WIRE(RuleTable, false, PLIMSOLL_FIELD(cells), PLIMSOLL_FIELD(sequence_length), PLIMSOLL_FIELD(training));
PLIMSOLL_WIRE(InspectedTensor, false, PLIMSOLL_FIELD(name), PLIMSOLL_FIELD(shape), PLIMSOLL_FIELD(count), PLIMSOLL_FIELD(format),
              PLIMSOLL_FIELD(role), PLIMSOLL_FIELD(apart));
PLIMSOLL_WIRE(Inspection, false, PLIMSOLL_FIELD(model_type), PLIMSOLL_FIELD(family), PLIMSOLL_FIELD(parameter_count),
              PLIMSOLL_FIELD(active_parameter_count), PLIMSOLL_FIELD(mtp_parameter_count), PLIMSOLL_FIELD(tied_parameter_count), PLIMSOLL_FIELD(tensors));
PLIMSOLL_WIRE(TensorDifference, false, PLIMSOLL_FIELD(name), PLIMSOLL_FIELD(kind), PLIMSOLL_FIELD(expected), PLIMSOLL_FIELD(found));
PLIMSOLL_WIRE(CheckpointInspection, false, PLIMSOLL_FIELD(checkpoint), PLIMSOLL_FIELD(config), PLIMSOLL_FIELD(model), PLIMSOLL_FIELD(model_bytes),
              PLIMSOLL_FIELD(stored_bytes), PLIMSOLL_FIELD(differences));
PLIMSOLL_WIRE(OptimizerState, false, PLIMSOLL_FIELD(key), PLIMSOLL_FIELD(bytes), PLIMSOLL_FIELD(place), PLIMSOLL_FIELD(shared),
              PLIMSOLL_FIELD(formula));
PLIMSOLL_WIRE(OptimizerStates, false, PLIMSOLL_FIELD(states), PLIMSOLL_FIELD(device_bytes), PLIMSOLL_FIELD(unified_bytes),
              PLIMSOLL_FIELD(host_bytes), PLIMSOLL_FIELD(shared_bytes), PLIMSOLL_FIELD(transient_bytes));
PLIMSOLL_WIRE(CatalogInfo, false, PLIMSOLL_FIELD(date), PLIMSOLL_FIELD(gpus), PLIMSOLL_FIELD(models));

}  // namespace plimsoll
