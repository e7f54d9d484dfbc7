#pragma once
/// Reading files for the programs; core itself has no I/O.

#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <string>

/// A file's content, or nothing when it cannot be read. "-" is standard input.
inline std::optional<std::string> read_file(const std::string& path) {
  if (path == "-") return std::string(std::istreambuf_iterator<char>(std::cin), {});
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::string text((std::istreambuf_iterator<char>(file)), {});
  if (file.bad()) return std::nullopt;
  return text;
}
