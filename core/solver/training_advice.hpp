#pragma once
/// The cheapest ways to make a training step fit.

#include "estimate.hpp"

namespace plimsoll {

/// Changes that make a step fit its device, in the order of what they cost a user: nothing but settings (a fused
/// optimizer), time (recomputation, fewer sequences at once with more accumulation), closeness to what was asked (8-bit
/// states, a shorter sequence, adapters, a quantised base), another device. Where no single one is enough, they are taken together in
/// that order until it fits, as one change whose value lists them.
///
/// Tested   tests/core/training_estimate_test.cpp: each change fits when asked as a request of its own
std::vector<Change> training_advice(const Plan& plan, u64 needed_bytes);

}  // namespace plimsoll
