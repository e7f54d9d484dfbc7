#pragma once
/// Memory that the runtime takes before and beside the model: driver context, loaded kernels, communication library.

#include "catalog/catalog.hpp"
#include "report/term.hpp"

namespace plimsoll {

/// Adds the node "runtime_overhead": one leaf for each of the engine's overheads that applies.
///
/// Units    bytes of one process on one device, with the published range
/// Assumes  one process for each device; a vendor without a measurement has NVIDIA's figure (basis assumed)
/// Source   each value's own, in the catalogue's engine file
/// Returns  the sum
/// Tested   tests/core/estimate_test.cpp
u64 add_runtime_overhead(TermTree& tree, const Engine& engine, std::string_view vendor, u32 tensor_parallel_size);

}  // namespace plimsoll
