#pragma once
/// One forward pass of generation: what is asked of it. No formula lives here.

#include <algorithm>
#include <string_view>

#include "storage/precision_plan.hpp"
#include "vocabulary.hpp"

namespace plimsoll {

/// A pass over `tokens` new tokens of each sequence, after `past_tokens` that are in the cache already.
struct ForwardPass {
  std::string_view id;        ///< term id: "moment.prefill", "moment.decode_first", "moment.decode_last"
  u64 max_num_seqs = 1;       ///< B
  u64 tokens = 1;             ///< T, new tokens of each sequence in this pass
  u64 past_tokens = 0;        ///< tokens of each sequence before it
  bool after_prompt = false;  ///< the pass before was the prompt's: sliding layers still hold its whole keys and values
  AttentionImplementation attention = AttentionImplementation::sdpa;
  ComputeDtype dtype = ComputeDtype::bf16;
  const StorageFormat* kv_format = nullptr;  ///< null: the cache is in the compute dtype
  const StorageFormat* value_format = nullptr;  ///< null: values are in the format of the keys
  const PrecisionPlan* weights = nullptr;    ///< null: every weight is in the compute dtype

  [[nodiscard]] u64 attended() const { return past_tokens + tokens; }  ///< K, keys that a full layer sees
};

}  // namespace plimsoll
