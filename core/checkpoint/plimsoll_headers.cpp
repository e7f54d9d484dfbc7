#include "checkpoint/plimsoll_headers.hpp"

#include "wire_json.hpp"

namespace plimsoll {

std::string checkpoint_summary(HeaderReading& reading) { return outcome_json(reading.finish()); }

std::string refused_header(const Error& error) { return outcome_json(Result<CheckpointSummary>(error)); }

}  // namespace plimsoll
