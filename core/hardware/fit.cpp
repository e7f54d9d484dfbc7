#include "hardware/fit.hpp"

namespace plimsoll {

Verdict verdict_of(u64 needed_bytes, u64 usable_bytes) {
  Verdict v;
  v.needed_bytes = needed_bytes;
  v.usable_bytes = usable_bytes;
  v.headroom_bytes = static_cast<i64>(usable_bytes) - static_cast<i64>(needed_bytes);
  v.used_permille = ceil_div(Checked{needed_bytes} * 1000, usable_bytes).value;
  v.outcome = needed_bytes > usable_bytes ? Outcome::does_not_fit : v.used_permille > tight_above_permille ? Outcome::tight : Outcome::fits;
  return v;
}

}  // namespace plimsoll
