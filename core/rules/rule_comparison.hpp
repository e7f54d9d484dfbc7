#pragma once
/// A rule of thumb beside the exact answer, as it crosses the boundary. Bytes of a rule are decimal, as the rules count.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "units.hpp"

namespace plimsoll {

/// Why a rule and the exact answer differ.
struct RuleReason {
  std::string_view code;
  std::optional<i64> bytes;  ///< what it adds to the rule's number; none where it has no number of its own
  std::string_view term;     ///< id of the report's node that these bytes are in, where there is one
};

/// A step with one technique, or without it.
struct RuleSide {
  std::string_view id;      ///< "eager", "sdpa", "flash_attention_2"; "none", "full"
  u64 layers_bytes = 0;     ///< kept by the layers between forward and backward
  u64 loss_bytes = 0;       ///< kept by the loss: log-probabilities and labels
  u64 kept_bytes = 0;       ///< layers, loss, and what else is kept outside the layers
  u64 allocated_bytes = 0;  ///< at the highest moment
  std::string_view worst_moment;
};

/// Shares that a technique saves, of the side without it. Below zero where it costs memory.
struct RuleSaving {
  i64 layers_permille = 0, kept_permille = 0, allocated_permille = 0;
};

struct RuleComparison {
  std::string_view rule;               ///< "R1" ... "R6", "O3", "O4", "U1", "U3", "U4"
  bool applies = true;                 ///< false: the rule does not speak of this case, and nothing exact stands beside it
  u64 rule_bytes = 0;
  std::optional<u64> rule_high_bytes;  ///< where the rule names a range
  std::optional<u64> exact_bytes;      ///< of the same thing
  std::optional<u64> exact_high_bytes; ///< where it changes within a step
  std::optional<u64> rule_permille, rule_high_permille;   ///< where the rule is a share
  std::optional<u64> exact_permille, worst_moment_permille;  ///< that share as it is, and at the highest moment
  bool agrees = false;                 ///< within three percent
  std::vector<RuleReason> reasons;     ///< largest first; `rule_bytes` and all of them make the exact bytes, the higher where there are two
  std::vector<RuleReason> left_out;    ///< what stands in memory beside the thing that the rule names
  std::vector<RuleSide> sides;         ///< of a technique: without it, with it
  std::optional<RuleSaving> saving;
};

/// One line of the rules' own table of models, beside the exact weights.
struct RuleTableCell {
  std::string label, format;
  u64 rule_bytes = 0, exact_bytes = 0;
};

/// What training the same model allocates at its highest moment.
struct RuleTrainingCell {
  std::string label;
  std::string_view recipe;  ///< "bf16", "amp_bf16": full training; "lora", "qlora"
  u64 allocated_bytes = 0;
};

struct RuleTable {
  std::vector<RuleTableCell> cells;
  u64 sequence_length = 0;  ///< of the training cells, one sequence at once
  std::vector<RuleTrainingCell> training;
};

}  // namespace plimsoll
