#pragma once
/// Changed requests that fit, collected: what every kind of advice does with a change.

#include "estimate.hpp"

namespace plimsoll {

class ChangeList {
 public:
  ChangeList(const Plan& plan, u64 needed_bytes) : plan_(plan), needed_(needed_bytes) {}

  /// Keeps a changed request if it fits, and says so.
  bool offer(std::string id, std::string value, const Request& request);
  /// More of the same device: the fewest of 2, 4, 8, 16 that carry `request`.
  void more_devices(const Request& request);
  /// The device of the same maker that carries `request` with the least to spare; else, where `sets` may be, the smallest set of devices.
  void another_device(const Request& request, bool sets);

  [[nodiscard]] bool empty() const { return changes_.empty(); }
  [[nodiscard]] std::vector<Change> take() { return std::move(changes_); }

 private:
  [[nodiscard]] bool same_maker(const RankedDevice& row) const;
  bool offer_device(Request request, const std::string& gpu, u64 count);
  void smallest_set(const Request& request);

  const Plan& plan_;
  u64 needed_;
  std::vector<Change> changes_;
};

}  // namespace plimsoll
