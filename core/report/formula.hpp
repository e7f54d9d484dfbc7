#pragma once
/// A formula is written once, as the text that people read, and the same text computes the number: it is translated to a
/// postfix program while the compiler runs, and an unknown symbol does not compile. So a number and its explanation are one.
///
/// Grammar  sum := product (("+" | "-") product)*      product := factor (("*" | "/") factor)*
///          factor := number | symbol | "(" sum ")" | ("min" | "max" | "ceil_div") "(" sum "," sum ")"
///          "/" rounds down, ceil_div up; below zero and above 2^64 count as overflow.

#include <array>
#include <string_view>

#include "report/symbols.hpp"
#include "units.hpp"

namespace plimsoll {

/// Never defined and never called: reaching it while a formula is translated stops the compiler at the reason.
void formula_error(const char* reason);

class Formula {
 public:
  consteval Formula(const char* text) : text_(text) {
    sum();
    if (at_ != text_.size()) formula_error("unexpected text after the formula");
  }

  [[nodiscard]] constexpr std::string_view text() const { return text_; }
  [[nodiscard]] Checked evaluate(const Values& values) const;

  /// Calls `each(Symbol)` for every symbol of the formula, in order of first appearance.
  template <class Each>
  void each_symbol(Each each) const {
    for (u8 i = 0; i < size_; ++i) {
      if (program_[i].op != Op::symbol) continue;
      bool seen = false;
      for (u8 j = 0; j < i; ++j) seen = seen || (program_[j].op == Op::symbol && program_[j].operand == program_[i].operand);
      if (!seen) each(static_cast<Symbol>(program_[i].operand));
    }
  }

 private:
  enum class Op : u8 { number, symbol, add, subtract, multiply, divide, min, max, ceil_div };
  struct Step {
    Op op{};
    u16 operand = 0;
  };

  consteval void push(Op op, u16 operand = 0) {
    if (size_ == program_.size()) formula_error("formula too long");
    program_[size_++] = {op, operand};
  }
  consteval void skip() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }
  consteval bool take(char c) {
    skip();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    skip();
    return true;
  }
  consteval void sum() {
    product();
    for (;;) {
      if (take('+')) {
        product();
        push(Op::add);
      } else if (take('-')) {
        product();
        push(Op::subtract);
      } else {
        return;
      }
    }
  }
  consteval void product() {
    factor();
    for (;;) {
      if (take('*')) {
        factor();
        push(Op::multiply);
      } else if (take('/')) {
        factor();
        push(Op::divide);
      } else {
        return;
      }
    }
  }
  consteval void factor() {
    if (take('(')) {
      sum();
      if (!take(')')) formula_error("missing )");
      return;
    }
    skip();
    const std::size_t start = at_;
    while (at_ < text_.size() && (is_letter(text_[at_]) || is_digit(text_[at_]))) ++at_;
    const std::string_view word = text_.substr(start, at_ - start);
    skip();
    if (word.empty()) formula_error("missing operand");
    if (is_digit(word[0])) return number(word);
    if (word == "min") return pair(Op::min);
    if (word == "max") return pair(Op::max);
    if (word == "ceil_div") return pair(Op::ceil_div);
    for (std::size_t i = 0; i < symbol_texts.size(); ++i)
      if (symbol_texts[i].symbol == word) return push(Op::symbol, static_cast<u16>(i));
    formula_error("unknown symbol");
  }
  consteval void number(std::string_view word) {
    unsigned value = 0;
    for (const char c : word) {
      if (!is_digit(c)) formula_error("not a number");
      value = value * 10 + static_cast<unsigned>(c - '0');
    }
    if (value > 65535) formula_error("number too large for a formula: give it a symbol");
    push(Op::number, static_cast<u16>(value));
  }
  consteval void pair(Op op) {
    if (!take('(')) formula_error("missing (");
    sum();
    if (!take(',')) formula_error("missing ,");
    sum();
    if (!take(')')) formula_error("missing )");
    push(op);
  }
  static consteval bool is_digit(char c) { return c >= '0' && c <= '9'; }
  static consteval bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

  std::string_view text_;
  std::size_t at_ = 0;
  std::array<Step, 40> program_{};
  u8 size_ = 0;
};

}  // namespace plimsoll
