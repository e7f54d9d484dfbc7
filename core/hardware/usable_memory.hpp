#pragma once
/// What a process can really get of a device's memory: the load line.

#include "catalog/catalog.hpp"

namespace plimsoll {

struct DeviceMemory {
  u64 usable_bytes = 0;   ///< of one device
  u64 nominal_bytes = 0;  ///< DRAM on the device, as far as known; never used in arithmetic
  Basis basis{};
  std::string_view source;
};

/// Usable and nominal memory of one device.
///
/// Formula  the measured process total; else the driver's total less what it reserves for itself in each process; else nominal
///          less the driver's usual loss, less that reserve. Unified memory: nominal * num / den by size. Losses round up.
/// Assumes  Linux without a desktop; a class of cards behaves like its measured members (basis says which was used)
/// Errors   unsupported_combination  nothing is known of the device's memory
/// Source   the catalogue's memory_classes
/// Tested   tests/core/usable_memory_test.cpp
Result<DeviceMemory> memory_of(const Gpu& gpu, const Catalog& catalog);

}  // namespace plimsoll
