#pragma once
/// The cheapest ways to make it fit.

#include "estimate.hpp"

namespace plimsoll {

/// Changes that make a request fit its device, the cheapest first; empty when it fits already. In the order of what they cost
/// a user: a narrower cache, narrower weights, both, less context, fewer sequences, more of the same device, another device.
///
/// Tested   tests/core/advice_test.cpp: each change fits when asked as a request of its own
std::vector<Change> advice_for(const Plan& plan, u64 needed_bytes);

}  // namespace plimsoll
