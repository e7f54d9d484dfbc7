#pragma once
/// Everything that one rank holds through a training step.

#include "model/load_model.hpp"
#include "training/step_moments.hpp"
#include "training/training_plan.hpp"

namespace plimsoll {

struct Plan;

/// What does not depend on length and number of sequences: a search computes it once.
struct StepStates {
  u64 weights_bytes = 0;
  u64 optimizer_bytes = 0;   ///< on the device: the first step has them only once it stepped
  u64 standing_bytes = 0;    ///< weights, their copies, adapters, gradients that stay, optimizer states
  u64 host_bytes = 0;        ///< optimizer states in main memory, or in memory that moves there
  u64 trained_parameters = 0, frozen_parameters = 0;
  TrainedState state;        ///< what the moments need to know of them
};

struct StepTotals {
  StepPeak moments;             ///< what comes and goes
  u64 buffers_bytes = 0;
  u64 offloaded_bytes = 0;      ///< activations that wait in main memory
  u64 peak_bytes = 0;           ///< of the moments
  std::string_view worst_moment;
};

/// Adds the nodes `weights`, `adapters`, `master_weights`, `gradients` where they live in one buffer from step to step,
/// `optimizer_states`, and `fp8_weights`.
///
/// Formula  master weights: P_t * b_m, a copy for the optimizer where the recipe keeps one; such gradients: P_t * b_g
/// Tested   tests/core/training_estimate_test.cpp
StepStates add_step_states(TermTree& tree, const Plan& plan, const RankShare& rank);

/// Adds the nodes `buffers` and `moments` for a number of tokens and sequences.
StepTotals add_step(TermTree& tree, const Plan& plan, const StepStates& states, u64 sequence_length, u64 micro_batch_size);

/// Adds the leaf `allocator_reserve`: what torch's caching allocator holds beyond what it handed out.
///
/// Formula  allocated * reserve permille / 1000; a measured share with its published range
u64 add_allocator_reserve(TermTree& tree, const AllocatorReserve& reserve, u64 allocated_bytes);

}  // namespace plimsoll
