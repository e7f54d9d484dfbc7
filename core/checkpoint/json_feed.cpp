#include "checkpoint/json_feed.hpp"

namespace plimsoll {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// -?(0|[1-9][0-9]*)(.[0-9]+)?([eE][+-]?[0-9]+)?
bool is_number(std::string_view text) {
  std::size_t at = 0;
  const auto digits = [&] {
    const std::size_t from = at;
    while (at < text.size() && is_digit(text[at])) ++at;
    return at - from;
  };
  if (at < text.size() && text[at] == '-') ++at;
  const bool zero = at < text.size() && text[at] == '0';
  const std::size_t whole = digits();
  if (whole == 0 || (zero && whole > 1)) return false;
  if (at < text.size() && text[at] == '.') {
    ++at;
    if (digits() == 0) return false;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    if (digits() == 0) return false;
  }
  return at == text.size();
}

struct Lead {
  u8 left, low, high;  // bytes to follow, and what the first of them may be
};

/// What must follow the first byte of a character; left is 0xFF where no character starts so.
Lead lead_of(unsigned char c) {
  if (c < 0x80) return {0, 0, 0};
  if (c >= 0xC2 && c <= 0xDF) return {1, 0x80, 0xBF};
  if (c == 0xE0) return {2, 0xA0, 0xBF};
  if (c == 0xED) return {2, 0x80, 0x9F};
  if (c >= 0xE1 && c <= 0xEF) return {2, 0x80, 0xBF};
  if (c == 0xF0) return {3, 0x90, 0xBF};
  if (c >= 0xF1 && c <= 0xF3) return {3, 0x80, 0xBF};
  if (c == 0xF4) return {3, 0x80, 0x8F};
  return {0xFF, 0, 0};
}

constexpr std::size_t longest_number = 64;

}  // namespace

bool is_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    const Lead lead = lead_of(static_cast<unsigned char>(text[at]));
    if (lead.left == 0xFF || text.size() - at <= lead.left) return false;
    for (u8 i = 0; i < lead.left; ++i) {
      const auto next = static_cast<unsigned char>(text[++at]);
      if (next < (i == 0 ? lead.low : 0x80) || next > (i == 0 ? lead.high : 0xBF)) return false;
    }
  }
  return true;
}

bool JsonFeed::fail(JsonFault fault) {
  if (fault_ == JsonFault::none) fault_ = fault;
  return false;
}

bool JsonFeed::give(JsonToken token, std::string_view text) { return sink_->take(token, text) || fail(JsonFault::sink); }

bool JsonFeed::feed(std::string_view piece) {
  if (fault_ != JsonFault::none) return false;
  for (std::size_t at = 0; at < piece.size();) {
    if (state_ == State::string && utf8_left_ == 0 && high_surrogate_ == 0) {
      const std::string_view run = plain_run(piece, at);
      at += run.size();
      position_ += run.size();
      // A string that begins and ends in this piece needs no copy.
      if (text_.empty() && at < piece.size() && piece[at] == '"') {
        ++at, ++position_;
        if (!give(is_key_ ? JsonToken::key : JsonToken::string, run)) return false;
        state_ = is_key_ ? State::colon : depth_ == 0 ? State::done : State::after;
        continue;
      }
      text_.append(run);
      if (at == piece.size()) break;
    }
    if (!step(piece[at])) return false;
    ++at, ++position_;
  }
  return true;
}

/// ASCII up to the next quotation mark, escape, control character or wider character.
std::string_view JsonFeed::plain_run(std::string_view piece, std::size_t at) const {
  std::size_t end = at;
  while (end < piece.size()) {
    const auto c = static_cast<unsigned char>(piece[end]);
    if (c == '"' || c == '\\' || c < 0x20 || c >= 0x80) break;
    ++end;
  }
  return piece.substr(at, end - at);
}

bool JsonFeed::finish() {
  if (fault_ != JsonFault::none) return false;
  if ((state_ == State::number || state_ == State::word) && !end_scalar()) return false;
  return state_ == State::done || fail(JsonFault::not_json);
}

bool JsonFeed::step(char c) {
  switch (state_) {
    case State::string: return string_byte(static_cast<unsigned char>(c));
    case State::escape: return escape(c);
    case State::unicode: return unicode(c);
    case State::number:
    case State::word: {
      const bool goes_on = is_digit(c) || (c >= 'a' && c <= 'z') || c == '+' || c == '-' || c == '.' || c == 'E';
      if (goes_on) {
        text_ += c;
        return text_.size() <= longest_number || fail(JsonFault::not_json);
      }
      return end_scalar() && step(c);
    }
    default: break;
  }
  if (is_space(c)) return true;
  switch (state_) {
    case State::value: return start_value(c);
    case State::first_item: return c == ']' ? close(c) : start_value(c);
    case State::first_key:
    case State::key:
      if (c == '}' && state_ == State::first_key) return close(c);
      if (c != '"') return fail(JsonFault::not_json);
      is_key_ = true;
      state_ = State::string;
      return true;
    case State::colon:
      if (c != ':') return fail(JsonFault::not_json);
      state_ = State::value;
      return true;
    case State::after:
      if (c == ',') {
        state_ = object_[depth_ - 1] ? State::key : State::value;
        return true;
      }
      return (c == '}' || c == ']') ? close(c) : fail(JsonFault::not_json);
    default: return fail(JsonFault::not_json);
  }
}

bool JsonFeed::start_value(char c) {
  if (c == '{' || c == '[') return open(c == '{');
  is_key_ = false;
  if (c == '"') {
    state_ = State::string;
    return true;
  }
  if (c == '-' || is_digit(c)) {
    state_ = State::number;
  } else if (c >= 'a' && c <= 'z') {
    state_ = State::word;
  } else {
    return fail(JsonFault::not_json);
  }
  text_ = c;
  return true;
}

bool JsonFeed::open(bool object) {
  if (depth_ == deepest) return fail(JsonFault::too_deep);
  object_[depth_++] = object;
  state_ = object ? State::first_key : State::first_item;
  return give(object ? JsonToken::object_begin : JsonToken::array_begin, {});
}

bool JsonFeed::close(char c) {
  if (object_[depth_ - 1] != (c == '}')) return fail(JsonFault::not_json);
  --depth_;
  state_ = depth_ == 0 ? State::done : State::after;
  return give(c == '}' ? JsonToken::object_end : JsonToken::array_end, {});
}

bool JsonFeed::end_scalar() {
  const bool number = state_ == State::number;
  const std::string text = std::move(text_);
  text_.clear();
  if (number ? !is_number(text) : text != "true" && text != "false" && text != "null") return fail(JsonFault::not_json);
  state_ = depth_ == 0 ? State::done : State::after;
  return give(number ? JsonToken::number : JsonToken::word, text);
}

bool JsonFeed::end_string() {
  const std::string text = std::move(text_);
  text_.clear();
  state_ = is_key_ ? State::colon : depth_ == 0 ? State::done : State::after;
  return give(is_key_ ? JsonToken::key : JsonToken::string, text);
}

bool JsonFeed::string_byte(unsigned char c) {
  if (utf8_left_ > 0) {
    if (c < utf8_low_ || c > utf8_high_) return fail(JsonFault::bad_text);
    utf8_low_ = 0x80, utf8_high_ = 0xBF;
    --utf8_left_;
  } else {
    if (c == '\\') {
      state_ = State::escape;
      return true;
    }
    if (high_surrogate_ != 0 || c < 0x20) return fail(JsonFault::bad_text);
    if (c == '"') return end_string();
    const Lead lead = lead_of(c);
    if (lead.left == 0xFF) return fail(JsonFault::bad_text);
    if (lead.left > 0) utf8_left_ = lead.left, utf8_low_ = lead.low, utf8_high_ = lead.high;
  }
  text_ += static_cast<char>(c);
  return true;
}

bool JsonFeed::escape(char c) {
  constexpr std::string_view from = "\"\\/bfnrt", to = "\"\\/\b\f\n\r\t";
  if (c == 'u') {
    state_ = State::unicode;
    hex_digits_ = 0;
    code_ = 0;
    return true;
  }
  const std::size_t which = from.find(c);
  if (which == std::string_view::npos || high_surrogate_ != 0) return fail(JsonFault::bad_text);
  text_ += to[which];
  state_ = State::string;
  return true;
}

bool JsonFeed::unicode(char c) {
  const u32 digit = is_digit(c) ? static_cast<u32>(c - '0') : c >= 'a' && c <= 'f' ? static_cast<u32>(c - 'a' + 10) : c >= 'A' && c <= 'F' ? static_cast<u32>(c - 'A' + 10) : 16;
  if (digit == 16) return fail(JsonFault::bad_text);
  code_ = code_ * 16 + digit;
  if (++hex_digits_ < 4) return true;
  state_ = State::string;
  const bool low = code_ >= 0xDC00 && code_ <= 0xDFFF;
  if (low != (high_surrogate_ != 0)) return fail(JsonFault::bad_text);
  if (code_ >= 0xD800 && code_ <= 0xDBFF) {
    high_surrogate_ = code_;
    return true;
  }
  const u32 point = low ? 0x10000 + ((high_surrogate_ - 0xD800) << 10) + (code_ - 0xDC00) : code_;
  high_surrogate_ = 0;
  return put_code_point(point);
}

bool JsonFeed::put_code_point(u32 code) {
  const auto tail = [&](u32 shift) { text_ += static_cast<char>(0x80 | ((code >> shift) & 0x3F)); };
  if (code < 0x80) {
    text_ += static_cast<char>(code);
  } else if (code < 0x800) {
    text_ += static_cast<char>(0xC0 | (code >> 6));
    tail(0);
  } else if (code < 0x10000) {
    text_ += static_cast<char>(0xE0 | (code >> 12));
    tail(6), tail(0);
  } else {
    text_ += static_cast<char>(0xF0 | (code >> 18));
    tail(12), tail(6), tail(0);
  }
  return true;
}

}  // namespace plimsoll
