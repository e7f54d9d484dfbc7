#include "report/ledger.hpp"

namespace plimsoll {

Hold Ledger::hold(const LedgerItem& item, const Values& values) {
  const Checked bytes = item.formula.evaluate(values);
  const Checked live = Checked{live_} + bytes;
  overflowed_ = overflowed_ || live.overflowed;
  live_ = live.value;
  accounts_[item.account] += bytes.value;
  Hold held;
  held.ledger_ = this;
  held.bytes_ = bytes.value;
  held.account_ = item.account;
  if (explain_) {
    if (free_.empty()) {
      held.slot_ = static_cast<u32>(lines_.size());
      lines_.emplace_back();
    } else {
      held.slot_ = free_.back();
      free_.pop_back();
    }
    lines_[held.slot_] = {&item, values, bytes.value, held_so_far_++};
  }
  if (live_ > peak_) remember_peak();
  return held;
}

void Ledger::end(const Hold& hold) {
  live_ -= hold.bytes_;
  accounts_[hold.account_] -= hold.bytes_;
  if (!explain_) return;
  lines_[hold.slot_].item = nullptr;
  free_.push_back(hold.slot_);
}

void Ledger::remember_peak() {
  peak_ = live_;
  at_peak_ = accounts_;
  if (!explain_) return;
  lines_at_peak_.clear();
  for (const Line& line : lines_)
    if (line.item != nullptr && line.bytes != 0) lines_at_peak_.push_back(line);
}

}  // namespace plimsoll
