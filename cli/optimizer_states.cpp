/// plimsoll-optimizer-states [--catalog FILE] [FILE|-]: JSON Lines, each {"optimizer": {...}, "tensor": {...}}; for each line the
/// states that the optimizer keeps for the tensor, in the same order. Exit status 0, or 2 when any outcome is an error.

#include <algorithm>
#include <cstdio>
#include <string_view>

#include "files.hpp"
#include "plimsoll.hpp"

int main(int count, char** arguments) {
  std::string catalog_path = PLIMSOLL_CATALOG, input = "-";
  for (int i = 1; i < count; ++i) {
    const std::string_view word = arguments[i];
    if (word == "--catalog" && i + 1 < count) {
      catalog_path = arguments[++i];
    } else if (word.starts_with("--")) {
      std::fputs("usage: plimsoll-optimizer-states [--catalog FILE] [FILE|-]\n", stderr);
      return 2;
    } else {
      input = word;
    }
  }
  plimsoll::Session session;
  const auto catalog = read_file(catalog_path);
  const std::string loaded = catalog ? session.load_catalog(*catalog) : plimsoll::unreadable_file(catalog_path);
  const auto text = read_file(input);
  if (loaded.starts_with("{\"ok\":false") || !text) {
    std::puts((text ? loaded : plimsoll::unreadable_file(input)).c_str());
    return 2;
  }
  bool failed = false;
  const std::string_view lines = *text;
  for (std::size_t at = 0; at < lines.size();) {
    const std::size_t end = std::min(lines.find('\n', at), lines.size());
    const std::string_view line = lines.substr(at, end - at);
    at = end + 1;
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    const std::string outcome = session.optimizer_states(line);
    failed = failed || outcome.starts_with("{\"ok\":false");
    std::puts(outcome.c_str());
  }
  return failed ? 2 : 0;
}
