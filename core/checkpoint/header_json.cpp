#include "checkpoint/header_json.hpp"

#include "messages.hpp"

namespace plimsoll {
namespace {

constexpr std::size_t shown_name = 160;

}  // namespace

std::string place_of_tensor(std::string_view file, std::string_view tensor, std::string_view field) {
  std::string place = std::string(file) + ": \"" + std::string(cut(tensor, shown_name)) + '"';
  if (!field.empty()) place += "." + std::string(field);
  return place;
}

std::string place_of_byte(std::string_view file, u64 byte) { return std::string(file) + ": byte " + digits(byte); }

std::optional<u64> whole_number(std::string_view text) {
  const std::size_t power_at = std::min(text.find_first_of("eE"), text.size());
  std::string_view mantissa = text.substr(0, power_at);
  std::string_view power = power_at < text.size() ? text.substr(power_at + 1) : std::string_view("0");
  const bool negative_power = power.starts_with('-');
  if (power.starts_with('-') || power.starts_with('+')) power.remove_prefix(1);
  if (mantissa.starts_with('-') || power.size() > 3) return std::nullopt;
  i64 shift = 0;
  for (const char c : power) shift = shift * 10 + (c - '0');
  if (negative_power) shift = -shift;
  std::string number;
  for (std::size_t i = 0, point = mantissa.find('.'); i < mantissa.size(); ++i) {
    if (i == point) continue;
    number += mantissa[i];
    if (i > point) --shift;
  }
  for (; shift < 0; ++shift) {  // digits after the point must be zeros
    if (!number.empty() && number.back() != '0') return std::nullopt;
    if (!number.empty()) number.pop_back();
  }
  Checked value;
  for (const char c : number) value = value * u64{10} + static_cast<u64>(c - '0');
  for (; shift > 0 && value.value > 0 && !value.overflowed; --shift) value = value * u64{10};
  return value.overflowed ? std::nullopt : std::optional<u64>(value.value);
}

Error error_of(const JsonFeed& feed, std::string_view file, u64 begin) {
  const u64 byte = begin + feed.position();
  switch (feed.fault()) {
    case JsonFault::bad_text: return make_error(Say::header_not_text, place_of_byte(file, byte), {digits(byte)});
    case JsonFault::too_deep: return make_error(Say::header_too_deep, place_of_byte(file, byte), {digits(JsonFeed::deepest)});
    case JsonFault::none:
    case JsonFault::sink:
    case JsonFault::not_json: break;
  }
  return make_error(Say::header_not_json, place_of_byte(file, byte), {digits(byte)});
}

std::optional<Error> check_header_size(std::string_view file, u64 header_end, u64 file_size, u64 limit) {
  if (header_end > limit) return make_error(Say::header_too_large, std::string(file), {digits(header_end), digits(limit)});
  if (header_end > file_size) return make_error(Say::file_truncated, std::string(file), {digits(file_size), digits(header_end)});
  return std::nullopt;
}

}  // namespace plimsoll
