#pragma once
/// The pipeline: from a plan to bytes, rank by rank, moment by moment.

#include "plan.hpp"
#include "report/term.hpp"
#include "training/training_estimate.hpp"

namespace plimsoll {

/// What one rank needs at its highest moment, as numbers only: what a search carries about.
struct RankTotals {
  u64 needed_bytes = 0, weights_bytes = 0, overhead_bytes = 0;
  u64 allocated_bytes = 0;  ///< without the runtime's own and the allocator's reserve
  u64 kv_cache_bytes = 0;   ///< at the highest moment
  std::string_view worst_moment;
  bool overflowed = false;
};

/// The same with its explanation.
struct RankEstimate : RankTotals {
  Term tree;  ///< empty unless explained
  StepStates states;  ///< of training
  StepTotals step;
};

/// Weights, states and overhead of a rank depend neither on length nor on the number of sequences: a search computes them once.
struct FixedPart {
  u64 weights_bytes = 0, overhead_bytes = 0;
  StepStates states;  ///< of training
};

/// Everything for one rank, as a tree when `explain` is set.
///
/// Formula  serving: weights + peak over moments (cache + activations + logits) + runtime overhead; training: weights, states and
///          buffers + peak over moments + allocator's reserve + runtime overhead
/// Tested   tests/core/estimate_test.cpp
RankEstimate estimate_rank(const Plan& plan, const RankShare& rank, bool explain);

/// The part of an estimate that other lengths and numbers of sequences share.
FixedPart fixed_part(const Plan& plan, const RankShare& rank);

/// The same total for another length and number of sequences, given the fixed part; no tree.
RankTotals estimate_workload(const Plan& plan, const RankShare& rank, const FixedPart& fixed, u64 length, u64 sequences);

/// The rank that needs most; the first of equal ones.
///
/// Errors  overflow
Result<RankEstimate> estimate_worst(const Plan& plan, bool explain);

/// The cache of one rank at rest, when every sequence has all its tokens; none in training.
u64 resting_cache_of(const Plan& plan, const RankShare& rank);

/// What each group of equal ranks needs.
std::vector<RankNeed> needs_of_ranks(const Plan& plan);

}  // namespace plimsoll
