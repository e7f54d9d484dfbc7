#include "wire_json.hpp"

#include <algorithm>
#include <cstring>

#include "messages.hpp"

namespace plimsoll {
namespace {

using Kind = WireType::Kind;

template <class Range, class Name>
std::string joined(const Range& range, Name name) {
  std::string all;
  for (const auto& item : range) all.append(all.empty() ? "" : ", ").append(name(item));
  return all;
}

std::optional<Error> read_number(JsonView json, const WirePlace& place, u64& out) {
  const auto number = json.number();
  if (!number) return make_error(Say::not_whole, place.text(), {json.shown()});
  if (*number < 1) return make_error(Say::below_least, place.text(), {json.shown(), "1"});
  if (*number > static_cast<double>(largest_request_number)) return make_error(Say::above_most, place.text(), {json.shown(), digits(largest_request_number)});
  const auto whole = json.whole();
  if (!whole) return make_error(Say::not_whole, place.text(), {json.shown()});
  out = *whole;
  return std::nullopt;
}

std::optional<Error> read_word(JsonView json, const WirePlace& place, std::span<const std::string_view> words, void* value) {
  const auto name = json.string();
  for (std::size_t i = 0; name && i < words.size(); ++i) {
    if (words[i] != *name) continue;
    const int index = static_cast<int>(i);
    std::memcpy(value, &index, sizeof index);
    return std::nullopt;
  }
  return make_error(Say::unknown_word, place.text(),
                    {name ? cut(*name, 80) : std::string_view(json.shown()), joined(words, [](std::string_view word) { return word; })});
}

std::optional<Error> read_list(JsonView json, const WirePlace& place, const WireType& type, void* value) {
  if (json.kind() != JsonView::Kind::array) return make_error(Say::wrong_kind, place.text(), {"[...]", json.shown()});
  type.resize(value, json.size());
  char* item = static_cast<char*>(type.get(value));
  for (std::size_t i = 0; i < json.size(); ++i, item += type.stride)
    if (auto error = read_value(json.at(i), {&place, {}, i}, *type.item, item)) return error;
  return std::nullopt;
}

std::optional<Error> read_choice(JsonView json, const WirePlace& place, const WireType& type, void* value) {
  if (json.kind() != JsonView::Kind::object) return make_error(Say::not_an_object, place.text(), {json.shown()});
  const JsonView kind = json["kind"];
  if (!kind.present()) return make_error(Say::field_missing, WirePlace{&place, "kind"}.text(), {"kind"});
  const std::string_view word = kind.string().value_or("");
  for (std::size_t i = 0; i < type.alternatives.size(); ++i) {
    if (type.alternatives[i]->tag != word) continue;
    type.resize(value, i);
    return read_value(json, place, *type.alternatives[i], type.get(value));
  }
  return make_error(Say::no_such_kind, WirePlace{&place, "kind"}.text(),
                    {cut(word, 80), joined(type.alternatives, [](const WireType* alternative) { return alternative->tag; })});
}

Error unknown_key(std::string_view key, const WirePlace& place, const WireType& type) {
  std::string known = joined(type.fields, [](const WireField& field) { return field.name; });
  if (!type.tag.empty()) known.insert(0, type.fields.empty() ? "kind" : "kind, ");
  return make_error(Say::unknown_key, WirePlace{&place, cut(key, 80)}.text(), {cut(key, 80), known});
}

std::optional<Error> read_object(JsonView json, const WirePlace& place, const WireType& type, void* value) {
  if (json.kind() != JsonView::Kind::object) return make_error(Say::not_an_object, place.text(), {json.shown()});
  std::optional<Error> error;
  json.each([&](std::string_view key, JsonView member) {
    const auto field = std::ranges::find(type.fields, key, &WireField::name);
    if (field != type.fields.end()) {
      if (member.present()) error = read_value(member, {&place, field->name}, *field->type, field->in(value));
    } else if (key != "kind" || type.tag.empty()) {
      error = unknown_key(key, place, type);
    }
    return !error;
  });
  return error;
}

bool completable(const WireType& type) {
  return type.kind == Kind::object && std::ranges::all_of(type.fields, [](const WireField& field) { return field.type->kind == Kind::optional; });
}

}  // namespace

std::string WirePlace::text() const {
  if (outer == nullptr) return std::string(name);
  return name.empty() ? outer->text() + "[" + std::to_string(index) + "]" : outer->text() + "." + std::string(name);
}

std::optional<Error> read_value(JsonView json, const WirePlace& place, const WireType& type, void* value) {
  switch (type.kind) {
    case Kind::text: {
      const auto text = json.string();
      if (!text) return make_error(Say::wrong_kind, place.text(), {"\"...\"", json.shown()});
      static_cast<std::string*>(value)->assign(*text);
      return std::nullopt;
    }
    case Kind::truth: {
      const auto truth = json.boolean();
      if (!truth) return make_error(Say::wrong_kind, place.text(), {"true / false", json.shown()});
      *static_cast<bool*>(value) = *truth;
      return std::nullopt;
    }
    case Kind::number: return read_number(json, place, *static_cast<u64*>(value));
    case Kind::word: return read_word(json, place, type.words, value);
    case Kind::object: return read_object(json, place, type, value);
    case Kind::list: return read_list(json, place, type, value);
    case Kind::choice: return read_choice(json, place, type, value);
    case Kind::optional: return read_value(json, place, *type.item, type.emplace(value));
    case Kind::text_view:
    case Kind::signed_number: break;  // of answers alone
  }
  return std::nullopt;
}

std::optional<Error> complete_value(const WirePlace& place, const WireType& object, void* value, const std::function<JsonView(std::string_view)>& default_of) {
  for (const WireField& field : object.fields) {
    if (field.type->kind != Kind::optional) continue;
    const WireType& item = *field.type->item;
    void* member = field.in(value);
    void* held = field.type->get(member);
    if (held != nullptr && !completable(item)) continue;
    const JsonView given = default_of(field.name);
    if (!given.present()) continue;
    const WirePlace inner{&place, field.name};
    std::optional<Error> error;
    if (held == nullptr) error = read_value(given, inner, *field.type, member);
    else error = complete_value(inner, item, held, [&](std::string_view part) { return given[part]; });
    if (error) return error;
  }
  return std::nullopt;
}

}  // namespace plimsoll
