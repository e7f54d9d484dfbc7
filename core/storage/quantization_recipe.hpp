#pragma once
/// Which tensor of a model gets which format.

#include <string_view>
#include <vector>

#include "storage/quantization_config.hpp"

namespace plimsoll {

/// Which tensors of its roles a rule is for.
enum class RecipeTensors {
  every,
  linear  ///< weights of nn.Linear, and of GPT-2's Conv1D: what quantisers replace
};
PLIMSOLL_ENUM_NAMES(RecipeTensors, "RecipeTensors", "every", "linear");

/// The format of a rule that leaves tensors in the type that the model was loaded in.
inline constexpr std::string_view models_dtype = "dtype";

/// The first rule that holds a tensor wins: its roles hold the tensor's role ("*" holds every role), and it is for every tensor or for
/// this kind.
struct RecipeRule {
  std::vector<std::string_view> roles;
  std::string_view format;  ///< id, or `models_dtype`
  RecipeTensors only{};
};

/// Who decides which tensor gets which format.
enum class RecipePolicy {
  roles,            ///< the recipe's rules, by what a tensor is for
  llama_file_type   ///< llama-quantize, tensor by tensor: llama_file_type.hpp
};
PLIMSOLL_ENUM_NAMES(RecipePolicy, "RecipePolicy", "roles", "llama_file_type");

struct QuantizationRecipe {
  std::string_view id, name, source;
  std::vector<RecipeRule> rules;
  std::optional<CheckpointQuantization> as_checkpoint{};  ///< instead of rules
  RecipePolicy policy = RecipePolicy::roles;
  std::string_view file_type{}, base{};  ///< of llama_file_type: its name, and the format of tensors that no rule picks

  /// The rule for a role; null when none holds it (lint rule recipe-is-total prevents that).
  [[nodiscard]] const RecipeRule* rule_for(std::string_view role, bool is_linear) const;
  /// Its format; empty when no rule holds it.
  [[nodiscard]] std::string_view format_for(std::string_view role, bool is_linear) const;
  /// One format for every tensor: an idealisation, unless it is a data type.
  [[nodiscard]] bool uniform() const { return rules.size() == 1; }
};

}  // namespace plimsoll
