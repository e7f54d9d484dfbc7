#pragma once
/// Does it fit: needed against usable, in whole bytes and whole thousandths.

#include "request.hpp"

namespace plimsoll {

/// A device is called tight above this share of its usable memory.
inline constexpr u64 tight_above_permille = 900;

/// Formula  used = ceil(needed * 1000 / usable); fits up to 900, tight up to usable, else does not fit
/// Tested   tests/core/fit_test.cpp
Verdict verdict_of(u64 needed_bytes, u64 usable_bytes);

}  // namespace plimsoll
