#pragma once
/// What the two JSON headers share: words of an error's place, numbers as text.

#include <optional>
#include <string>
#include <string_view>

#include "checkpoint/json_feed.hpp"
#include "result.hpp"

namespace plimsoll {

/// model.safetensors: "model.norm.weight"; a name too long to show is cut.
std::string place_of_tensor(std::string_view file, std::string_view tensor, std::string_view field = {});
/// model.safetensors: byte 12
std::string place_of_byte(std::string_view file, u64 byte);

/// A whole number as JSON writes it, also 12.0 and 1.2e1. Nothing for a fraction, a negative, or one above 2^64 - 1.
std::optional<u64> whole_number(std::string_view text);

/// The error of a text that a feed gave up; `begin` is where the text begins in the file.
Error error_of(const JsonFeed& feed, std::string_view file, u64 begin);

/// The error of a header or index longer than its limit, or than its file.
std::optional<Error> check_header_size(std::string_view file, u64 header_end, u64 file_size, u64 limit);

}  // namespace plimsoll
