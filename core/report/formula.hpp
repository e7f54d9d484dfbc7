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
    std::size_t at = 0;
    sum(at);
    if (at != text_.size()) formula_error("unexpected text after the formula");
  }

  [[nodiscard]] constexpr std::string_view text() const { return text_; }
  [[nodiscard]] Checked evaluate(const Values& values) const;

  /// Calls `each(Symbol)` for every symbol of the formula, in order of first appearance.
  template <class Each>
  void each_symbol(Each each) const {
    for (u8 i = 0; i < size_; i = after(i)) {
      if (!is_symbol(program_[i])) continue;
      bool seen = false;
      for (u8 j = 0; j < i; j = after(j)) seen = seen || program_[j] == program_[i];
      if (!seen) each(symbol_of(program_[i]));
    }
  }

 private:
  /// A program is bytes, because some hundred of them travel with the module: an operation, a symbol from first_symbol on, a number below
  /// 128 from first_number on; a larger number is `number` and two bytes, low and high.
  enum Op : u8 { number, add, subtract, multiply, divide, min, max, ceil_div };
  static constexpr u8 first_symbol = 16, first_number = 128;
  static constexpr int deepest = 8;
  static_assert(symbol_texts.size() <= first_number - first_symbol);

  static constexpr bool is_symbol(u8 step) { return step >= first_symbol && step < first_number; }
  static constexpr Symbol symbol_of(u8 step) { return static_cast<Symbol>(step - first_symbol); }
  [[nodiscard]] constexpr u8 after(u8 i) const { return static_cast<u8>(i + (program_[i] == number ? 3 : 1)); }

  /// `deeper`: by how much the stack of numbers grows.
  consteval void push(u8 step, int deeper) {
    if (size_ == program_.size()) formula_error("formula too long");
    program_[size_++] = step;
    depth_ = static_cast<u8>(depth_ + deeper);
    if (depth_ > deepest) formula_error("formula too deep");
  }
  consteval void skip(std::size_t& at) {
    while (at < text_.size() && text_[at] == ' ') ++at;
  }
  consteval bool take(char c, std::size_t& at) {
    skip(at);
    if (at >= text_.size() || text_[at] != c) return false;
    ++at;
    skip(at);
    return true;
  }
  consteval void sum(std::size_t& at) {
    product(at);
    for (;;) {
      if (take('+', at)) {
        product(at);
        push(add, -1);
      } else if (take('-', at)) {
        product(at);
        push(subtract, -1);
      } else {
        return;
      }
    }
  }
  consteval void product(std::size_t& at) {
    factor(at);
    for (;;) {
      if (take('*', at)) {
        factor(at);
        push(multiply, -1);
      } else if (take('/', at)) {
        factor(at);
        push(divide, -1);
      } else {
        return;
      }
    }
  }
  consteval void factor(std::size_t& at) {
    if (take('(', at)) {
      sum(at);
      if (!take(')', at)) formula_error("missing )");
      return;
    }
    skip(at);
    const std::size_t start = at;
    while (at < text_.size() && (is_letter(text_[at]) || is_digit(text_[at]))) ++at;
    const std::string_view word = text_.substr(start, at - start);
    skip(at);
    if (word.empty()) formula_error("missing operand");
    if (is_digit(word[0])) return literal(word);
    if (word == "min") return pair(min, at);
    if (word == "max") return pair(max, at);
    if (word == "ceil_div") return pair(ceil_div, at);
    for (std::size_t i = 0; i < symbol_texts.size(); ++i)
      if (symbol_texts[i].symbol == word) return push(static_cast<u8>(first_symbol + i), 1);
    formula_error("unknown symbol");
  }
  consteval void literal(std::string_view word) {
    unsigned value = 0;
    for (const char c : word) {
      if (!is_digit(c)) formula_error("not a number");
      value = value * 10 + static_cast<unsigned>(c - '0');
    }
    if (value > 65535) formula_error("number too large for a formula: give it a symbol");
    if (value < 256 - first_number) return push(static_cast<u8>(first_number + value), 1);
    push(Op::number, 1);
    push(static_cast<u8>(value & 255), 0);
    push(static_cast<u8>(value >> 8), 0);
  }
  consteval void pair(u8 op, std::size_t& at) {
    if (!take('(', at)) formula_error("missing (");
    sum(at);
    if (!take(',', at)) formula_error("missing ,");
    sum(at);
    if (!take(')', at)) formula_error("missing )");
    push(op, -1);
  }
  static consteval bool is_digit(char c) { return c >= '0' && c <= '9'; }
  static consteval bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

  std::string_view text_;
  std::array<u8, 46> program_{};
  u8 size_ = 0;
  u8 depth_ = 0;  ///< of the stack, while the text is translated; then 1
};

}  // namespace plimsoll
