/// plimsoll-inspect FILE...: what each config.json describes, one line of JSON for each, in order.
/// Exit status 0, or 2 when any file gave an error.

#include <cstdio>
#include <string_view>

#include "files.hpp"
#include "plimsoll.hpp"

namespace {

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

}  // namespace

int main(int count, char** arguments) {
  if (count < 2) {
    std::fputs("usage: plimsoll-inspect FILE...\n", stderr);
    return 2;
  }
  bool failed = false;
  for (int i = 1; i < count; ++i) {
    const auto text = read_file(arguments[i]);
    const std::string outcome = text ? plimsoll::inspect_config(*text) : plimsoll::unreadable_file(arguments[i]);
    failed = failed || outcome.starts_with("{\"ok\":false");
    std::puts(with_file(arguments[i], outcome).c_str());
  }
  return failed ? 2 : 0;
}
