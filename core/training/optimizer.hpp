#pragma once
/// An optimizer as the catalogue describes it: one rule for each state that it keeps for a trained tensor.

#include <optional>
#include <string_view>
#include <vector>

#include "units.hpp"
#include "vocabulary.hpp"

namespace plimsoll {

/// How large a state is.
enum class StateShape {
  full,       ///< every element of the tensor
  row,        ///< the tensor without its last axis
  column,     ///< the tensor without the axis before the last
  scalar,     ///< one element
  block,      ///< one element for each block of a quantised state
  table,      ///< the code values of a quantised state
  projector,  ///< the projection of a matrix to a rank, on its shorter side
  low_rank    ///< a matrix after that projection
};
PLIMSOLL_ENUM_NAMES(StateShape, "StateShape", "full", "row", "column", "scalar", "block", "table", "projector", "low_rank");

enum class StateDtype { parameter, fp32, int8, fp8, int4 };
PLIMSOLL_ENUM_NAMES(StateDtype, "StateDtype", "parameter", "fp32", "int8", "fp8", "int4");

/// Which tensors a rule is for: of every pair of names one holds for a tensor.
enum class StateTensors { every, matrix, not_matrix, factored, unfactored, quantised, unquantised, projected, unprojected };
PLIMSOLL_ENUM_NAMES(StateTensors, "StateTensors", "every", "matrix", "not_matrix", "factored", "unfactored", "quantised", "unquantised",
                    "projected", "unprojected");

struct StateMove {
  std::string_view when;  ///< an option or an implementation
  StatePlace place{};
  u64 from_elements = 0;
};

struct StateRule {
  std::string_view key;
  StateShape shape{};
  StateDtype dtype{};
  u32 copies = 1;
  StateTensors only{};
  std::string_view when;  ///< empty: always
  bool shared = false;    ///< kept once for all tensors
  StatePlace place{};
  std::vector<StateMove> moves;
};

struct StateQuantisation {
  u64 min_elements = 0, block = 0, table_entries = 0;
  bool block_is_option = false, whole_blocks = false;
  std::string_view plain_embeddings_when;
};

struct Refusal {
  StateTensors only{};
  std::string_view when;
};

/// Memory that a step holds beside the states, in copies of parameters.
struct StepTransient {
  bool of_largest = false;  ///< of the largest tensor, else of all at once
  u64 copies = 0;
};
struct OptimizerImplementation {
  std::string_view id;
  std::optional<StepTransient> transient;  ///< empty where nobody has counted it
};

struct Optimizer {
  std::string_view id, name, source;
  std::string_view python_class;  ///< "torch.optim.AdamW"
  Basis basis{};
  std::vector<std::string_view> options;
  std::vector<StateRule> states;
  std::optional<StateQuantisation> quantisation;
  std::vector<Refusal> refuses;
  std::vector<OptimizerImplementation> implementations;  ///< the first is the default
};

}  // namespace plimsoll
