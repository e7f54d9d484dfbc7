#pragma once
/// A question and its answer as plain values: what crosses the boundary. wire.hpp describes each once; JSON both ways and the
/// TypeScript declarations come from that description.

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "model_choice.hpp"
#include "report/term.hpp"
#include "result.hpp"
#include "rules/rule_comparison.hpp"
#include "training/training_request.hpp"
#include "units.hpp"

namespace plimsoll {

// ---- the question

/// Serving: the memory at the highest moment of `max_num_seqs` sequences of `max_model_len` tokens.
struct InferenceWorkload {
  std::optional<u64> max_model_len;   ///< prompt and output of one sequence; default 8192, at most what the model was made for
  u64 max_num_seqs = 1;
  std::optional<u64> prompt_tokens;   ///< tokens of the prompt, computed in one pass; default max_model_len - 1, the worst case
  std::optional<std::string> kv_cache_dtype;  ///< format id; default: the compute dtype
  std::optional<std::string> value_cache_dtype;  ///< format id of the values where they differ from the keys; default: kv_cache_dtype
  AttentionImplementation attention = AttentionImplementation::sdpa;
};

/// What is asked of the model.
using Workload = std::variant<InferenceWorkload, TrainingWorkload>;

struct ParallelChoice {
  std::optional<u64> tensor_parallel_size;  ///< default: the number of devices
};

struct DeviceChoice {
  std::string gpu;  ///< catalogue id
  std::optional<u64> device_count;
};

struct Request {
  ModelChoice model;
  std::optional<std::string> weight_format;  ///< id of a recipe; default: the checkpoint's own
  std::optional<bool> importance_matrix;     ///< of a GGUF file type: quantised with one; default: only where it cannot be made without
  std::string engine = "transformers";
  Workload workload;
  ParallelChoice parallel;
  std::optional<DeviceChoice> device;
};

// ---- the answer

struct LayerKind {
  std::string kind;  ///< "full_attention + gated_mlp"
  u64 count = 0;
  u64 kv_elements_per_token = 0;  ///< cached elements of one layer for each token
  std::optional<u64> sliding_window;
};

struct ModelSummary {
  std::string name, model_type, family, source;
  u64 parameter_count = 0, active_parameter_count = 0, mtp_parameter_count = 0, tied_parameter_count = 0;
  u64 num_hidden_layers = 0, hidden_size = 0, vocab_size = 0, num_attention_heads = 0, num_key_value_heads = 0, head_dim = 0;
  u64 max_position_embeddings = 0;
  std::string dtype;  ///< format id of the checkpoint, empty when not stated
  std::vector<LayerKind> layer_kinds;
};

struct Segment {
  std::string id;
  u64 bytes = 0;
};

struct RankNeed {
  u64 first_rank = 0, count = 1, needed_bytes = 0;
};

struct DeviceFacts {
  std::string id, name, vendor, marketed_memory;
  u64 device_count = 1;
  u64 nominal_bytes = 0, usable_bytes = 0;  ///< of one device
  Basis usable_basis{};
  std::string usable_source;
  std::optional<u64> bandwidth_bytes_per_second;
};

struct Verdict {
  Outcome outcome{};
  u64 usable_bytes = 0, needed_bytes = 0;  ///< of the fullest device
  i64 headroom_bytes = 0;
  u64 used_permille = 0;
};

struct Answer {
  u64 value = 0;  ///< 0: not even one
  Limit limit{};
  u64 needed_bytes = 0;  ///< at that value, or at one when none fits
  std::string limiting_term;
};

struct Capacity {
  Answer longest_context, most_sequences;
};

/// One moment of a training step, as torch's allocator counts: `first_step_bytes` before the optimizer has made its states.
struct StepMoment {
  std::string_view id;
  u64 allocated_bytes = 0, first_step_bytes = 0;
};

/// A method of fine-tuning beside the others, everything else as asked.
struct LadderRung {
  TrainingMethod method{};
  u64 needed_bytes = 0;
  std::optional<Outcome> outcome;
  std::vector<Segment> segments;
  Request request;
};

/// A file of another program that asks for the same run.
struct LaunchFile {
  std::string program;  ///< "transformers", "torchtune"
  std::string name;     ///< of the file
  std::string text;
};

/// What only training has. Three numbers that are never merged: what torch allocated, what it reserved, what the device shows.
struct TrainingReport {
  u64 trained_parameter_count = 0, frozen_parameter_count = 0;
  u64 allocated_bytes = 0, reserved_bytes = 0, device_bytes = 0;
  u64 host_bytes = 0;     ///< main memory for what is kept or paged there
  u64 standing_bytes = 0; ///< of the allocated: what stands through the whole of a later step
  u64 first_step_bytes = 0; ///< allocated at the highest moment of the first step
  std::vector<StepMoment> moments;
  std::vector<LadderRung> ladder;
  std::vector<LaunchFile> launch;
};

/// One way to need less, or to have more.
struct Change {
  std::string id;     ///< what is changed: "kv_cache_dtype", "weight_format", "max_model_len", "max_num_seqs", "device_count", "gpu"
  std::string value;  ///< to what; a device with its count: "nvidia/b200x8"
  u64 needed_bytes = 0;
  i64 saved_bytes = 0;  ///< on the fullest device
  Outcome outcome{};
  Request request;
};

struct Report {
  std::string version, catalog_date;
  Request request;  ///< with every default filled in
  ModelSummary model;
  u64 needed_bytes = 0, needed_low_bytes = 0, needed_high_bytes = 0;
  u64 kv_cache_bytes = 0;  ///< of one device, between steps, when every sequence has max_model_len tokens
  u64 checkpoint_bytes = 0;  ///< of all tensors in a checkpoint of this format, without the files' headers
  std::string worst_moment;
  std::vector<Segment> segments;
  Term tree;
  ByBasis by_basis;
  std::vector<RankNeed> ranks;
  std::optional<DeviceFacts> device;
  std::optional<Verdict> verdict;
  std::optional<Capacity> capacity;
  std::optional<TrainingReport> training;  ///< of a training workload
  std::vector<Change> advice;
  std::vector<RuleComparison> rules;
  std::vector<Notice> notices;
};

struct Totals {
  u64 needed_bytes = 0, weights_bytes = 0;
  u64 allocated_bytes = 0;  ///< of the needed: what the model takes, without the runtime's own and the allocator's reserve
  u64 kv_cache_bytes = 0;  ///< between steps, as in Report
  std::string worst_moment;
  std::optional<Outcome> outcome;
};

struct RankedDevice {
  std::string gpu;
  u64 device_count = 1, usable_bytes = 0, needed_bytes = 0;
  i64 headroom_bytes = 0;
  Outcome outcome{};
  std::optional<u64> devices_needed;  ///< fewest of 1, 2, 4, 8, 16 that carry it
};

struct Ranking {
  std::vector<RankedDevice> rows;
};

struct InspectedTensor {
  std::string name;
  std::vector<u64> shape;
  u64 count = 1;
  std::string format;
  Role role{};
  std::optional<Apart> apart;
};

struct Inspection {
  std::string model_type, family;
  u64 parameter_count = 0, active_parameter_count = 0, mtp_parameter_count = 0, tied_parameter_count = 0;
  std::vector<InspectedTensor> tensors;
};

/// A tensor of a checkpoint that the model has not, or has otherwise; or one of the model that the checkpoint lacks.
struct TensorDifference {
  std::string name;
  DifferenceKind kind{};
  std::string expected, found;  ///< shapes as "[2, 3]", counts in digits; empty where there is none
};

/// A checkpoint beside the model that it holds.
struct CheckpointInspection {
  CheckpointSummary checkpoint;
  std::optional<std::string> config;    ///< of GGUF: its metadata as a config.json
  std::optional<ModelSummary> model;    ///< where a config was given, or could be made
  std::optional<u64> model_bytes;       ///< of the model's tensors that the checkpoint names, each in the config's dtype; absent where one is stored otherwise
  std::optional<u64> stored_bytes;      ///< of the checkpoint's tensors that the model runs with, as stored; absent: an index does not say
  std::vector<TensorDifference> differences;
};

struct CatalogInfo {
  std::string date;
  u64 gpus = 0, models = 0;
};

}  // namespace plimsoll
