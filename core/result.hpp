#pragma once
/// Result<T>: a value, or an Error that says where, what is wrong and what to do. Core never throws.

#include <string>
#include <utility>
#include <variant>

#include "vocabulary.hpp"

namespace plimsoll {

/// An answer that could not be given. The texts come from messages.cpp, in both languages; `where` is a dotted path such as
/// "config.num_key_value_heads" or "request.device.gpu".
struct Error {
  ErrorCode code{};
  std::string where;
  std::string message;
  std::string hint;
  std::string message_zh;
  std::string hint_zh;
};

/// Something the reader must see beside a number: a default that was taken, an assumption that was made.
struct Notice {
  std::string code;
  std::string where;
  std::string message;
  std::string message_zh;
};

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : content_(std::move(value)) {}
  Result(Error error) : content_(std::move(error)) {}

  [[nodiscard]] bool ok() const { return content_.index() == 0; }
  [[nodiscard]] const T& value() const { return *std::get_if<0>(&content_); }
  [[nodiscard]] T& value() { return *std::get_if<0>(&content_); }
  [[nodiscard]] const Error& error() const { return *std::get_if<1>(&content_); }

 private:
  std::variant<T, Error> content_;
};

#define PLIMSOLL_JOIN2(a, b) a##b
#define PLIMSOLL_JOIN(a, b) PLIMSOLL_JOIN2(a, b)
/// Declares a value from a Result, or returns its Error from the enclosing function.
#define PLIMSOLL_TRY(declaration, expression) \
  auto PLIMSOLL_JOIN(try_, __LINE__) = (expression); \
  if (!PLIMSOLL_JOIN(try_, __LINE__).ok()) return PLIMSOLL_JOIN(try_, __LINE__).error(); \
  declaration = std::move(PLIMSOLL_JOIN(try_, __LINE__).value())

}  // namespace plimsoll
