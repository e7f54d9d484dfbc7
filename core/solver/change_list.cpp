#include "solver/change_list.hpp"

#include <algorithm>

#include "hardware/fit.hpp"
#include "messages.hpp"
#include "solver/ranking.hpp"

namespace plimsoll {

bool ChangeList::offer(std::string id, std::string value, const Request& request) {
  const auto plan = make_plan(request, plan_.model, *plan_.catalog);
  if (!plan.ok()) return false;
  const auto worst = estimate_worst(plan.value(), false);
  if (!worst.ok()) return false;
  const Verdict verdict = verdict_of(worst.value().needed_bytes, plan.value().memory.usable_bytes);
  if (verdict.outcome == Outcome::does_not_fit) return false;
  changes_.push_back({std::move(id), std::move(value), verdict.needed_bytes, static_cast<i64>(needed_) - static_cast<i64>(verdict.needed_bytes),
                      verdict.outcome, plan.value().request});
  return true;
}

void ChangeList::more_devices(const Request& request) {
  const u64 now = plan_.request.device->device_count.value_or(1);
  for (u64 count = 2; count <= 16; count *= 2) {
    if (count <= now) continue;
    Request more = request;
    more.device->device_count = count;
    more.parallel.tensor_parallel_size.reset();
    if (offer("device_count", digits(count), more)) return;
  }
}

void ChangeList::another_device(const Request& request, bool sets) {
  const auto ranking = rank_devices_as_asked(plan_);
  if (!ranking.ok()) return;
  for (const RankedDevice& row : ranking.value().rows)
    if (row.outcome == Outcome::fits && same_maker(row) && offer_device(request, row.gpu, row.device_count)) return;
  if (sets && changes_.empty()) smallest_set(request);
}

void ChangeList::smallest_set(const Request& request) {
  auto ranking = rank_devices(plan_);
  if (!ranking.ok()) return;
  auto& rows = ranking.value().rows;
  std::erase_if(rows, [&](const RankedDevice& row) { return !row.devices_needed || !same_maker(row); });
  std::stable_sort(rows.begin(), rows.end(), [](const RankedDevice& a, const RankedDevice& b) {
    return std::pair(*a.devices_needed, a.usable_bytes) < std::pair(*b.devices_needed, b.usable_bytes);
  });
  for (const RankedDevice& row : rows)
    if (offer_device(request, row.gpu, *row.devices_needed)) return;
}

bool ChangeList::same_maker(const RankedDevice& row) const {
  const auto gpu = plan_.catalog->gpu(row.gpu, "");
  return gpu.ok() && gpu.value()->vendor == plan_.gpu->vendor;
}

/// Value "nvidia/b200x8", as links write a device and its count.
bool ChangeList::offer_device(Request request, const std::string& gpu, u64 count) {
  request.device->gpu = gpu;
  request.device->device_count = count;
  request.parallel.tensor_parallel_size.reset();
  return offer("gpu", gpu + "x" + digits(count), request);
}

}  // namespace plimsoll
