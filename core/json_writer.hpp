#pragma once
/// Appends JSON text to a buffer: no document is built. Keys and names are plain ASCII; values are escaped.
/// The buffer is its own and not a std::string, whose push_back is a call into a library built for size.

#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "units.hpp"

namespace plimsoll {

class JsonWriter {
 public:
  void begin_object() { open('{'); }
  void end_object() { close('}'); }
  void begin_array() { open('['); }
  void end_array() { close(']'); }
  void key(std::string_view name);
  void text(std::string_view value);
  void number(u64 value);
  void signed_number(i64 value);
  void boolean(bool value);
  void null();
  /// A piece of JSON made elsewhere, as it is.
  void raw(std::string_view json);

  [[nodiscard]] std::string take() const { return {buffer_.get(), size_}; }

 private:
  void open(char bracket);
  void close(char bracket);
  void separate();
  void quoted(std::string_view value);
  void grow(std::size_t more);

  void put(char c) {
    if (size_ == capacity_) grow(1);
    buffer_[size_++] = c;
  }
  void put(std::string_view piece) {
    if (piece.size() > capacity_ - size_) grow(piece.size());
    if (!piece.empty()) std::memcpy(buffer_.get() + size_, piece.data(), piece.size());
    size_ += piece.size();
  }

  std::unique_ptr<char[]> buffer_;
  std::size_t size_ = 0, capacity_ = 0;
  bool comma_ = false;
};

}  // namespace plimsoll
