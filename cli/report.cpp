/// plimsoll-report [--catalog FILE] [--totals | --rank] [FILE|-]: one request as JSON, or JSON Lines with one request a line;
/// one outcome a line, in the same order. Exit status 0, or 2 when any outcome is an error.

#include <cstdio>
#include <string_view>
#include <vector>

#include "files.hpp"
#include "plimsoll.hpp"

namespace {

using Ask = std::string (plimsoll::Session::*)(std::string_view);

struct Options {
  std::string catalog = PLIMSOLL_CATALOG, input = "-";
  Ask ask = &plimsoll::Session::report;
  bool understood = true;
};

Options read_options(int count, char** arguments) {
  Options options;
  int files = 0;
  for (int i = 1; i < count; ++i) {
    const std::string_view word = arguments[i];
    if (word == "--catalog" && i + 1 < count) {
      options.catalog = arguments[++i];
    } else if (word == "--totals") {
      options.ask = &plimsoll::Session::totals;
    } else if (word == "--rank") {
      options.ask = &plimsoll::Session::rank_devices;
    } else if (word.starts_with("--") || ++files > 1) {
      options.understood = false;
    } else {
      options.input = word;
    }
  }
  return options;
}

/// Whether a line closes every bracket that it opens: then the text is one request a line.
bool is_whole(std::string_view line) {
  long depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quoted && c == '\\') ++i;
    else if (c == '"') quoted = !quoted;
    else if (!quoted && (c == '{' || c == '[')) ++depth;
    else if (!quoted && (c == '}' || c == ']')) --depth;
  }
  return depth == 0 && !quoted;
}

std::vector<std::string_view> requests_of(std::string_view text) {
  std::vector<std::string_view> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = text.substr(at, end - at);
    if (line.find_first_not_of(" \t\r") != std::string_view::npos) lines.push_back(line);
    at = end + 1;
  }
  if (lines.size() < 2 || !is_whole(lines.front())) return {text};
  return lines;
}

}  // namespace

int main(int count, char** arguments) {
  const Options options = read_options(count, arguments);
  if (!options.understood) {
    std::fputs("usage: plimsoll-report [--catalog FILE] [--totals | --rank] [FILE|-]\n", stderr);
    return 2;
  }
  plimsoll::Session session;
  session.set_file_reader(read_file);
  const auto catalog = read_file(options.catalog);
  const std::string loaded = catalog ? session.load_catalog(*catalog) : plimsoll::unreadable_file(options.catalog);
  const auto text = read_file(options.input);
  if (loaded.starts_with("{\"ok\":false") || !text) {
    std::puts((text ? loaded : plimsoll::unreadable_file(options.input)).c_str());
    return 2;
  }
  bool failed = false;
  for (const std::string_view request : requests_of(*text)) {
    const std::string outcome = (session.*options.ask)(request);
    failed = failed || outcome.starts_with("{\"ok\":false");
    std::puts(outcome.c_str());
  }
  return failed ? 2 : 0;
}
