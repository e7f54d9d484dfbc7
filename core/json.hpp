#pragma once
/// Reading JSON with places for error messages. The only door to the JSON library, which json.cpp alone includes.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "result.hpp"
#include "units.hpp"

namespace plimsoll {

/// Longest text taken as a config.json or a request: configs have a few kilobytes, the largest known is under 2 MB.
inline constexpr std::size_t json_text_limit = 5'000'000;

/// A view of one value inside a JsonDocument, valid while the document lives. A view of nothing answers like an absent key.
class JsonView {
 public:
  enum class Kind { absent, null, boolean, number, string, array, object };

  JsonView() = default;
  explicit JsonView(const void* node) : node_(node) {}

  [[nodiscard]] Kind kind() const;
  [[nodiscard]] bool present() const { return kind() != Kind::absent && kind() != Kind::null; }  ///< null reads as absent
  [[nodiscard]] JsonView operator[](std::string_view key) const;                                  ///< absent unless an object has it
  [[nodiscard]] JsonView at(std::size_t index) const;                                             ///< absent past the end
  [[nodiscard]] std::size_t size() const;                                                         ///< of an array or object, else 0
  [[nodiscard]] std::string_view key_at(std::size_t index) const;                                 ///< of an object, in sorted order
  /// Calls `visit` with each entry of an object, in sorted order, until it answers false.
  void each(const std::function<bool(std::string_view key, JsonView value)>& visit) const;

  [[nodiscard]] std::optional<bool> boolean() const;
  [[nodiscard]] std::optional<std::string_view> string() const;
  [[nodiscard]] std::optional<double> number() const;
  /// A whole number, also when written 4096.0 or 1e3, up to 2^53. Nothing for a fraction, a negative or anything larger.
  [[nodiscard]] std::optional<u64> whole() const;

  /// The value as a person would recognise it in a message, at most 40 characters: 12, "text", [...], {...}.
  [[nodiscard]] std::string shown() const;

 private:
  const void* node_ = nullptr;
};

/// Owns a parsed text.
///
/// Errors  empty_input, too_large (over `limit` bytes), invalid_json with line and column; `where` is the given name.
class JsonDocument {
 public:
  static Result<JsonDocument> parse(std::string_view text, std::string_view where, std::size_t limit = json_text_limit);

  JsonDocument(JsonDocument&&) noexcept;
  JsonDocument& operator=(JsonDocument&&) noexcept;
  ~JsonDocument();

  [[nodiscard]] JsonView root() const;

 private:
  struct Tree;
  explicit JsonDocument(std::unique_ptr<Tree> tree);
  std::unique_ptr<Tree> tree_;
};

}  // namespace plimsoll
