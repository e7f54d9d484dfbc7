#pragma once
/// Computes a formula from its text and inputs alone, as a reader with a calculator would: a check on core's own evaluation.

#include "catch.hpp"
#include "report/term.hpp"

namespace plimsoll::test {

class FormulaReader {
 public:
  explicit FormulaReader(const Derivation& formula) : text_(formula.text), inputs_(formula.inputs) {}

  [[nodiscard]] u64 value() {
    const u64 result = sum();
    REQUIRE(at_ == text_.size());
    return result;
  }

 private:
  [[nodiscard]] bool take(char c) {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  u64 sum() {
    u64 left = product();
    for (;;) {
      if (take('+')) {
        left += product();
      } else if (take('-')) {
        left -= product();
      } else {
        return left;
      }
    }
  }
  u64 product() {
    u64 left = factor();
    for (;;) {
      if (take('*')) {
        left *= factor();
      } else if (take('/')) {
        left /= factor();
      } else {
        return left;
      }
    }
  }
  u64 factor() {
    if (take('(')) {
      const u64 inner = sum();
      REQUIRE(take(')'));
      return inner;
    }
    const std::string_view word = next_word();
    if (word[0] >= '0' && word[0] <= '9') return number(word);
    if (word == "min" || word == "max" || word == "ceil_div") return pair(word);
    for (const Input& input : inputs_)
      if (input.symbol == word) return input.value;
    INFO(text_ << ": " << word << " has no value");
    REQUIRE(false);
    return 0;
  }
  u64 pair(std::string_view function) {
    REQUIRE(take('('));
    const u64 a = sum();
    REQUIRE(take(','));
    const u64 b = sum();
    REQUIRE(take(')'));
    if (function == "min") return a < b ? a : b;
    if (function == "max") return a > b ? a : b;
    return (a + b - 1) / b;
  }
  std::string_view next_word() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
    const std::size_t start = at_;
    while (at_ < text_.size() && std::string_view(" +-*/(),").find(text_[at_]) == std::string_view::npos) ++at_;
    REQUIRE(at_ > start);
    return text_.substr(start, at_ - start);
  }
  static u64 number(std::string_view word) {
    u64 value = 0;
    for (const char c : word) value = value * 10 + static_cast<u64>(c - '0');
    return value;
  }

  std::string_view text_;
  const std::vector<Input>& inputs_;
  std::size_t at_ = 0;
};

}  // namespace plimsoll::test
