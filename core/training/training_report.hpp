#pragma once
/// What only the report of a training step has.

#include "estimate.hpp"
#include "request.hpp"

namespace plimsoll {

/// Moments of first and later steps, the three levels of memory, the ladder of methods and the launch files.
///
/// Units    bytes; allocated: torch.cuda.max_memory_allocated; reserved: with the allocator's reserve; device: with the runtime's own
/// Tested   tests/core/training_estimate_test.cpp
TrainingReport training_report(const Plan& plan, const RankEstimate& estimate);

}  // namespace plimsoll
