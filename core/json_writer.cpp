#include "json_writer.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace plimsoll {

namespace {

/// Whether a byte may not stand in JSON text as it is.
constexpr bool needs_escape(char c) { return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20; }

}  // namespace

void JsonWriter::grow(std::size_t more) {
  constexpr std::size_t smallest = 4096;
  capacity_ = std::max({smallest, 2 * capacity_, size_ + more});
  std::unique_ptr<char[]> larger(new char[capacity_]);
  if (size_ > 0) std::memcpy(larger.get(), buffer_.get(), size_);
  buffer_ = std::move(larger);
}

void JsonWriter::separate() {
  if (comma_) put(',');
  comma_ = true;
}

void JsonWriter::open(char bracket) {
  separate();
  put(bracket);
  comma_ = false;
}

void JsonWriter::close(char bracket) {
  put(bracket);
  comma_ = true;
}

void JsonWriter::quoted(std::string_view value) {
  constexpr std::string_view hex = "0123456789abcdef";
  if (value.size() + 2 > capacity_ - size_) grow(value.size() + 2);
  char* const start = buffer_.get() + size_;
  start[0] = '"';
  std::size_t plain = 0;  // most values have nothing to escape, and are too short for a call to memcpy
  for (; plain < value.size() && !needs_escape(value[plain]); ++plain) start[plain + 1] = value[plain];
  size_ += plain + 1;
  std::size_t done = plain;
  for (std::size_t i = plain; i < value.size(); ++i) {
    const char c = value[i];
    if (!needs_escape(c)) continue;
    put(value.substr(done, i - done));
    put('\\');
    if (c == '"' || c == '\\') {
      put(c);
    } else {
      put("u00");
      put(hex[static_cast<unsigned char>(c) >> 4]);
      put(hex[c & 15]);
    }
    done = i + 1;
  }
  put(value.substr(done));
  put('"');
}

void JsonWriter::key(std::string_view name) {
  if (name.size() + 4 > capacity_ - size_) grow(name.size() + 4);
  separate();
  put('"');
  put(name);
  put('"');
  put(':');
  comma_ = false;
}

void JsonWriter::text(std::string_view value) {
  separate();
  quoted(value);
}

void JsonWriter::number(u64 value) {
  separate();
  std::array<char, 24> buffer{};
  const char* end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  put(std::string_view(buffer.data(), static_cast<std::size_t>(end - buffer.data())));
}

void JsonWriter::signed_number(i64 value) {
  separate();
  std::array<char, 24> buffer{};
  const char* end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  put(std::string_view(buffer.data(), static_cast<std::size_t>(end - buffer.data())));
}

void JsonWriter::boolean(bool value) {
  separate();
  put(value ? std::string_view("true") : std::string_view("false"));
}

void JsonWriter::null() {
  separate();
  put("null");
}

void JsonWriter::raw(std::string_view json) {
  separate();
  put(json);
}

}  // namespace plimsoll
