#include "model/config_reader.hpp"

namespace plimsoll {

std::string_view ConfigReader::stored(std::string_view key) const {
  for (const KeyAlias& alias : aliases_)
    if (alias.key == key && !config_[key].present()) return alias.stored_as;
  return key;
}

JsonView ConfigReader::find(std::string_view key) const { return config_[stored(key)]; }

std::string ConfigReader::where(std::string_view key) const { return path_ + "." + std::string(stored(key)); }

void ConfigReader::fail(Error error) {
  if (!error_) error_ = std::move(error);
}

u32 ConfigReader::whole(std::string_view key, JsonView value, u32 least, u32 most) {
  const auto number = value.number();
  const auto whole = value.whole();
  if (!number) {
    fail(make_error(Say::not_whole, where(key), {value.shown()}));
  } else if (*number < least) {
    fail(make_error(Say::below_least, where(key), {value.shown(), digits(least)}));
  } else if (*number > most) {
    fail(make_error(Say::above_most, where(key), {value.shown(), digits(most)}));
  } else if (!whole) {
    fail(make_error(Say::not_whole, where(key), {value.shown()}));
  } else {
    return static_cast<u32>(*whole);
  }
  return 1;
}

u32 ConfigReader::positive(std::string_view key, u32 otherwise, u32 most) {
  const JsonView value = find(key);
  if (value.present()) return whole(key, value, 1, most);
  if (otherwise == 0) {
    fail(make_error(Say::field_missing, where(key), {stored(key)}));
    return 1;
  }
  defaulted_.emplace_back(stored(key));
  return otherwise;
}

u32 ConfigReader::number(std::string_view key, u32 otherwise, u32 most) {
  const JsonView value = find(key);
  return value.present() ? whole(key, value, 0, most) : otherwise;
}

std::optional<u32> ConfigReader::maybe(std::string_view key, std::optional<u32> otherwise) {
  const JsonView value = find(key);
  if (value.kind() == JsonView::Kind::absent) return otherwise;
  if (!value.present()) return std::nullopt;
  const u32 number = whole(key, value, 0, largest_dimension);
  return number == 0 ? std::nullopt : std::optional<u32>(number);
}

u32 ConfigReader::product(std::string_view key, u32 a, u32 b) {
  const u64 width = u64{a} * b;
  if (width <= largest_dimension) return static_cast<u32>(width);
  fail(make_error(Say::above_most, where(key), {digits(a) + " * " + digits(b), digits(largest_dimension)}));
  return 1;
}

bool ConfigReader::flag(std::string_view key, bool otherwise) {
  const JsonView value = find(key);
  if (!value.present()) return otherwise;
  if (const auto truth = value.boolean()) return *truth;
  fail(make_error(Say::wrong_kind, where(key), {"true / false", value.shown()}));
  return otherwise;
}

double ConfigReader::fraction(std::string_view key, double otherwise) {
  const JsonView value = find(key);
  if (!value.present()) return otherwise;
  const auto number = value.number();
  if (!number) {
    fail(make_error(Say::wrong_kind, where(key), {"0 ... 1", value.shown()}));
  } else if (!(*number >= 0)) {
    fail(make_error(Say::below_least, where(key), {value.shown(), "0"}));
  } else if (*number > 1) {
    fail(make_error(Say::above_most, where(key), {value.shown(), "1"}));
  } else {
    return *number;
  }
  return otherwise;
}

std::string_view ConfigReader::text(std::string_view key, std::string_view otherwise) {
  const JsonView value = find(key);
  if (!value.present()) return otherwise;
  if (const auto text = value.string()) return *text;
  fail(make_error(Say::wrong_kind, where(key), {"\"...\"", value.shown()}));
  return otherwise;
}

std::vector<std::string_view> ConfigReader::words(std::string_view key) {
  const JsonView list = find(key);
  std::vector<std::string_view> out;
  if (!list.present()) return out;
  if (list.kind() != JsonView::Kind::array) fail(make_error(Say::wrong_kind, where(key), {"[ ... ]", list.shown()}));
  for (std::size_t i = 0; i < list.size(); ++i) {
    const auto word = list.at(i).string();
    if (!word) {
      fail(make_error(Say::wrong_kind, where(key) + "[" + digits(i) + "]", {"\"...\"", list.at(i).shown()}));
      return {};
    }
    out.push_back(*word);
  }
  return out;
}

std::vector<u32> ConfigReader::numbers(std::string_view key) {
  const JsonView list = find(key);
  std::vector<u32> out;
  if (!list.present()) return out;
  if (list.kind() != JsonView::Kind::array) fail(make_error(Say::wrong_kind, where(key), {"[ ... ]", list.shown()}));
  for (std::size_t i = 0; i < list.size(); ++i) out.push_back(whole(key, list.at(i), 0, largest_dimension));
  return out;
}

}  // namespace plimsoll
