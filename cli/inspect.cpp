/// plimsoll-inspect [--config FILE] FILE...: what each config.json describes, or what the headers of a checkpoint say; one line of JSON for
/// each, in order. A folder is one checkpoint with all its files, and the config.json in it. --config stands before the checkpoint that it
/// belongs to. Exit status 0, or 2 when any file gave an error.

#include <cstdio>
#include <string_view>

#include "files.hpp"
#include "headers.hpp"

namespace {

using Text = std::optional<std::string>;

/// {"ok":true,...} -> {"file":"...","ok":true,...}
std::string with_file(std::string_view path, std::string_view outcome) {
  std::string line = "{\"file\":\"";
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20) {
      constexpr std::string_view hex = "0123456789abcdef";
      line += {'\\', 'u', '0', '0', hex[byte >> 4], hex[byte & 15]};
      continue;
    }
    if (c == '"' || c == '\\') line += '\\';
    line += c;
  }
  return line + "\"," + std::string(outcome.substr(1));
}

std::string inspect_files(const std::vector<std::filesystem::path>& files, const Text& config) {
  plimsoll::HeaderReading reading;
  for (const auto& file : files)
    if (auto error = read_header(reading, file)) return plimsoll::refused(*error);
  return plimsoll::inspect_checkpoint(reading, config);
}

std::string inspect(const std::string& path, const Text& config_path) {
  const bool is_folder = path != "-" && std::filesystem::is_directory(path);
  Text beside;
  if (config_path || is_folder) {
    const std::string where = config_path ? *config_path : (std::filesystem::path(path) / "config.json").string();
    beside = read_file(where);
    if (config_path && !beside) return plimsoll::unreadable_file(where);
  }
  if (is_folder) return inspect_files(checkpoint_files(path), beside);
  if (plimsoll::checkpoint_kind(path)) return inspect_files({path}, beside);
  const Text text = read_file(path);
  return text ? plimsoll::inspect_config(*text) : plimsoll::unreadable_file(path);
}

}  // namespace

int main(int count, char** arguments) {
  bool failed = false, any = false;
  Text config;
  for (int i = 1; i < count; ++i) {
    const std::string word = arguments[i];
    if (word == "--config" && i + 1 < count) {
      config = arguments[++i];
      continue;
    }
    const std::string outcome = inspect(word, config);
    config.reset();
    any = true;
    failed = failed || outcome.starts_with("{\"ok\":false");
    std::puts(with_file(word, outcome).c_str());
  }
  if (!any) std::fputs("usage: plimsoll-inspect [--config FILE] FILE...\n", stderr);
  return failed || !any ? 2 : 0;
}
