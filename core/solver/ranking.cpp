#include "solver/ranking.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <vector>

#include "engines/runtime_overhead.hpp"
#include "hardware/fit.hpp"

namespace plimsoll {
namespace {

/// Need without overhead for a number of ranks, and the overhead by vendor; each computed once.
class Needs {
 public:
  explicit Needs(const Plan& plan) : plan_(plan) {}

  /// Bytes of the fullest rank on a device of this vendor; nothing when the model cannot be cut so.
  std::optional<u64> at(u64 ranks, std::string_view vendor) {
    const std::optional<u64> model = without_overhead(ranks);
    if (!model) return std::nullopt;
    return *model + overhead(ranks, vendor);
  }

 private:
  struct Known {
    u64 ranks;
    std::string_view vendor;
    u64 bytes;
  };

  u64 overhead(u64 ranks, std::string_view vendor) {
    for (const Known& known : overheads_)
      if (known.ranks == ranks && known.vendor == vendor) return known.bytes;
    TermTree tree(false);
    overheads_.push_back({ranks, vendor, add_runtime_overhead(tree, *plan_.engine, vendor, static_cast<u32>(ranks))});
    return overheads_.back().bytes;
  }

  std::optional<u64> without_overhead(u64 ranks) {
    const auto known = model_.find(ranks);
    if (known != model_.end()) return known->second;
    std::optional<u64> need;
    Plan plan = plan_;
    if (auto distinct = distinct_ranks(plan.model->spec, static_cast<u32>(ranks)); ranks <= most_ranks && distinct.ok()) {
      plan.ranks = std::move(distinct.value());
      if (const auto worst = estimate_worst(plan, false); worst.ok()) need = worst.value().needed_bytes - worst.value().overhead_bytes;
    }
    model_.emplace(ranks, need);
    return need;
  }

  const Plan& plan_;
  std::map<u64, std::optional<u64>> model_;
  std::vector<Known> overheads_;
};

std::optional<u64> devices_needed(Needs& needs, const Gpu& gpu, u64 usable) {
  for (const u64 count : {1, 2, 4, 8, 16})
    if (const auto need = needs.at(count * gpu.devices, gpu.vendor); need && *need <= usable) return count;
  return std::nullopt;
}

bool better(const RankedDevice& a, const RankedDevice& b) {
  const bool a_fits = a.outcome != Outcome::does_not_fit;
  const bool b_fits = b.outcome != Outcome::does_not_fit;
  if (a_fits != b_fits) return a_fits;
  if (a.headroom_bytes != b.headroom_bytes) return a_fits ? a.headroom_bytes < b.headroom_bytes : a.headroom_bytes > b.headroom_bytes;
  return a.gpu < b.gpu;
}

Result<Ranking> rank(const Plan& plan, bool count_devices) {
  if (const auto asked = estimate_worst(plan, false); !asked.ok()) return asked.error();  // too large to count
  Needs needs(plan);
  const u64 boards = plan.request.device && plan.request.device->device_count ? *plan.request.device->device_count : 1;
  Ranking ranking;
  for (const Gpu& gpu : plan.catalog->gpus()) {
    const auto memory = memory_of(gpu, *plan.catalog);
    if (!memory.ok()) continue;  // a device whose memory nobody knows can carry nothing that we could promise
    const u64 usable = memory.value().usable_bytes;
    const u64 ranks = plan.trains() ? 1 : boards * gpu.devices;
    const auto need = needs.at(ranks, gpu.vendor);
    if (!need) continue;  // nor can a board whose devices the model's heads cannot be shared by
    const Verdict verdict = verdict_of(*need, usable);
    ranking.rows.push_back({std::string(gpu.id), boards, usable, *need, verdict.headroom_bytes, verdict.outcome, {}});
    if (count_devices && !plan.trains()) ranking.rows.back().devices_needed = devices_needed(needs, gpu, usable);
  }
  std::sort(ranking.rows.begin(), ranking.rows.end(), better);
  return ranking;
}

}  // namespace

Result<Ranking> rank_devices(const Plan& plan) { return rank(plan, true); }
Result<Ranking> rank_devices_as_asked(const Plan& plan) { return rank(plan, false); }

}  // namespace plimsoll
