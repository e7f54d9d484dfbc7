#pragma once
/// Reading the headers of checkpoint files: no more of a file than its header.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "plimsoll.hpp"

/// Feeds the header of one file. The name in messages is the file's own, without its folder.
inline std::optional<plimsoll::Error> read_header(plimsoll::HeaderReading& reading, const std::filesystem::path& path) {
  std::error_code failed;
  const auto size = std::filesystem::file_size(path, failed);
  std::ifstream file(path, std::ios::binary);
  if (failed || !file) return plimsoll::unreadable(path.string());
  if (auto error = reading.open(path.filename().string(), size)) return error;
  std::string bytes;
  while (const auto slice = reading.wanted()) {
    bytes.resize(static_cast<std::size_t>(slice->size));
    file.clear();
    file.seekg(static_cast<std::streamoff>(slice->offset));
    file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    if (auto error = reading.feed(std::string_view(bytes.data(), static_cast<std::size_t>(file.gcount())))) return error;
  }
  return std::nullopt;
}

/// The checkpoint files of a folder in the order of their names. An index without its shards describes them; beside them it is checked.
inline std::vector<std::filesystem::path> checkpoint_files(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(folder, failed))
    if (entry.is_regular_file() && plimsoll::checkpoint_kind(entry.path().filename().string())) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}
