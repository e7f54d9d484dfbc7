#pragma once
/// Appends JSON text to a string: no document is built. Keys and names are plain ASCII; values are escaped.

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

  [[nodiscard]] const std::string& str() const { return out_; }
  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  void open(char bracket);
  void close(char bracket);
  void separate();
  void quoted(std::string_view value);

  std::string out_;
  bool comma_ = false;
};

}  // namespace plimsoll
