#pragma once
/// Every device of the catalogue against one request.

#include "estimate.hpp"

namespace plimsoll {

/// Rows in the order: those that carry the request first, the least spare memory first among them; then the others, the least
/// missing memory first. No price, no score.
///
/// Left out are devices of unknown memory, and boards whose devices cannot share the model's heads.
///
/// Assumes  as many devices of a kind as the request asks for (one when it names none); fewest of 1, 2, 4, 8, 16 for devices_needed
/// Tested   tests/core/ranking_test.cpp
Result<Ranking> rank_devices(const Plan& plan);
/// The same rows without devices_needed, for a fifth of the time.
Result<Ranking> rank_devices_as_asked(const Plan& plan);

}  // namespace plimsoll
