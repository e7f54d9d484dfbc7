#pragma once
/// Reads a config.json key by key. The first thing that is wrong is remembered and every later answer is harmless, so that a
/// family is a list of plain assignments and asks once, at the end, whether all went well.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "json.hpp"
#include "messages.hpp"

namespace plimsoll {

/// A key that a model class stores under another name: GPT-2 writes hidden_size as n_embd.
struct KeyAlias {
  std::string_view key, stored_as;
};

/// No dimension of a real model comes near; beyond it a config is a mistake or a joke.
inline constexpr u32 largest_dimension = 1U << 28;  // four times it still fits 32 bit
inline constexpr u32 most_layers = 10'000;
inline constexpr u32 most_experts = 65'536;

class ConfigReader {
 public:
  /// `path` begins the `where` of every error: "config".
  ConfigReader(JsonView config, std::string path, std::span<const KeyAlias> aliases)
      : config_(config), path_(std::move(path)), aliases_(aliases) {}

  /// A positive whole number. Absent or null: `otherwise`, and the key is noted as defaulted.
  /// Errors  wrong_type, out_of_range (0, negative, above `most`), missing_field (`otherwise` is 0: the class has no default)
  u32 positive(std::string_view key, u32 otherwise, u32 most = largest_dimension);
  /// The same where zero is meaningful and a default needs no mention.
  u32 number(std::string_view key, u32 otherwise, u32 most = largest_dimension);
  /// A positive number or null, which means something of its own; absent: `otherwise`. Zero reads as null.
  std::optional<u32> maybe(std::string_view key, std::optional<u32> otherwise = std::nullopt);
  /// A dimension made of two numbers that were read. Errors  out_of_range  above largest_dimension, said of `key`
  u32 product(std::string_view key, u32 a, u32 b);
  bool flag(std::string_view key, bool otherwise);
  /// A fraction such as a rotary factor; absent or null: `otherwise`.
  double fraction(std::string_view key, double otherwise);
  std::string_view text(std::string_view key, std::string_view otherwise);
  /// A list of words or of whole numbers; empty when absent or null.
  std::vector<std::string_view> words(std::string_view key);
  std::vector<u32> numbers(std::string_view key);

  [[nodiscard]] bool has(std::string_view key) const { return find(key).present(); }
  [[nodiscard]] bool is_null(std::string_view key) const { return find(key).kind() == JsonView::Kind::null; }
  [[nodiscard]] JsonView find(std::string_view key) const;  ///< under its own name or its alias
  [[nodiscard]] std::string where(std::string_view key) const;

  /// Remembers the first error; later ones are dropped.
  void fail(Error error);
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }
  [[nodiscard]] std::vector<std::string> take_defaulted() { return std::move(defaulted_); }

 private:
  u32 whole(std::string_view key, JsonView value, u32 least, u32 most);
  [[nodiscard]] std::string_view stored(std::string_view key) const;

  JsonView config_;
  std::string path_;
  std::span<const KeyAlias> aliases_;
  std::optional<Error> error_;
  std::vector<std::string> defaulted_;
};

}  // namespace plimsoll
