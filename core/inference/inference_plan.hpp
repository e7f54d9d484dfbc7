#pragma once
/// What is decided about serving.

#include <optional>

#include "result.hpp"
#include "storage/storage_format.hpp"
#include "units.hpp"
#include "vocabulary.hpp"

namespace plimsoll {

struct Plan;
struct InferenceWorkload;

struct InferencePlan {
  const StorageFormat* kv_format = nullptr;
  const StorageFormat* value_format = nullptr;
  u64 max_model_len = 0, max_num_seqs = 1;
  std::optional<u64> prompt_tokens;  ///< as asked; absent: one less than max_model_len
  AttentionImplementation attention{};

  [[nodiscard]] u64 prompt() const { return prompt(max_model_len); }
  /// Tokens of the first pass of a context.
  [[nodiscard]] u64 prompt(u64 context) const;
};

/// Decides context, sequences, cache format and attention, and writes the decisions back into the request.
///
/// Errors  out_of_range, unknown_id, unsupported_combination for a cache in a format of weights
std::optional<Error> decide_inference(Plan& plan, InferenceWorkload& asked);

}  // namespace plimsoll
