#include "json.hpp"

#include <nlohmann/json.hpp>
#include <optional>

#include "messages.hpp"

namespace plimsoll {
namespace {

using Json = nlohmann::json;

const Json* node(const void* pointer) { return static_cast<const Json*>(pointer); }

constexpr double largest_whole = 9007199254740992.0;  // 2^53: beyond it a double, and so JavaScript, skips integers

/// Builds the document and remembers where the text stopped being JSON.
class PlacedBuilder : public nlohmann::detail::json_sax_dom_parser<Json> {
 public:
  explicit PlacedBuilder(Json& tree) : json_sax_dom_parser(tree, false) {}
  template <class Exception>
  bool parse_error(std::size_t position, const std::string&, const Exception&) {
    error_position = position;
    return false;
  }
  std::size_t error_position = 0;
};

Error not_json(std::string_view text, std::size_t position, std::string_view where) {
  const std::size_t end = std::min(position == 0 ? 0 : position - 1, text.size());
  std::size_t line = 1;
  std::size_t column = 1;
  for (std::size_t i = 0; i < end; ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80) ++column;  // columns count characters, not bytes
    if (text[i] == '\n') {
      ++line;
      column = 1;
    }
  }
  return make_error(Say::not_json, std::string(where), {digits(line), digits(column)});
}

/// Python writes NaN, Infinity and -Infinity, which JSON does not know, and Transformers reads them. Quoted, they are words: a key
/// that must be a number still refuses them. Nothing when the text has none.
std::optional<std::string> quote_non_finite(std::string_view text) {
  std::string out;
  std::size_t copied = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') {
      for (++i; i < text.size() && text[i] != '"'; ++i)
        if (text[i] == '\\') ++i;
      continue;
    }
    for (const std::string_view word : {"NaN", "Infinity", "-Infinity"}) {
      if (!text.substr(i).starts_with(word)) continue;
      out.append(text.substr(copied, i - copied)).append(1, '"').append(word).append(1, '"');
      i += word.size() - 1;
      copied = i + 1;
      break;
    }
  }
  if (copied == 0) return std::nullopt;
  return out.append(text.substr(copied));
}

}  // namespace

struct JsonDocument::Tree {
  Json root;
};

JsonDocument::JsonDocument(std::unique_ptr<Tree> tree) : tree_(std::move(tree)) {}
JsonDocument::JsonDocument(JsonDocument&&) noexcept = default;
JsonDocument& JsonDocument::operator=(JsonDocument&&) noexcept = default;
JsonDocument::~JsonDocument() = default;

JsonView JsonDocument::root() const { return JsonView{&tree_->root}; }

Result<JsonDocument> JsonDocument::parse(std::string_view text, std::string_view where, std::size_t limit) {
  if (text.size() > limit) return make_error(Say::too_much_text, std::string(where), {digits(text.size()), digits(limit)});
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) return make_error(Say::empty_text, std::string(where));
  auto tree = std::make_unique<Tree>();
  PlacedBuilder builder(tree->root);
  if (Json::sax_parse(text.begin(), text.end(), &builder)) return JsonDocument(std::move(tree));
  if (const auto quoted = quote_non_finite(text)) {
    tree = std::make_unique<Tree>();
    PlacedBuilder again(tree->root);
    if (Json::sax_parse(quoted->begin(), quoted->end(), &again)) return JsonDocument(std::move(tree));
    return not_json(*quoted, again.error_position, where);
  }
  return not_json(text, builder.error_position, where);
}

JsonView::Kind JsonView::kind() const {
  if (node_ == nullptr) return Kind::absent;
  switch (node(node_)->type()) {
    case Json::value_t::null: return Kind::null;
    case Json::value_t::boolean: return Kind::boolean;
    case Json::value_t::string: return Kind::string;
    case Json::value_t::array: return Kind::array;
    case Json::value_t::object: return Kind::object;
    case Json::value_t::number_integer:
    case Json::value_t::number_unsigned:
    case Json::value_t::number_float: return Kind::number;
    case Json::value_t::binary:
    case Json::value_t::discarded: return Kind::absent;
  }
  return Kind::absent;
}

JsonView JsonView::operator[](std::string_view key) const {
  if (kind() != Kind::object) return {};
  const auto found = node(node_)->find(key);
  return found == node(node_)->end() ? JsonView{} : JsonView{&*found};
}

JsonView JsonView::at(std::size_t index) const {
  if (index >= size()) return {};
  if (kind() == Kind::array) return JsonView{&(*node(node_))[index]};
  return JsonView{&*std::next(node(node_)->begin(), static_cast<std::ptrdiff_t>(index))};
}

std::size_t JsonView::size() const {
  return kind() == Kind::array || kind() == Kind::object ? node(node_)->size() : 0;
}

std::string_view JsonView::key_at(std::size_t index) const {
  if (kind() != Kind::object || index >= size()) return {};
  return std::next(node(node_)->begin(), static_cast<std::ptrdiff_t>(index)).key();
}

void JsonView::each(const std::function<bool(std::string_view, JsonView)>& visit) const {
  if (kind() != Kind::object) return;
  for (auto entry = node(node_)->begin(); entry != node(node_)->end(); ++entry)
    if (!visit(entry.key(), JsonView{&*entry})) return;
}

std::optional<bool> JsonView::boolean() const {
  if (kind() != Kind::boolean) return std::nullopt;
  return *node(node_)->get_ptr<const bool*>();
}

std::optional<std::string_view> JsonView::string() const {
  if (kind() != Kind::string) return std::nullopt;
  return *node(node_)->get_ptr<const std::string*>();
}

std::optional<double> JsonView::number() const {
  if (kind() != Kind::number) return std::nullopt;
  if (const auto* u = node(node_)->get_ptr<const Json::number_unsigned_t*>()) return static_cast<double>(*u);
  if (const auto* i = node(node_)->get_ptr<const Json::number_integer_t*>()) return static_cast<double>(*i);
  return *node(node_)->get_ptr<const Json::number_float_t*>();
}

std::optional<u64> JsonView::whole() const {
  const auto value = number();
  if (!value || !(*value >= 0) || !(*value <= largest_whole)) return std::nullopt;
  const u64 whole = static_cast<u64>(*value);
  if (static_cast<double>(whole) != *value) return std::nullopt;
  return whole;
}

std::string JsonView::shown() const {
  switch (kind()) {
    case Kind::absent: return "nothing";
    case Kind::null: return "null";
    case Kind::boolean: return *boolean() ? "true" : "false";
    case Kind::array: return "[...]";
    case Kind::object: return "{...}";
    case Kind::string: return '"' + std::string(cut(*string(), 38)) + '"';
    case Kind::number: return node(node_)->dump();
  }
  return {};
}

}  // namespace plimsoll
