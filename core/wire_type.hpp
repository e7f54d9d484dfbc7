#pragma once
/// What wire.hpp describes, as data: one table per type, read, written and completed by one piece of code for all of them. Code for each field
/// of each struct would be many times as large and no faster.

#include <array>
#include <span>
#include <type_traits>
#include <variant>

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

}  // namespace plimsoll
