#include "solver/advice.hpp"

#include <algorithm>

#include "hardware/fit.hpp"
#include "messages.hpp"
#include "solver/capacity.hpp"
#include "solver/ranking.hpp"

namespace plimsoll {
namespace {

class Advisor {
 public:
  Advisor(const Plan& plan, u64 needed_bytes) : plan_(plan), needed_(needed_bytes) {}

  std::vector<Change> run() {
    narrower_cache();
    narrower_weights();
    smaller_workload();
    more_devices();
    another_device();
    return std::move(changes_);
  }

 private:
  /// Keeps a changed request if it fits.
  bool offer(std::string id, std::string value, Request request) {
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

  [[nodiscard]] u64 bits_of(std::string_view format) const {
    const auto found = plan_.catalog->format(format, "");
    return found.ok() && !found.value()->parts.empty() ? found.value()->parts[0].item_bits : 0;
  }

  [[nodiscard]] Request with_cache(std::string_view format) const {
    Request request = plan_.request;
    auto& workload = std::get<InferenceWorkload>(request.workload);
    workload.prompt_tokens = plan_.prompt_tokens;
    workload.kv_cache_dtype = std::string(format);
    return request;
  }

  void narrower_cache() {
    if (bits_of(plan_.kv_format->id) > 8) offer("kv_cache_dtype", "fp8", with_cache("fp8"));
  }

  /// Narrower weights keep the cache as it was; the narrowest is tried with a narrower cache too.
  void narrower_weights() {
    const u64 now = bits_of(*plan_.request.weight_format);
    for (const std::string_view format : {"fp8", "int4"}) {
      if (bits_of(format) >= now) continue;
      Request request = with_cache(plan_.kv_format->id);
      request.weight_format = std::string(format);
      if (offer("weight_format", std::string(format), request)) return;
    }
    if (now <= 4) return;
    Request request = with_cache("fp8");
    request.weight_format = "int4";
    offer("weight_format", "int4, kv_cache_dtype fp8", request);
  }

  void smaller_workload() {
    const Answer context = longest_context(plan_);
    if (context.value > 0 && context.value < plan_.max_model_len) {
      Request request = with_cache(plan_.kv_format->id);
      std::get<InferenceWorkload>(request.workload).max_model_len = context.value;
      offer("max_model_len", digits(context.value), request);
    }
    const Answer sequences = most_sequences_of(plan_);
    if (sequences.value > 0 && sequences.value < plan_.max_num_seqs) {
      Request request = with_cache(plan_.kv_format->id);
      std::get<InferenceWorkload>(request.workload).max_num_seqs = sequences.value;
      offer("max_num_seqs", digits(sequences.value), request);
    }
  }

  void more_devices() {
    const u64 now = plan_.request.device->device_count.value_or(1);
    for (u64 count = 2; count <= 16; count *= 2) {
      if (count <= now) continue;
      Request request = with_cache(plan_.kv_format->id);
      request.device->device_count = count;
      request.parallel.tensor_parallel_size.reset();
      if (offer("device_count", digits(count), request)) return;
    }
  }

  /// The device of the same maker that carries it with the least to spare; else the smallest set of devices that does.
  void another_device() {
    const auto ranking = rank_devices_as_asked(plan_);
    if (!ranking.ok()) return;
    for (const RankedDevice& row : ranking.value().rows)
      if (row.outcome == Outcome::fits && same_maker(row) && offer_device(row.gpu, row.device_count)) return;
    if (changes_.empty()) smallest_set();
  }

  void smallest_set() {
    auto ranking = rank_devices(plan_);
    if (!ranking.ok()) return;
    auto& rows = ranking.value().rows;
    std::erase_if(rows, [&](const RankedDevice& row) { return !row.devices_needed || !same_maker(row); });
    std::stable_sort(rows.begin(), rows.end(), [](const RankedDevice& a, const RankedDevice& b) {
      return std::pair(*a.devices_needed, a.usable_bytes) < std::pair(*b.devices_needed, b.usable_bytes);
    });
    for (const RankedDevice& row : rows)
      if (offer_device(row.gpu, *row.devices_needed)) return;
  }

  [[nodiscard]] bool same_maker(const RankedDevice& row) const {
    const auto gpu = plan_.catalog->gpu(row.gpu, "");
    return gpu.ok() && gpu.value()->vendor == plan_.gpu->vendor;
  }

  /// Value "nvidia/b200x8", as links write a device and its count.
  bool offer_device(const std::string& gpu, u64 count) {
    Request request = with_cache(plan_.kv_format->id);
    request.device->gpu = gpu;
    request.device->device_count = count;
    request.parallel.tensor_parallel_size.reset();
    return offer("gpu", gpu + "x" + digits(count), request);
  }

  const Plan& plan_;
  u64 needed_;
  std::vector<Change> changes_;
};

}  // namespace

std::vector<Change> advice_for(const Plan& plan, u64 needed_bytes) {
  if (plan.gpu == nullptr || needed_bytes <= plan.memory.usable_bytes) return {};
  return Advisor(plan, needed_bytes).run();
}

}  // namespace plimsoll
