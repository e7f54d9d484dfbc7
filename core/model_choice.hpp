#pragma once
/// Which model is asked about.

#include <optional>
#include <string>

namespace plimsoll {

/// The model, given in exactly one way.
struct ModelChoice {
  std::optional<std::string> preset;           ///< catalogue id
  std::optional<std::string> config;           ///< text of a config.json
  std::optional<std::string> path;             ///< file that holds one: programs only, a page has no files
  std::optional<std::string> parameter_count;  ///< "7B", "13b", "70 B", "7e9"
};

}  // namespace plimsoll
