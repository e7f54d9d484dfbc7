#include "storage/name_pattern.hpp"

#include <algorithm>
#include <functional>

namespace plimsoll {
namespace {

using Next = std::function<bool(std::size_t)>;
constexpr unsigned unlimited = ~0U, deepest = 60, largest_count = 1000;

bool is_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }

/// One class by its letter: d, w, s.
bool in_class(char letter, char c) {
  switch (letter) {
    case 'd': return c >= '0' && c <= '9';
    case 'D': return !(c >= '0' && c <= '9');
    case 'w': return is_word(c);
    case 'W': return !is_word(c);
    case 's': return c == ' ' || (c >= '\t' && c <= '\r');
    case 'S': return !(c == ' ' || (c >= '\t' && c <= '\r'));
    default: return false;
  }
}
bool is_class(char letter) { return std::string_view("dDwWsS").find(letter) != std::string_view::npos; }

/// Reads the pattern while it matches: no copy of it is made, so that a hostile one costs only steps.
class Regex {
 public:
  Regex(std::string_view pattern, std::string_view text) : pattern_(pattern), text_(text) {}

  bool match(const Next& end) { return sound(0, pattern_.size()) && alternatives(0, pattern_.size(), 0, end); }

 private:
  /// Where the alternative that begins at `from` ends: at a | of its own depth, or at `to`.
  [[nodiscard]] std::size_t bar(std::size_t from, std::size_t to) const {
    unsigned depth = 0;
    for (std::size_t i = from; i < to; ++i) {
      if (pattern_[i] == '\\') ++i;
      else if (pattern_[i] == '[') i = past_set(i) - 1;
      else if (pattern_[i] == '(') ++depth;
      else if (pattern_[i] == ')') --depth;
      else if (pattern_[i] == '|' && depth == 0) return i;
    }
    return to;
  }
  [[nodiscard]] std::size_t past_set(std::size_t open) const {
    std::size_t i = open + 1;
    if (i < pattern_.size() && pattern_[i] == '^') ++i;
    if (i < pattern_.size() && pattern_[i] == ']') ++i;
    for (; i < pattern_.size() && pattern_[i] != ']'; ++i)
      if (pattern_[i] == '\\') ++i;
    return i < pattern_.size() ? i + 1 : pattern_.size();
  }
  [[nodiscard]] std::size_t past_group(std::size_t open) const {
    unsigned depth = 0;
    for (std::size_t i = open; i < pattern_.size(); ++i) {
      if (pattern_[i] == '\\') ++i;
      else if (pattern_[i] == '[') i = past_set(i) - 1;
      else if (pattern_[i] == '(') ++depth;
      else if (pattern_[i] == ')' && --depth == 0) return i + 1;
    }
    return pattern_.size();
  }
  /// Whether brackets pair up and nothing is repeated that is not there.
  [[nodiscard]] bool sound(std::size_t from, std::size_t to) const {
    unsigned depth = 0;
    for (std::size_t i = from; i < to; ++i) {
      const char c = pattern_[i];
      if (c == '\\' && ++i >= to) return false;
      if (c == '[') {
        i = past_set(i) - 1;
        if (pattern_[i] != ']') return false;
      }
      if (c == '(' && ++depth > 50) return false;
      if (c == ')' && depth-- == 0) return false;
      if ((c == '*' || c == '+') && (i == from || pattern_[i - 1] == '(' || pattern_[i - 1] == '|') && (i < 2 || pattern_[i - 2] != '\\')) return false;
    }
    return depth == 0;
  }

  bool alternatives(std::size_t from, std::size_t to, std::size_t at, const Next& next) {
    for (;;) {
      const std::size_t end = bar(from, to);
      if (sequence(from, end, at, next)) return true;
      if (end >= to) return false;
      from = end + 1;
    }
  }

  struct Repeat {
    unsigned least = 1, most = 1;
    bool lazy = false;
  };
  Repeat repeat(std::size_t& i, std::size_t to) const {
    Repeat r;
    if (i >= to) return r;
    if (pattern_[i] == '*') r = {0, unlimited}, ++i;
    else if (pattern_[i] == '+') r = {1, unlimited}, ++i;
    else if (pattern_[i] == '?') r = {0, 1}, ++i;
    else if (pattern_[i] == '{' && counts(i, to, r)) {}
    else return r;
    if (i < to && pattern_[i] == '?') r.lazy = true, ++i;
    return r;
  }
  /// "{2}", "{2,}", "{2,4}"; anything else is text.
  bool counts(std::size_t& i, std::size_t to, Repeat& r) const {
    std::size_t j = i + 1;
    const auto number = [&](unsigned& out) {
      const std::size_t start = j;
      for (out = 0; j < to && pattern_[j] >= '0' && pattern_[j] <= '9' && out <= largest_count; ++j) out = out * 10 + static_cast<unsigned>(pattern_[j] - '0');
      return j > start;
    };
    Repeat read;
    if (!number(read.least)) return false;
    read.most = read.least;
    if (j < to && pattern_[j] == ',') {
      ++j;
      if (!number(read.most)) read.most = unlimited;
    }
    if (j >= to || pattern_[j] != '}') return false;
    i = j + 1;
    r = read;
    return true;
  }

  /// What stands between here and `to`, from `at` on. Single characters need no recursion: only groups and repeats nest.
  bool sequence(std::size_t i, std::size_t to, std::size_t at, const Next& next) {
    while (i < to) {
      if (++steps_ > most_pattern_steps) return false;
      const std::size_t atom = i;
      if (pattern_[i] == '(') return group(atom, past_group(i), to, at, next);
      if (pattern_[i] == '^' || pattern_[i] == '$') {
        if (at != (pattern_[i] == '^' ? 0 : text_.size())) return false;
        ++i;
        continue;
      }
      i = pattern_[i] == '[' ? past_set(i) : i + (pattern_[i] == '\\' ? 2 : 1);
      const std::size_t atom_end = i;
      const Repeat r = repeat(i, to);
      if (r.least != 1 || r.most != 1) return characters(atom, atom_end, r, i, to, at, next);
      if (at >= text_.size() || !holds(atom, atom_end, text_[at])) return false;
      ++at;
    }
    return next(at);
  }

  /// A repeated character, as many as there are first, or as few.
  bool characters(std::size_t atom, std::size_t atom_end, const Repeat& r, std::size_t i, std::size_t to, std::size_t at, const Next& next) {
    std::size_t most = 0;
    while (most < r.most && at + most < text_.size() && holds(atom, atom_end, text_[at + most])) ++most;
    if (most < r.least || ++depth_ > deepest) return false;
    bool found = false;
    for (std::size_t turn = r.least; turn <= most && !found && steps_ <= most_pattern_steps; ++turn)
      found = sequence(i, to, at + (r.lazy ? turn : most + r.least - turn), next);
    --depth_;
    return found;
  }

  bool group(std::size_t open, std::size_t i, std::size_t to, std::size_t at, const Next& next) {
    const std::string_view head = pattern_.substr(open, 3);
    if (head == "(?=" || head == "(?!") {
      const bool found = alternatives(open + 3, i - 1, at, [](std::size_t) { return true; });
      return found == (head == "(?=") && sequence(i, to, at, next);
    }
    const std::size_t end = i;
    const Repeat r = repeat(i, to);
    return repeated(open, end, r, 0, at, [&, i](std::size_t reached) { return sequence(i, to, reached, next); });
  }

  /// A group, as many turns as there are first, or as few.
  bool repeated(std::size_t open, std::size_t end, const Repeat& r, unsigned done, std::size_t at, const Next& next) {
    if (++steps_ > most_pattern_steps || depth_ > deepest) return false;
    const auto once_more = [&] {
      if (done >= r.most) return false;
      ++depth_;
      const std::size_t from = open + (pattern_.substr(open, 3) == "(?:" ? 3 : 1);
      const bool found = alternatives(from, end - 1, at, [&](std::size_t reached) {
        if (reached == at && done >= r.least) return false;  // an empty turn leads nowhere
        return repeated(open, end, r, done + 1, reached, next);
      });
      --depth_;
      return found;
    };
    if (done < r.least) return once_more();
    if (r.lazy) return next(at) || once_more();
    return once_more() || next(at);
  }

  [[nodiscard]] bool holds(std::size_t atom, std::size_t atom_end, char c) const {
    if (pattern_[atom] == '.') return c != '\n';
    if (pattern_[atom] == '[') return set_holds(atom + 1, atom_end - 1, c);
    if (pattern_[atom] == '\\') return is_class(pattern_[atom + 1]) ? in_class(pattern_[atom + 1], c) : c == pattern_[atom + 1];
    return c == pattern_[atom];
  }
  [[nodiscard]] bool set_holds(std::size_t i, std::size_t to, char c) const {
    const bool inverted = i < to && pattern_[i] == '^';
    bool found = false;
    for (i += inverted ? 1 : 0; i < to; ++i) {
      if (pattern_[i] == '\\' && ++i < to) {
        found = found || (is_class(pattern_[i]) ? in_class(pattern_[i], c) : c == pattern_[i]);
      } else if (i + 2 < to && pattern_[i + 1] == '-') {
        found = found || (c >= pattern_[i] && c <= pattern_[i + 2]);
        i += 2;
      } else {
        found = found || c == pattern_[i];
      }
    }
    return found != inverted;
  }

  std::string_view pattern_, text_;
  unsigned steps_ = 0, depth_ = 0;
};

}  // namespace

namespace {

bool at_boundary(std::string_view text, std::size_t end) { return end == text.size() || text[end] == '.' || (end > 0 && text[end - 1] == '.'); }

/// A pattern of letters, digits and dots needs no engine: lists have hundreds of them.
bool is_plain(std::string_view pattern) {
  return std::all_of(pattern.begin(), pattern.end(), [](char c) { return is_word(c) || c == '.' || c == '-'; });
}

}  // namespace

bool regex_matches(std::string_view pattern, std::string_view text, bool boundary) {
  if (is_plain(pattern)) {
    if (pattern.size() > text.size()) return false;
    for (std::size_t i = 0; i < pattern.size(); ++i)
      if (pattern[i] != '.' && pattern[i] != text[i]) return false;
    return !boundary || at_boundary(text, pattern.size());
  }
  return Regex(pattern, text).match([&](std::size_t end) {
    return !boundary || at_boundary(text, end);
  });
}

bool glob_matches(std::string_view pattern, std::string_view text) {
  std::string regex;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const std::size_t close = pattern[i] == '[' ? pattern.find(']', i + 2) : std::string_view::npos;
    if (pattern[i] == '*') {
      if (!regex.ends_with(".*")) regex += ".*";
    } else if (pattern[i] == '?') {
      regex += '.';
    } else if (close != std::string_view::npos) {
      std::string set(pattern.substr(i, close - i + 1));
      if (set[1] == '!') set[1] = '^';
      regex += set;
      i = close;
    } else {
      if (!is_word(pattern[i])) regex += '\\';
      regex += pattern[i];
    }
  }
  return regex_matches(regex + "$", text);
}

}  // namespace plimsoll
