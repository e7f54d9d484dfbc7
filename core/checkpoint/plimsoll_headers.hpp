#pragma once
/// The public face of the reading of headers, without models and catalogue.

#include <string>

#include "checkpoint/reading.hpp"

namespace plimsoll {

/// The files that were read -> Outcome<CheckpointSummary>.
std::string checkpoint_summary(HeaderReading& reading);

/// An error as an Outcome.
std::string refused_header(const Error& error);

}  // namespace plimsoll
