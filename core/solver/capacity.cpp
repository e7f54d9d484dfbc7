#include "solver/capacity.hpp"

#include <algorithm>

#include "messages.hpp"

namespace plimsoll {
namespace {

/// Need of the fullest rank as a function of the workload, with the fixed part of each rank computed once.
class Need {
 public:
  explicit Need(const Plan& plan) : plan_(plan) {
    for (const RankShare& rank : plan.ranks) fixed_.push_back(fixed_part(plan, rank));
  }

  [[nodiscard]] RankTotals operator()(u64 length, u64 sequences) const {
    RankTotals most;
    for (std::size_t i = 0; i < plan_.ranks.size(); ++i) {
      const RankTotals one = estimate_workload(plan_, plan_.ranks[i], fixed_[i], length, sequences);
      if (i == 0 || one.needed_bytes > most.needed_bytes) most = one;
    }
    return most;
  }

 private:
  const Plan& plan_;
  std::vector<FixedPart> fixed_;
};

/// The part of a need that grows: what would overflow next.
std::string limiting_term(const RankTotals& need) {
  const u64 moving = need.needed_bytes - need.weights_bytes - need.overhead_bytes;
  return need.kv_cache_bytes >= moving - need.kv_cache_bytes ? "kv_cache" : "activations";
}

/// Keeps the largest value known to fit and the smallest known not to.
struct Bracket {
  u64 good = 0, bad = 0;
  u64 good_need = 0, bad_need = 0;  ///< bad_need 0: it overflowed

  /// The need grows almost linearly, so the answer lies close to the straight line between the ends.
  [[nodiscard]] u64 aim(u64 usable) const {
    if (bad_need <= good_need) return middle();
    const double share = static_cast<double>(usable - good_need) / static_cast<double>(bad_need - good_need);
    return std::clamp(good + static_cast<u64>(share * static_cast<double>(bad - good)), good + 1, bad - 1);
  }
  [[nodiscard]] u64 middle() const { return good + (bad - good) / 2; }
};

/// The largest value in [least, most] that fits. Aims by the line between the ends, then just beside what was found, and halves
/// every third time so that every case ends in logarithmic time.
template <class At>
Answer search(At at, u64 usable, u64 least, u64 most) {
  Answer answer;
  const auto fits = [&](const RankTotals& need) { return !need.overflowed && need.needed_bytes <= usable; };
  RankTotals need = at(least);
  answer.needed_bytes = need.needed_bytes;
  answer.limiting_term = limiting_term(need);
  if (!fits(need)) return answer;
  Bracket ends{least, most, need.needed_bytes, 0};
  const RankTotals all = at(most);
  if (fits(all)) {
    ends.good = most;
    need = all;
  } else {
    ends.bad_need = all.overflowed ? 0 : all.needed_bytes;
    bool last_fitted = false;
    for (int step = 0; ends.bad - ends.good > 1; ++step) {
      const u64 beside = last_fitted ? ends.good + 1 : ends.bad - 1;
      const u64 tried = step % 3 == 0 ? ends.aim(usable) : step % 3 == 1 ? beside : ends.middle();
      const RankTotals found = at(tried);
      last_fitted = fits(found);
      if (last_fitted) {
        ends.good = tried;
        ends.good_need = found.needed_bytes;
        need = found;
      } else {
        ends.bad = tried;
        ends.bad_need = found.overflowed ? 0 : found.needed_bytes;
      }
    }
  }
  answer.value = ends.good;
  answer.limit = ends.good == most ? Limit::model : Limit::memory;
  answer.needed_bytes = need.needed_bytes;
  answer.limiting_term = limiting_term(need);
  return answer;
}

Answer longest_context(const Plan& plan, const Need& need) {
  const u64 least = plan.trains() ? 1 : plan.inference().prompt_tokens.value_or(1);
  const u64 most = std::max<u64>(least, plan.model->spec.max_position_embeddings);
  return search([&](u64 tokens) { return need(tokens, plan.sequences()); }, plan.memory.usable_bytes, least, most);
}

Answer most_sequences_of(const Plan& plan, const Need& need) {
  return search([&](u64 sequences) { return need(plan.length(), sequences); }, plan.memory.usable_bytes, 1, most_sequences);
}

}  // namespace

Capacity capacity_of(const Plan& plan) {
  const Need need(plan);
  return {longest_context(plan, need), most_sequences_of(plan, need)};
}

Answer longest_context(const Plan& plan) { return longest_context(plan, Need(plan)); }
Answer most_sequences_of(const Plan& plan) { return most_sequences_of(plan, Need(plan)); }

}  // namespace plimsoll
