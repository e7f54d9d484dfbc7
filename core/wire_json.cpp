#include "wire_json.hpp"

#include <cstring>

namespace plimsoll {
namespace {

using Kind = WireType::Kind;

/// Nothing is written through it: reading and writing share the functions that find a member.
void* found(const void* value) { return const_cast<void*>(value); }

std::size_t word_at(const void* value) {
  int index = 0;
  std::memcpy(&index, value, sizeof index);
  return static_cast<std::size_t>(index);
}

void write_fields(JsonWriter& out, const WireType& type, const void* value) {
  for (const WireField& field : type.fields) {
    out.key(field.name);
    write_value(out, *field.type, field.in(found(value)));
  }
}

void write_list(JsonWriter& out, const WireType& type, const void* value) {
  const char* item = static_cast<const char*>(type.get(found(value)));
  out.begin_array();
  for (std::size_t i = 0, count = type.size(value); i < count; ++i, item += type.stride) write_value(out, *type.item, item);
  out.end_array();
}

void write_object(JsonWriter& out, const WireType& type, const void* value, bool tagged) {
  out.begin_object();
  if (tagged) {
    out.key("kind");
    out.text(type.tag);
  }
  write_fields(out, type, value);
  out.end_object();
}

}  // namespace

void write_value(JsonWriter& out, const WireType& type, const void* value) {
  switch (type.kind) {
    case Kind::text: return out.text(*static_cast<const std::string*>(value));
    case Kind::text_view: return out.text(*static_cast<const std::string_view*>(value));
    case Kind::truth: return out.boolean(*static_cast<const bool*>(value));
    case Kind::number: return out.number(*static_cast<const u64*>(value));
    case Kind::signed_number: return out.signed_number(*static_cast<const i64*>(value));
    case Kind::word: return out.text(type.words[word_at(value)]);
    case Kind::object: return write_object(out, type, value, false);
    case Kind::list: return write_list(out, type, value);
    case Kind::choice: return write_object(out, *type.alternatives[type.size(value)], type.get(found(value)), true);
    case Kind::optional: break;
  }
  const void* held = type.get(found(value));
  held == nullptr ? out.null() : write_value(out, *type.item, held);
}

std::string outcome_json(const WireType& type, const void* value, const Error* error) {
  JsonWriter out;
  out.begin_object();
  out.key("ok");
  out.boolean(error == nullptr);
  out.key(error == nullptr ? "value" : "error");
  error == nullptr ? write_value(out, type, value) : write_json(out, *error);
  out.end_object();
  return out.take();
}

}  // namespace plimsoll
