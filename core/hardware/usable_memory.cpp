#include "hardware/usable_memory.hpp"

#include <algorithm>

#include "messages.hpp"

namespace plimsoll {
namespace {

constexpr u64 mib = 1ULL << 20;

/// Basis enumerators run from the surest to the least sure.
Basis weaker(Basis a, Basis b) { return std::max(a, b); }

DeviceMemory from_share(const MemoryClass& memory_class, u64 nominal) {
  for (const MemoryShare& share : memory_class.shares)
    if (!share.up_to_nominal_mib || nominal <= *share.up_to_nominal_mib)
      return {nominal * share.num / share.den * mib, nominal * mib, share.basis, share.source};
  return {};
}

}  // namespace

Result<DeviceMemory> memory_of(const Gpu& gpu, const Catalog& catalog) {
  const u64 nominal = gpu.nominal_mib ? gpu.nominal_mib->value : gpu.driver_total_mib ? gpu.driver_total_mib->value : 0;
  if (gpu.process_total_mib) return DeviceMemory{gpu.process_total_mib->value * mib, nominal * mib, gpu.process_total_mib->basis, gpu.process_total_mib->source};
  const MemoryClass* memory_class = catalog.memory_class(gpu.memory_class);
  if (memory_class == nullptr || nominal == 0) return make_error(Say::no_memory_size, "request.device.gpu", {gpu.id});
  if (!memory_class->shares.empty()) return from_share(*memory_class, nominal);

  const Fact& reserve = memory_class->process_reserve_mib;
  if (gpu.driver_total_mib) {
    const Fact& total = *gpu.driver_total_mib;
    return DeviceMemory{(total.value - std::min(total.value, reserve.value)) * mib, nominal * mib, weaker(total.basis, reserve.basis), total.source};
  }
  const u64 loss = memory_class->driver_loss_mib + ceil_div(Checked{nominal} * memory_class->driver_loss_ppm, 1'000'000).value;
  const u64 lost = std::min(nominal, loss + reserve.value);
  const Basis basis = weaker(weaker(gpu.nominal_mib ? gpu.nominal_mib->basis : Basis::assumed, memory_class->driver_loss.basis), reserve.basis);
  return DeviceMemory{(nominal - lost) * mib, nominal * mib, basis, memory_class->driver_loss.source};
}

}  // namespace plimsoll
