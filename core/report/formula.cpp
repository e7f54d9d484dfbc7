#include "report/formula.hpp"

namespace plimsoll {

Checked Formula::evaluate(const Values& values) const {
  u64 stack[16];  // only slots below `top` are read
  std::size_t top = 0;
  bool bad = false;
  for (u8 i = 0; i < size_; ++i) {
    const Step step = program_[i];
    if (step.op == Op::number || step.op == Op::symbol) {
      if (top == std::size(stack)) return {0, true};
      stack[top++] = step.op == Op::number ? u64{step.operand} : values[static_cast<Symbol>(step.operand)];
      continue;
    }
    const u64 right = stack[--top];
    u64& left = stack[top - 1];
    switch (step.op) {
      case Op::add: bad |= __builtin_add_overflow(left, right, &left); break;
      case Op::subtract: bad |= __builtin_sub_overflow(left, right, &left); break;
      case Op::multiply: bad |= multiply_overflows(left, right, left); break;
      case Op::divide:
      case Op::ceil_div:
        bad |= right == 0;
        if (right != 0) left = left / right + (step.op == Op::ceil_div && left % right != 0 ? 1 : 0);
        break;
      case Op::min: left = left < right ? left : right; break;
      case Op::max: left = left > right ? left : right; break;
      case Op::number:
      case Op::symbol: break;
    }
  }
  return {stack[0], bad};
}

}  // namespace plimsoll
