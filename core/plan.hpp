#pragma once
/// A request with every default decided and every id looked up: what the estimate works from.

#include <memory>

#include "catalog/catalog.hpp"
#include "hardware/usable_memory.hpp"
#include "model/load_model.hpp"
#include "request.hpp"
#include "storage/weights.hpp"

namespace plimsoll {

struct Plan {
  Request request;  ///< resolved: every default filled in
  std::shared_ptr<const LoadedModel> model;
  const Catalog* catalog = nullptr;
  const Engine* engine = nullptr;
  PrecisionPlan weight_formats{};
  ComputeDtype compute_dtype{};
  const StorageFormat* kv_format = nullptr;
  u64 max_model_len = 0, max_num_seqs = 1;
  std::optional<u64> prompt_tokens;  ///< as asked; absent: one less than max_model_len
  AttentionImplementation attention{};
  std::vector<RankShare> ranks;
  const Gpu* gpu = nullptr;          ///< null: no device was chosen
  DeviceMemory memory;               ///< of one of its devices
  std::vector<Notice> notices;

  [[nodiscard]] u64 prompt() const;  ///< tokens of the first pass
  [[nodiscard]] u32 tensor_parallel_size() const { return ranks.front().tensor_parallel_size; }
  [[nodiscard]] std::string_view vendor() const { return gpu != nullptr ? gpu->vendor : "nvidia"; }
};

/// Longest context, most sequences and most ranks that a request may ask for.
inline constexpr u64 most_tokens = 1ULL << 32;
inline constexpr u64 most_sequences = 1ULL << 24;
inline constexpr u64 most_ranks = 4096;

/// Decides a request for a model that has been read.
///
/// Errors  unknown_id, out_of_range, unsupported_combination, does_not_divide, with the place in the request
/// Tested  tests/core/plan_test.cpp
Result<Plan> make_plan(const Request& request, std::shared_ptr<const LoadedModel> model, const Catalog& catalog);

}  // namespace plimsoll
