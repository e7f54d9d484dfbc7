#pragma once
/// The integers that core counts with, and the checked arithmetic that every size goes through. A size is never a floating-point
/// number; its unit is in its name (needed_bytes, max_model_len) or in the symbol of a formula.

#include <cstdint>

namespace plimsoll {

using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;
using i64 = std::int64_t;

/// Arithmetic that remembers an overflow instead of wrapping. Once overflowed, it stays so: one check at the end suffices.
struct Checked {
  u64 value = 0;
  bool overflowed = false;

  constexpr Checked() = default;
  constexpr Checked(u64 v) : value(v) {}  // implicit: a literal is a checked number
  constexpr Checked(u64 v, bool bad) : value(v), overflowed(bad) {}
};

constexpr Checked operator+(Checked a, Checked b) {
  u64 r = 0;
  const bool bad = __builtin_add_overflow(a.value, b.value, &r);
  return {r, bad || a.overflowed || b.overflowed};
}

/// Below zero counts as overflow: a size is never negative.
constexpr Checked operator-(Checked a, Checked b) {
  return {a.value - b.value, a.value < b.value || a.overflowed || b.overflowed};
}

/// Whether the product does not fit. Two halves always fit; the full check is a 128-bit product, slow on 32-bit targets.
constexpr bool multiply_overflows(u64 a, u64 b, u64& product) {
  if (((a | b) >> 32) == 0) {
    product = a * b;
    return false;
  }
  return __builtin_mul_overflow(a, b, &product);
}

constexpr Checked operator*(Checked a, Checked b) {
  u64 r = 0;
  const bool bad = multiply_overflows(a.value, b.value, r);
  return {r, bad || a.overflowed || b.overflowed};
}

/// Rounds up; dividing by zero counts as overflow.
constexpr Checked ceil_div(Checked a, Checked b) {
  if (b.value == 0) return {0, true};
  return {a.value / b.value + (a.value % b.value != 0 ? 1 : 0), a.overflowed || b.overflowed};
}

/// Rounds down; dividing by zero counts as overflow.
constexpr Checked operator/(Checked a, Checked b) {
  if (b.value == 0) return {0, true};
  return {a.value / b.value, a.overflowed || b.overflowed};
}

static_assert((Checked{~0ULL} + Checked{1}).overflowed);
static_assert(ceil_div(7, 2).value == 4);

}  // namespace plimsoll
