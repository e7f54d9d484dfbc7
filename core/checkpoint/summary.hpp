#pragma once
/// A checkpoint made short: layers and experts with equal tensors are one group.

#include "checkpoint/checkpoint.hpp"
#include "request.hpp"

namespace plimsoll {

/// Each number between dots becomes a star, so that the layers of a model share their names.
void star_numbers(std::string_view name, std::string& out);

/// Groups of equal starred name, type and shape, in the order of the files. Tensors without elements are left out: they take nothing.
///
/// Errors  out_of_range  more than most_groups differ: that is no model
/// Tested  tests/core/checkpoint_summary_test.cpp
Result<CheckpointSummary> summary_of(const Checkpoint& checkpoint);

inline constexpr u64 most_groups = 20'000;

}  // namespace plimsoll
