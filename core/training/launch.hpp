#pragma once
/// Files of other programs that ask for the step of a plan: every setting that decides memory stands in them, and a decision
/// that a program has no setting for is a comment.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "plan.hpp"

namespace plimsoll {

/// A Python script for Transformers, or TRL where its stack was asked for, with PEFT; and a recipe's configuration for torchtune
/// where it has the model.
///
/// Assumes  a plan of training with every default decided
/// Source   transformers-training-arguments, trl-sft, peft-lora-config, torchtune-lora-recipe: the names of the settings
/// Tested   tests/core/launch_test.cpp; tests/oracle/launch_files.py runs and parses them
std::vector<LaunchFile> launch_files(const Plan& plan);

/// An argument as both Python and YAML write it.
using LaunchArgument = std::pair<std::string, std::string>;

/// What a plan's optimizer is constructed with, beside the parameters, so that it keeps the states and steps as decided; what its
/// constructor has no argument for is added to `unsaid`.
std::vector<LaunchArgument> optimizer_arguments(const OptimizerSetup& optimizer, std::vector<std::string>& unsaid);

/// One of the two files each.
LaunchFile python_script(const Plan& plan);
std::optional<LaunchFile> torchtune_config(const Plan& plan);

/// A quoted text in Python and YAML; what was given as a name may hold anything.
std::string quoted(std::string_view text);

/// Python lines that freeze what full training leaves out of `model`.
std::string freezing_lines(const FrozenChoice& frozen);

/// "lora of meta-llama/Llama-3.1-8B, 2 x 4096 tokens": the first line of a file.
std::string launch_title(const Plan& plan);

/// The comment for decisions that a program has no setting for; empty when there are none.
std::string unsaid_comment(const std::vector<std::string>& unsaid);

}  // namespace plimsoll
