#pragma once
/// A request with every default decided and every id looked up: what the estimate works from.

#include <memory>

#include "catalog/catalog.hpp"
#include "hardware/usable_memory.hpp"
#include "inference/inference_plan.hpp"
#include "model/load_model.hpp"
#include "request.hpp"
#include "storage/weights.hpp"
#include "training/training_plan.hpp"

namespace plimsoll {

struct Plan {
  Request request;  ///< resolved: every default filled in
  std::shared_ptr<const LoadedModel> model;
  const Catalog* catalog = nullptr;
  const Engine* engine = nullptr;
  std::string weight_format;         ///< recipe's id
  bool weights_as_stored = false;    ///< the weights take what a checkpoint's files say; `weight_formats` says how they multiply
  PrecisionPlan weight_formats{};
  u64 checkpoint_bytes = 0;           ///< of all tensors in a checkpoint of this format
  bool decompresses_weights = false;  ///< the first forward pass makes packed weights dense
  ComputeDtype compute_dtype{};
  std::variant<InferencePlan, TrainingPlan> workload;
  std::vector<RankShare> ranks;
  const Gpu* gpu = nullptr;          ///< null: no device was chosen
  DeviceMemory memory;               ///< of one of its devices
  std::vector<Notice> notices;

  [[nodiscard]] bool trains() const { return std::holds_alternative<TrainingPlan>(workload); }
  [[nodiscard]] const InferencePlan& inference() const { return *std::get_if<InferencePlan>(&workload); }
  [[nodiscard]] const TrainingPlan& training() const { return *std::get_if<TrainingPlan>(&workload); }
  [[nodiscard]] u64 length() const { return trains() ? training().pass.sequence_length : inference().max_model_len; }      ///< tokens of a sequence
  [[nodiscard]] u64 sequences() const { return trains() ? training().pass.micro_batch_size : inference().max_num_seqs; }  ///< at once
  [[nodiscard]] u32 tensor_parallel_size() const { return ranks.front().tensor_parallel_size; }
  [[nodiscard]] std::string_view vendor() const { return gpu != nullptr ? gpu->vendor : "nvidia"; }
};

/// Longest context, most sequences and most ranks that a request may ask for.
inline constexpr u64 most_tokens = 1ULL << 32;
inline constexpr u64 most_sequences = 1ULL << 24;
inline constexpr u64 most_ranks = 4096;

/// An error where a value is above the most that is accepted.
std::optional<Error> above(u64 value, u64 most, std::string where);

/// Puts a plan on another device, with ranks decided anew; what else was decided stays.
///
/// Errors  unknown_id for the device, or its memory is unknown; does_not_divide; the plan is then of no use until it is put elsewhere
/// Tested  tests/core/format_matrix_test.cpp: a plan that was moved answers as one made for that device
std::optional<Error> place_on(Plan& plan, const DeviceChoice& device, const ParallelChoice& parallel);

/// Decides a request for a model that has been read.
///
/// Errors  unknown_id, out_of_range, unsupported_combination, does_not_divide, with the place in the request
/// Tested  tests/core/plan_test.cpp, tests/core/training_plan_test.cpp
Result<Plan> make_plan(const Request& request, std::shared_ptr<const LoadedModel> model, const Catalog& catalog);

}  // namespace plimsoll
