#pragma once
/// Small checkpoint files made in memory, and reading them as a program does.

#include <string>
#include <vector>

#include "catch.hpp"
#include "checkpoint/header_reader.hpp"
#include "checkpoint/json_feed.hpp"
#include "checkpoint/summary.hpp"

namespace plimsoll::test {

inline std::string little(u64 value, std::size_t size) {
  std::string out;
  for (std::size_t i = 0; i < size; ++i) out += static_cast<char>(value >> (8 * i));
  return out;
}

/// A safetensors file: the header as given, then so many bytes of data.
inline std::string safetensors_file(const std::string& header, std::size_t data) { return little(header.size(), 8) + header + std::string(data, '\0'); }

/// A GGUF file, entry by entry.
struct GgufFile {
  u32 version = 3;
  std::string pairs, infos;
  u64 pair_count = 0, info_count = 0, data = 0;

  static std::string word(const std::string& text) { return little(text.size(), 8) + text; }
  GgufFile& pair(const std::string& key, u32 type, const std::string& value) {
    pairs += word(key) + little(type, 4) + value;
    ++pair_count;
    return *this;
  }
  GgufFile& text(const std::string& key, const std::string& value) { return pair(key, 8, word(value)); }
  GgufFile& number(const std::string& key, u64 value) { return pair(key, 4, little(value, 4)); }
  GgufFile& tensor(const std::string& name, const std::vector<u64>& ne, u32 type, u64 bytes) { return tensor_at(name, ne, type, data, bytes); }
  GgufFile& tensor_at(const std::string& name, const std::vector<u64>& ne, u32 type, u64 offset, u64 bytes) {
    infos += word(name) + little(ne.size(), 4);
    for (const u64 n : ne) infos += little(n, 8);
    infos += little(type, 4) + little(offset, 8);
    data = offset + (bytes + 31) / 32 * 32;
    ++info_count;
    return *this;
  }
  [[nodiscard]] std::string header() const { return "GGUF" + little(version, 4) + little(info_count, 8) + little(pair_count, 8) + pairs + infos; }
  [[nodiscard]] std::string bytes() const {
    std::string out = header();
    out.resize((out.size() + 31) / 32 * 32 + data);
    return out;
  }
};

/// Reads a file that is claimed to have `size` bytes; 0: those that are there.
inline Result<Checkpoint> read_headers(const std::string& name, std::string_view bytes, u64 size = 0) {
  const auto kind = checkpoint_kind(name);
  REQUIRE(kind.has_value());
  const auto reader = header_reader(*kind, name, size == 0 ? bytes.size() : size);
  for (int turns = 0; const auto slice = reader->wanted(); ++turns) {
    REQUIRE(turns < 10'000);
    const std::string_view all = bytes;
    const std::string_view piece = slice->offset >= all.size() ? std::string_view() : all.substr(static_cast<std::size_t>(slice->offset), static_cast<std::size_t>(slice->size));
    if (auto error = reader->feed(piece)) return *error;
  }
  return reader->take();
}

inline Error refusal(const std::string& name, std::string_view bytes, u64 size = 0) {
  const auto read = read_headers(name, bytes, size);
  REQUIRE_FALSE(read.ok());
  CHECK_FALSE(read.error().message.empty());
  CHECK_FALSE(read.error().message_zh.empty());
  CHECK_FALSE(read.error().hint.empty());
  CHECK_FALSE(read.error().hint_zh.empty());
  return read.error();
}

inline Checkpoint headers_of(const std::string& name, std::string_view bytes, u64 size = 0) {
  auto read = read_headers(name, bytes, size);
  INFO((read.ok() ? "" : read.error().where + " " + read.error().message));
  REQUIRE(read.ok());
  return std::move(read.value());
}

inline CheckpointSummary summary(const Checkpoint& checkpoint) {
  auto made = summary_of(checkpoint);
  REQUIRE(made.ok());
  return made.value();
}

}  // namespace plimsoll::test
