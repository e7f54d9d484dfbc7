#pragma once
/// "Did you mean": the known word closest to a misspelt one.

#include <algorithm>
#include <string_view>
#include <vector>

namespace plimsoll {

/// Fewest insertions, deletions and replacements that turn one word into the other. Words are cut at 64 characters.
inline std::size_t edit_distance(std::string_view a, std::string_view b) {
  a = a.substr(0, 64);
  b = b.substr(0, 64);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

/// Keeps the candidate nearest to what was asked for. A name of which only a part was given is as near as one wrong letter.
class Nearest {
 public:
  explicit Nearest(std::string_view asked) : asked_(asked) {}
  void offer(std::string_view candidate) {
    const bool part = asked_.size() > 2 && candidate.find(asked_) != std::string_view::npos;
    const std::size_t distance = std::min<std::size_t>(edit_distance(asked_, candidate), part ? 1 : ~std::size_t{0});
    if (distance >= least_) return;
    least_ = distance;
    best_ = candidate;
  }
  [[nodiscard]] std::string_view best() const { return best_; }

 private:
  std::string_view asked_, best_;
  std::size_t least_ = ~std::size_t{0};
};

}  // namespace plimsoll
