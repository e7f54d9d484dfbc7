#include "solver/capacity.hpp"

#include <algorithm>

#include "messages.hpp"

namespace plimsoll {
namespace {

/// Need of the fullest rank as a function of the workload, with the fixed part of each rank computed once.
class Need {
 public:
  explicit Need(const Plan& plan) : plan_(plan) {
    for (const RankShare& rank : plan.ranks) {
      const RankEstimate whole = estimate_rank(plan, rank, false);
      fixed_.push_back({whole.weights_bytes, whole.overhead_bytes});
    }
  }

  [[nodiscard]] RankEstimate operator()(u64 max_model_len, u64 max_num_seqs) const {
    RankEstimate most;
    for (std::size_t i = 0; i < plan_.ranks.size(); ++i) {
      RankEstimate one = estimate_workload(plan_, plan_.ranks[i], fixed_[i], max_model_len, max_num_seqs);
      if (i == 0 || one.needed_bytes > most.needed_bytes) most = std::move(one);
    }
    return most;
  }

 private:
  const Plan& plan_;
  std::vector<FixedPart> fixed_;
};

/// The part of a need that grows: what would overflow next.
std::string limiting_term(const RankEstimate& need) {
  const u64 moving = need.needed_bytes - need.weights_bytes - need.overhead_bytes;
  return need.kv_cache_bytes >= moving - need.kv_cache_bytes ? "kv_cache" : "activations";
}

template <class At>
Answer search(At at, u64 usable, u64 least, u64 most) {
  Answer answer;
  const auto fits = [&](const RankEstimate& need) { return !need.overflowed && need.needed_bytes <= usable; };
  RankEstimate need = at(least);
  answer.needed_bytes = need.needed_bytes;
  answer.limiting_term = limiting_term(need);
  if (!fits(need)) return answer;
  u64 good = least;
  if (const RankEstimate all = at(most); fits(all)) {
    good = most;
    need = all;
  } else {
    // the need grows almost linearly: aim between the ends by it, and halve in between so that every step gains
    u64 bad = most;
    u64 good_need = need.needed_bytes;
    u64 bad_need = all.overflowed ? 0 : all.needed_bytes;
    for (int step = 0; bad - good > 1; ++step) {
      u64 middle = good + (bad - good) / 2;
      if (step % 2 == 0 && bad_need > good_need) {
        const double share = static_cast<double>(usable - good_need) / static_cast<double>(bad_need - good_need);
        middle = std::clamp(good + static_cast<u64>(share * static_cast<double>(bad - good)), good + 1, bad - 1);
      }
      RankEstimate tried = at(middle);
      if (fits(tried)) {
        good = middle;
        good_need = tried.needed_bytes;
        need = std::move(tried);
      } else {
        bad = middle;
        bad_need = tried.overflowed ? 0 : tried.needed_bytes;
      }
    }
  }
  answer.value = good;
  answer.limit = good == most ? Limit::model : Limit::memory;
  answer.needed_bytes = need.needed_bytes;
  answer.limiting_term = limiting_term(need);
  return answer;
}

Answer longest_context(const Plan& plan, const Need& need) {
  const u64 least = plan.prompt_tokens.value_or(1);
  const u64 most = std::max<u64>(least, plan.model->spec.max_position_embeddings);
  return search([&](u64 tokens) { return need(tokens, plan.max_num_seqs); }, plan.memory.usable_bytes, least, most);
}

Answer most_sequences_of(const Plan& plan, const Need& need) {
  return search([&](u64 sequences) { return need(plan.max_model_len, sequences); }, plan.memory.usable_bytes, 1, most_sequences);
}

}  // namespace

Capacity capacity_of(const Plan& plan) {
  const Need need(plan);
  return {longest_context(plan, need), most_sequences_of(plan, need)};
}

Answer longest_context(const Plan& plan) { return longest_context(plan, Need(plan)); }
Answer most_sequences_of(const Plan& plan) { return most_sequences_of(plan, Need(plan)); }

}  // namespace plimsoll
