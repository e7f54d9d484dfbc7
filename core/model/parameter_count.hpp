#pragma once
/// A bare parameter count as a model: a stated typical architecture.

#include <string>
#include <string_view>

#include "result.hpp"
#include "units.hpp"

namespace plimsoll {

/// Reads "7B", "13b", "70 B", "125M", "1.5T", "7e9", "7000000000", "70亿".
///
/// Units    parameters; B is 10^9, M 10^6, T 10^12, 亿 10^8, 万 10^4
/// Errors   out_of_range  not a number, or outside 10^5 ... 10^14
/// Tested   tests/core/parameter_count_test.cpp
Result<u64> read_parameter_count(std::string_view text);

/// A config.json of a typical decoder with about that many parameters.
///
/// Assumes  Llama's layer with 128-wide heads and 8 or 4 key/value heads, as divide the query heads (fewer below 8 of them); a vocabulary of 32,000, tied below 2 * 10^9 parameters;
///          width about 128 times the depth (64 times below 2 * 10^9), as in Llama 2 and 3; the MLP takes what is left, so that
///          the count is met within 0.5 %
/// Source   llama-2 and llama-3 configs, whose shapes it lies between
/// Tested   tests/core/parameter_count_test.cpp
std::string typical_config(u64 parameter_count);

}  // namespace plimsoll
