#pragma once
/// The pipeline: from a plan to bytes, rank by rank, moment by moment.

#include "plan.hpp"
#include "report/term.hpp"

namespace plimsoll {

/// What one rank needs at its highest moment, as numbers only: what a search carries about.
struct RankTotals {
  u64 needed_bytes = 0, weights_bytes = 0, overhead_bytes = 0;
  u64 kv_cache_bytes = 0;  ///< at the highest moment
  std::string_view worst_moment;
  bool overflowed = false;
};

/// The same with its explanation.
struct RankEstimate : RankTotals {
  Term tree;  ///< empty unless explained
};

/// Weights and overhead of a rank do not depend on the workload: a search computes them once.
struct FixedPart {
  u64 weights_bytes = 0, overhead_bytes = 0;
};

/// Everything for one rank, as a tree when `explain` is set.
///
/// Formula  weights + peak over moments (cache + activations + logits) + runtime overhead
/// Tested   tests/core/estimate_test.cpp
RankEstimate estimate_rank(const Plan& plan, const RankShare& rank, bool explain);

/// The same total for another context and number of sequences, given the fixed part; no tree.
RankTotals estimate_workload(const Plan& plan, const RankShare& rank, const FixedPart& fixed, u64 max_model_len, u64 max_num_seqs);

/// The rank that needs most; the first of equal ones.
///
/// Errors  overflow
Result<RankEstimate> estimate_worst(const Plan& plan, bool explain);

/// The cache of one rank at rest, when every sequence has all its tokens.
u64 resting_cache_of(const Plan& plan, const RankShare& rank);

/// What each group of equal ranks needs.
std::vector<RankNeed> needs_of_ranks(const Plan& plan);

}  // namespace plimsoll
