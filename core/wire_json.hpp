#pragma once
/// Generic readers and writers of what wire.hpp describes. A new struct needs a description, no code here.

#include <type_traits>

#include "json.hpp"
#include "json_writer.hpp"
#include "messages.hpp"
#include "wire.hpp"

namespace plimsoll {

template <class T>
concept Described = requires { Wire<T>::fields; };

template <class T>
void write_json(JsonWriter& out, const T& value);

template <class T>
void write_fields(JsonWriter& out, const T& value) {
  std::apply([&](const auto&... field) { ((out.key(field.name), write_json(out, value.*field.member)), ...); }, Wire<T>::fields);
}

inline void write_json(JsonWriter& out, const std::string& value) { out.text(value); }
inline void write_json(JsonWriter& out, std::string_view value) { out.text(value); }
inline void write_json(JsonWriter& out, bool value) { out.boolean(value); }
inline void write_json(JsonWriter& out, u64 value) { out.number(value); }
inline void write_json(JsonWriter& out, i64 value) { out.signed_number(value); }
template <class T>
void write_json(JsonWriter& out, const std::optional<T>& value) {
  value ? write_json(out, *value) : out.null();
}
template <class T>
void write_json(JsonWriter& out, const std::vector<T>& values) {
  out.begin_array();
  for (const T& value : values) write_json(out, value);
  out.end_array();
}
template <class... Ts>
void write_json(JsonWriter& out, const std::variant<Ts...>& value) {
  std::visit([&]<class T>(const T& alternative) {
    out.begin_object();
    out.key("kind");
    out.text(wire_kind<T>);
    write_fields(out, alternative);
    out.end_object();
  }, value);
}
template <class T>
void write_json(JsonWriter& out, const T& value) {
  if constexpr (std::is_enum_v<T>) {
    out.text(name_of(value));
  } else {
    out.begin_object();
    write_fields(out, value);
    out.end_object();
  }
}

/// Largest number in a request: beyond 2^53 JavaScript, and so the page, loses digits.
inline constexpr u64 largest_request_number = 1ULL << 53;

inline std::optional<Error> read_json(JsonView json, const std::string& where, std::string& out) {
  const auto text = json.string();
  if (!text) return make_error(Say::wrong_kind, where, {"\"...\"", json.shown()});
  out = *text;
  return std::nullopt;
}
inline std::optional<Error> read_json(JsonView json, const std::string& where, bool& out) {
  const auto value = json.boolean();
  if (!value) return make_error(Say::wrong_kind, where, {"true / false", json.shown()});
  out = *value;
  return std::nullopt;
}
/// Numbers of a request count things, so they start at one.
inline std::optional<Error> read_json(JsonView json, const std::string& where, u64& out) {
  const auto number = json.number();
  if (!number) return make_error(Say::not_whole, where, {json.shown()});
  if (*number < 1) return make_error(Say::below_least, where, {json.shown(), "1"});
  if (*number > static_cast<double>(largest_request_number)) return make_error(Say::above_most, where, {json.shown(), digits(largest_request_number)});
  const auto whole = json.whole();
  if (!whole) return make_error(Say::not_whole, where, {json.shown()});
  out = *whole;
  return std::nullopt;
}

template <class E>
std::string names_of() {
  std::string all;
  for (const std::string_view name : EnumNames<E>::names) all += (all.empty() ? "" : ", ") + std::string(name);
  return all;
}

template <class E>
  requires std::is_enum_v<E>
std::optional<Error> read_json(JsonView json, const std::string& where, E& out) {
  const auto name = json.string();
  const auto value = name ? enum_from<E>(*name) : std::nullopt;
  if (!value) return make_error(Say::unknown_word, where, {name ? cut(*name, 80) : std::string_view(json.shown()), names_of<E>()});
  out = *value;
  return std::nullopt;
}

template <Described T>
std::optional<Error> read_json(JsonView json, const std::string& where, T& out);

template <class... Ts>
std::optional<Error> read_json(JsonView json, const std::string& where, std::variant<Ts...>& out) {
  if (json.kind() != JsonView::Kind::object) return make_error(Say::not_an_object, where, {json.shown()});
  if (!json["kind"].present()) return make_error(Say::field_missing, where + ".kind", {"kind"});
  const std::string_view kind = json["kind"].string().value_or("");
  std::optional<Error> error;
  const bool known = ((wire_kind<Ts> == kind ? (out = Ts{}, error = read_json(json, where, std::get<Ts>(out)), true) : false) || ...);
  if (known) return error;
  std::string all;
  ((all += (all.empty() ? "" : ", ") + std::string(wire_kind<Ts>)), ...);
  return make_error(Say::no_such_kind, where + ".kind", {cut(kind, 80), all});
}

template <class T>
std::optional<Error> read_json(JsonView json, const std::string& where, std::vector<T>& out) {
  if (json.kind() != JsonView::Kind::array) return make_error(Say::wrong_kind, where, {"[...]", json.shown()});
  out.assign(json.size(), T{});
  std::optional<Error> error;
  for (std::size_t i = 0; i < out.size() && !error; ++i) error = read_json(json.at(i), where + "[" + std::to_string(i) + "]", out[i]);
  return error;
}

template <class T>
std::optional<Error> read_json(JsonView json, const std::string& where, std::optional<T>& out) {
  return read_json(json, where, out.emplace());
}

/// Reads an object: absent and null keys keep their defaults, unknown keys are an error so that a misspelt option never
/// goes unnoticed.
template <Described T>
std::optional<Error> read_json(JsonView json, const std::string& where, T& out) {
  if (json.kind() != JsonView::Kind::object) return make_error(Say::not_an_object, where, {json.shown()});
  std::optional<Error> error;
  std::apply([&](const auto&... field) {
    ((!error && json[field.name].present() ? (error = read_json(json[field.name], where + "." + std::string(field.name), out.*field.member), 0) : 0), ...);
  }, Wire<T>::fields);
  for (std::size_t i = 0; i < json.size() && !error; ++i) {
    const std::string_view key = json.key_at(i);
    const bool is_field = std::apply([&](const auto&... field) { return ((field.name == key) || ...); }, Wire<T>::fields);
    if (is_field || (key == "kind" && !wire_kind<T>.empty())) continue;
    std::string known = wire_kind<T>.empty() ? "" : "kind";
    std::apply([&](const auto&... field) { ((known += (known.empty() ? "" : ", ") + std::string(field.name)), ...); }, Wire<T>::fields);
    error = make_error(Say::unknown_key, where + "." + std::string(cut(key, 80)), {cut(key, 80), known});
  }
  return error;
}

/// {"ok":true,"value":...} or {"ok":false,"error":...}
template <class T>
std::string outcome_json(const Result<T>& result) {
  JsonWriter out;
  out.begin_object();
  out.key("ok");
  out.boolean(result.ok());
  out.key(result.ok() ? "value" : "error");
  if (result.ok()) {
    write_json(out, result.value());
  } else {
    write_json(out, result.error());
  }
  out.end_object();
  return out.take();
}

}  // namespace plimsoll
