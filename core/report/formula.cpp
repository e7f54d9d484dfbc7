#include "report/formula.hpp"

namespace plimsoll {

Checked Formula::evaluate(const Values& values) const {
  u64 stack[deepest];  // deep enough for every formula that compiles; only slots below `top` are read
  std::size_t top = 0;
  bool bad = false;
  for (u8 i = 0; i < size_; ++i) {
    const u8 step = program_[i];
    if (step >= first_symbol) {
      stack[top++] = is_symbol(step) ? values[symbol_of(step)] : step - u64{first_number};
      continue;
    }
    if (step == number) {
      stack[top++] = program_[i + 1U] + 256U * program_[i + 2U];
      i += 2;
      continue;
    }
    const u64 right = stack[--top];
    u64& left = stack[top - 1];
    switch (static_cast<Op>(step)) {
      case add: bad |= __builtin_add_overflow(left, right, &left); break;
      case subtract: bad |= __builtin_sub_overflow(left, right, &left); break;
      case multiply: bad |= multiply_overflows(left, right, left); break;
      case divide:
      case ceil_div:
        bad |= right == 0;
        if (right != 0) left = left / right + (step == ceil_div && left % right != 0 ? 1 : 0);
        break;
      case min: left = left < right ? left : right; break;
      case max: left = left > right ? left : right; break;
      case number: break;
    }
  }
  return {stack[0], bad};
}

}  // namespace plimsoll
