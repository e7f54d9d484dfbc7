#pragma once
/// What the fuzzers of headers share: a file of the input's bytes, read as a program reads it.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "checkpoint/plimsoll_headers.hpp"

/// The first byte says whether the file is claimed to be as long as the bytes or far longer; no input may read for ever, and no reader may
/// ask for bytes that the file has not.
inline int read_headers(std::string_view name, const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const plimsoll::u64 claimed = data[0] % 2 == 0 ? bytes.size() : plimsoll::u64{1} << 40;
  plimsoll::HeaderReading reading;
  if (reading.open(name, claimed)) std::abort();
  for (int turns = 0; const auto slice = reading.wanted(); ++turns) {
    if (turns > 1000) std::abort();
    const std::size_t from = slice->offset < bytes.size() ? static_cast<std::size_t>(slice->offset) : bytes.size();
    if (reading.feed(bytes.substr(from, static_cast<std::size_t>(slice->size)))) return 0;
  }
  plimsoll::checkpoint_summary(reading);
  return 0;
}
