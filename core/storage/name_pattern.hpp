#pragma once
/// Patterns of module names, as quantisation libraries write them: regular expressions and globs. A pattern comes from a file that may
/// be hostile: work is bounded.

#include <string>
#include <string_view>

namespace plimsoll {

/// Most steps of one comparison; a pattern that needs more holds nothing.
inline constexpr unsigned most_pattern_steps = 20'000;

/// Whether a regular expression matches from the start of a text, as Python's re.match. With `boundary` the match must end behind a dot, in
/// front of one or at the end, as Transformers asks of module names.
///
/// Assumes  literals, ., ^, $, classes, \d \w \s and their opposites, groups, |, * + ? {m,n} greedy or lazy, (?=...) and (?!...);
///          a pattern that is none of this holds nothing
/// Tested   tests/core/name_pattern_test.cpp
bool regex_matches(std::string_view pattern, std::string_view text, bool boundary = false);

/// Whether a glob (* ? [abc] [!a-z]) holds a whole text, as Python's fnmatch.
bool glob_matches(std::string_view pattern, std::string_view text);

}  // namespace plimsoll
