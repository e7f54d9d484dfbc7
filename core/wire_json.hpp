#pragma once
/// Readers and writers of what wire.hpp describes. A new struct needs a description, no code here.

#include <functional>

#include "json.hpp"
#include "json_writer.hpp"
#include "wire_type.hpp"

namespace plimsoll {

/// A place inside a request, put into words only when something is wrong there.
struct WirePlace {
  const WirePlace* outer = nullptr;
  std::string_view name{};
  std::size_t index = 0;  ///< of a list, where the name is empty
  [[nodiscard]] std::string text() const;
};

/// Largest number in a request: beyond 2^53 JavaScript, and so the page, loses digits.
inline constexpr u64 largest_request_number = 1ULL << 53;

/// Writes any value: what is absent is null.
void write_value(JsonWriter& out, const WireType& type, const void* value);

/// Reads a value of a request: absent and null keys keep their defaults; an unknown key is an error, so that a misspelt option never goes
/// unnoticed. Numbers count things: whole, from 1 to largest_request_number.
std::optional<Error> read_value(JsonView json, const WirePlace& place, const WireType& type, void* value);

/// Reads a default into each optional member of an object that was left out; of an object that was given in part, into the rest. An object
/// with a member of its own that must be given, such as an optimizer with its id, is one choice: it is not completed by another's.
std::optional<Error> complete_value(const WirePlace& place, const WireType& object, void* value, const std::function<JsonView(std::string_view)>& default_of);

template <class T>
void write_json(JsonWriter& out, const T& value) {
  write_value(out, wire_type<T>, &value);
}

/// `where` names the outermost place of an error, such as "request".
template <class T>
std::optional<Error> read_json(JsonView json, std::string_view where, T& out) {
  return read_value(json, {nullptr, where}, wire_type<T>, &out);
}

/// {"ok":true,"value":...} or {"ok":false,"error":...}
std::string outcome_json(const WireType& type, const void* value, const Error* error);

template <class T>
std::string outcome_json(const Result<T>& result) {
  return outcome_json(wire_type<T>, result.ok() ? &result.value() : nullptr, result.ok() ? nullptr : &result.error());
}

}  // namespace plimsoll
