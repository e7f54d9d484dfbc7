#pragma once
/// Readers and writers of what wire.hpp describes. A new struct needs a description, no code here.

#include "wire_type.hpp"

namespace plimsoll {

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
