#pragma once
/// JSON as a stream: text in pieces, tokens out. No document is built, so that a file of any length takes the memory of its longest word,
/// and nothing recurses, so that no nesting can exhaust the stack.

#include <array>
#include <string>
#include <string_view>

#include "units.hpp"

namespace plimsoll {

enum class JsonToken { object_begin, object_end, array_begin, array_end, key, string, number, word };  // word: true, false, null

/// Takes tokens in their order. The text of a key or string is decoded and valid UTF-8; it lives until the call returns.
class JsonSink {
 public:
  virtual ~JsonSink() = default;
  /// False ends the reading; the sink knows why.
  virtual bool take(JsonToken token, std::string_view text) = 0;
};

/// Why a text was given up.
enum class JsonFault { none, not_json, bad_text, too_deep, sink };

class JsonFeed {
 public:
  static constexpr u32 deepest = 64;  ///< a header has three levels; an index as many

  explicit JsonFeed(JsonSink& sink) : sink_(&sink) {}

  /// Reads a piece. False: given up, and `fault` and `position` say why and where.
  bool feed(std::string_view piece);
  /// After the last piece: whether the text was one whole value.
  bool finish();

  [[nodiscard]] JsonFault fault() const { return fault_; }
  [[nodiscard]] u64 position() const { return position_; }  ///< bytes read: of the text so far, or up to the fault

 private:
  enum class State : u8 { value, first_key, key, colon, first_item, after, string, escape, unicode, number, word, done };

  bool step(char c);
  bool string_byte(unsigned char c);
  bool escape(char c);
  bool unicode(char c);
  bool start_value(char c);
  bool open(bool object);
  bool close(char c);
  bool end_string();
  bool end_scalar();
  bool put_code_point(u32 code);
  bool give(JsonToken token, std::string_view text);
  bool fail(JsonFault fault);
  std::string_view plain_run(std::string_view piece, std::size_t at) const;

  JsonSink* sink_;
  State state_ = State::value;
  JsonFault fault_ = JsonFault::none;
  std::array<bool, deepest> object_{};
  u32 depth_ = 0;
  bool is_key_ = false;
  u8 utf8_left_ = 0;          // continuation bytes that must follow
  u8 utf8_low_ = 0x80, utf8_high_ = 0xBF;
  u8 hex_digits_ = 0;
  u32 code_ = 0, high_surrogate_ = 0;
  u64 position_ = 0;
  std::string text_;
};

/// Whether a text is valid UTF-8: no stray or missing bytes, no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view text);

}  // namespace plimsoll
