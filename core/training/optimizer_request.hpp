#pragma once
/// The question which states an optimizer keeps for one tensor, and its answer.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "units.hpp"
#include "vocabulary.hpp"

namespace plimsoll {

struct OptimizerChoice {
  std::string id;                           ///< catalogue id
  std::optional<std::string> implementation;  ///< the entry's first when absent
  std::vector<std::string> options;         ///< as the library's arguments are named
  std::optional<u64> rank;                  ///< of an optimizer that projects
  std::optional<u64> block_size;            ///< where the library lets it be chosen
};

struct OptimizerTensor {
  std::vector<u64> shape;             ///< none: a single number
  std::string dtype = "fp32";         ///< catalogue id of a format
  std::optional<Role> role;           ///< embeddings are treated apart by some
};

struct OptimizerStatesRequest {
  OptimizerChoice optimizer;
  OptimizerTensor tensor;
};

struct OptimizerState {
  std::string_view key;
  u64 bytes = 0;
  StatePlace place{};
  bool shared = false;
  std::string_view formula;
};

struct OptimizerStates {
  std::vector<OptimizerState> states;
  u64 device_bytes = 0, unified_bytes = 0, host_bytes = 0;  ///< without what is shared
  u64 shared_bytes = 0;
  std::optional<u64> transient_bytes;
};

}  // namespace plimsoll
