#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "plimsoll.hpp"

/// The text as a config.json; and beside the headers of a small checkpoint.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  plimsoll::inspect_config(text);
  plimsoll::HeaderReading reading;
  constexpr std::string_view index = R"({"weight_map":{"model.norm.weight":"a","model.layers.0.mlp.up_proj.qweight":"a","model.layers.1.mlp.up_proj.weight":"a"}})";
  if (!reading.open("model.safetensors.index.json", index.size()) && !reading.feed(index)) plimsoll::inspect_checkpoint(reading, text);
  return 0;
}
