#pragma once
/// Collects why a rule and the exact answer differ.

#include <algorithm>
#include <utility>

#include "report/term.hpp"
#include "rules/rule_comparison.hpp"

namespace plimsoll {

class ReasonList {
 public:
  /// A cause that adds bytes, or takes them away. One without effect is no cause.
  void add(std::string_view code, i64 bytes, std::string_view term = {}) {
    if (bytes != 0) reasons_.push_back({code, bytes, term});
  }
  /// A cause as large as what is there beyond what the rule counts.
  void beyond(std::string_view code, u64 there, u64 counted, std::string_view term = {}) {
    add(code, static_cast<i64>(there) - static_cast<i64>(counted), term);
  }
  /// A cause without a number of its own.
  void say(std::string_view code) { reasons_.push_back({code, std::nullopt, {}}); }

  [[nodiscard]] i64 sum() const {
    i64 sum = 0;
    for (const RuleReason& reason : reasons_) sum += reason.bytes.value_or(0);
    return sum;
  }
  /// Largest first, those without a number last, equal ones as they came; the list is empty after.
  [[nodiscard]] std::vector<RuleReason> take() {
    std::stable_sort(reasons_.begin(), reasons_.end(), [](const RuleReason& a, const RuleReason& b) { return size(a) > size(b); });
    return std::exchange(reasons_, {});
  }

 private:
  static i64 size(const RuleReason& reason) { return reason.bytes ? std::abs(*reason.bytes) : -1; }
  std::vector<RuleReason> reasons_;
};

/// The first child with an id; null where there is none.
inline const Term* child(const Term& term, std::string_view id) {
  for (const Term& each : term.children)
    if (each.id == id) return &each;
  return nullptr;
}

/// Whether a rule's number, or its range, is within three percent of the exact one.
inline bool agrees(const RuleComparison& rule) {
  const std::optional<u64> exact = rule.exact_high_bytes ? rule.exact_high_bytes : rule.exact_bytes;
  if (!exact) return false;
  const u64 margin = *exact / 100 * 3;
  return rule.rule_bytes <= *exact + margin && rule.rule_high_bytes.value_or(rule.rule_bytes) + margin >= *exact;
}

/// A share in thousandths, rounded down.
inline u64 permille_of(u64 part, u64 whole) {
  if (whole == 0) return 0;
  return part > ~0ULL / 1000 ? part / (whole / 1000) : part * 1000 / whole;
}

}  // namespace plimsoll
