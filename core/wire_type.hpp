#pragma once
/// What wire.hpp describes, as data: one table per type, read, written and completed by one piece of code for all of them. Templates that
/// unroll each field were a third of the module's size and no faster.

#include <array>
#include <functional>
#include <span>
#include <type_traits>
#include <variant>

#include "json.hpp"
#include "json_writer.hpp"
#include "wire.hpp"

namespace plimsoll {

struct WireType;

struct WireField {
  std::string_view name;
  void* (*in)(void* owner);  ///< the member of an object
  const WireType* type;
};

/// How a value of one type is found in memory. A kind uses the functions that its line names.
struct WireType {
  enum class Kind : unsigned char {
    text,           ///< std::string
    text_view,      ///< std::string_view, which is written only
    truth,          ///< bool
    number,         ///< u64
    signed_number,  ///< i64, which is written only
    word,           ///< an enumeration of int's size: `words`
    object,         ///< `fields`; `tag` is its word as an alternative
    optional,       ///< `item`, `get` (null when empty), `emplace`
    list,           ///< `item`, `size`, `get` (the first), `resize`, `stride`
    choice          ///< `alternatives`, `size` (the index), `get`, `resize` (to the alternative of an index)
  };
  Kind kind;
  std::string_view tag{};
  std::span<const WireField> fields{};
  std::span<const std::string_view> words{};
  std::span<const WireType* const> alternatives{};
  const WireType* item = nullptr;
  std::size_t stride = 0;
  void* (*get)(void*) = nullptr;
  void* (*emplace)(void*) = nullptr;
  std::size_t (*size)(const void*) = nullptr;
  void (*resize)(void*, std::size_t) = nullptr;
};

template <class T>
concept Described = requires { Wire<T>::fields; };

template <class T>
struct WireTypeOf;
template <class T>
inline constexpr const WireType& wire_type = WireTypeOf<T>::value;

template <class T, WireType::Kind k>
struct PlainWireType {
  static constexpr WireType value{.kind = k};
};
template <>
struct WireTypeOf<std::string> : PlainWireType<std::string, WireType::Kind::text> {};
template <>
struct WireTypeOf<std::string_view> : PlainWireType<std::string_view, WireType::Kind::text_view> {};
template <>
struct WireTypeOf<bool> : PlainWireType<bool, WireType::Kind::truth> {};
template <>
struct WireTypeOf<u64> : PlainWireType<u64, WireType::Kind::number> {};
template <>
struct WireTypeOf<i64> : PlainWireType<i64, WireType::Kind::signed_number> {};

template <class E>
  requires std::is_enum_v<E>
struct WireTypeOf<E> {
  static_assert(sizeof(E) == sizeof(int));
  static constexpr WireType value{.kind = WireType::Kind::word, .words = EnumNames<E>::names};
};

template <class T>
struct WireTypeOf<std::optional<T>> {
  using Self = std::optional<T>;
  static void* get(void* self) { return static_cast<Self*>(self)->has_value() ? &**static_cast<Self*>(self) : nullptr; }
  static void* emplace(void* self) { return &static_cast<Self*>(self)->emplace(); }
  static constexpr WireType value{.kind = WireType::Kind::optional, .item = &WireTypeOf<T>::value, .get = get, .emplace = emplace};
};

template <class T>
struct WireTypeOf<std::vector<T>> {
  using Self = std::vector<T>;
  static void* get(void* self) { return static_cast<Self*>(self)->data(); }
  static std::size_t size(const void* self) { return static_cast<const Self*>(self)->size(); }
  static void resize(void* self, std::size_t count) { static_cast<Self*>(self)->assign(count, T{}); }
  static constexpr WireType value{.kind = WireType::Kind::list, .item = &WireTypeOf<T>::value, .stride = sizeof(T), .get = get, .size = size, .resize = resize};
};

template <class... Ts>
struct WireTypeOf<std::variant<Ts...>> {
  using Self = std::variant<Ts...>;
  static void* get(void* self) { return std::visit([](auto& alternative) -> void* { return &alternative; }, *static_cast<Self*>(self)); }
  static std::size_t size(const void* self) { return static_cast<const Self*>(self)->index(); }
  static void resize(void* self, std::size_t index) {
    std::size_t i = 0;
    ((i++ == index ? (static_cast<Self*>(self)->template emplace<Ts>(), 0) : 0), ...);
  }
  static constexpr std::array<const WireType*, sizeof...(Ts)> all{&WireTypeOf<Ts>::value...};
  static constexpr WireType value{.kind = WireType::Kind::choice, .alternatives = all, .get = get, .size = size, .resize = resize};
};

/// The fields of a described struct, apart from its WireTypeOf: older compilers lay out no member of a class by a function of its own.
template <class T>
struct WireFields {
  static constexpr std::size_t count = std::tuple_size_v<decltype(Wire<T>::fields)>;
  template <std::size_t i>
  using Member = std::remove_reference_t<decltype(std::declval<T>().*std::get<i>(Wire<T>::fields).member)>;
  template <std::size_t i>
  static void* in(void* owner) {
    return &(static_cast<T*>(owner)->*std::get<i>(Wire<T>::fields).member);
  }
  template <std::size_t... i>
  static constexpr std::array<WireField, count> list(std::index_sequence<i...>) {
    return {WireField{std::get<i>(Wire<T>::fields).name, in<i>, &WireTypeOf<Member<i>>::value}...};
  }
};
template <class T>
inline constexpr std::array<WireField, WireFields<T>::count> wire_fields = WireFields<T>::list(std::make_index_sequence<WireFields<T>::count>{});

template <Described T>
struct WireTypeOf<T> {
  static constexpr WireType value{.kind = WireType::Kind::object, .tag = wire_kind<T>, .fields = wire_fields<T>};
};

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

}  // namespace plimsoll
