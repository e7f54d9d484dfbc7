#include <cstddef>
#include <cstdint>
#include <string_view>

#include "plimsoll.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  plimsoll::inspect_config(std::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
