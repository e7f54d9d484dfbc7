#include "messages.hpp"

#include <set>

#include "catch.hpp"

using namespace plimsoll;

namespace {

const std::initializer_list<std::string_view> marks{"<0>", "<1>", "<2>"};

std::set<std::string_view> marks_in(std::string_view text) {
  std::set<std::string_view> found;
  for (const std::string_view mark : marks)
    if (text.find(mark) != std::string_view::npos) found.insert(mark);
  return found;
}

bool has_chinese(std::string_view text) {
  for (const char c : text)
    if ((static_cast<unsigned char>(c) & 0xF0) == 0xE0) return true;
  return false;
}

bool is_ascii(std::string_view text) {
  for (const char c : text)
    if (static_cast<unsigned char>(c) >= 0x80) return false;
  return true;
}

/// Both languages say the same values, and nothing is left to fill in.
void check_pair(std::string_view english, std::string_view chinese) {
  CAPTURE(english, chinese);
  CHECK(marks_in(english) == marks_in(chinese));
  for (const std::string_view text : {english, chinese}) CHECK(text.find("{0}") == std::string_view::npos);
  for (const std::string_view text : {english, chinese}) CHECK(text.find("{1}") == std::string_view::npos);
  for (const std::string_view text : {english, chinese}) CHECK(text.find("{2}") == std::string_view::npos);
  CHECK_FALSE(english.empty());
  CHECK(is_ascii(english));
  CHECK(has_chinese(chinese));
}

std::vector<Say> all() {
  std::vector<Say> out;
  for (int i = 0; i < static_cast<int>(Say::count_); ++i) out.push_back(static_cast<Say>(i));
  return out;
}

bool is_notice(Say what) { return !make_notice(what, "", marks).code.empty(); }

}  // namespace

TEST_CASE("every sentence exists in both languages with the same values in it", "[messages]") {
  for (const Say what : all()) {
    const Error error = make_error(what, "where", marks);
    CHECK(error.where == "where");
    check_pair(error.message, error.message_zh);
  }
}

TEST_CASE("every error says what to do, in both languages", "[messages]") {
  for (const Say what : all()) {
    if (is_notice(what)) continue;
    const Error error = make_error(what, "", marks);
    check_pair(error.hint, error.hint_zh);
  }
}

TEST_CASE("errors come first, then notices, and every notice has a code of its own", "[messages]") {
  std::set<std::string> codes;
  bool notices = false;
  for (const Say what : all()) {
    const std::string code = make_notice(what, "", marks).code;
    CHECK_FALSE((notices && code.empty()));
    notices = !code.empty();
    if (notices) CHECK(codes.insert(code).second);
  }
  CHECK(codes.size() >= 10);
}

TEST_CASE("every code of an error has a sentence", "[messages]") {
  std::set<ErrorCode> said;
  for (const Say what : all())
    if (!is_notice(what)) said.insert(make_error(what, "", marks).code);
  CHECK(said.size() == EnumNames<ErrorCode>::names.size());
}

TEST_CASE("values are put where their numbers stand", "[messages]") {
  CHECK(make_error(Say::prompt_too_long, "", {"9", "4"}).message == "prompt_tokens 9 is longer than max_model_len 4.");
  CHECK(make_error(Say::unknown_id, "", {"GPU", "x", "y"}).hint == "Did you mean \"y\"?");
  CHECK(make_notice(Say::dtype_assumed, "", {"bf16"}).message == "config.json names no data type: bf16 is assumed.");
}

TEST_CASE("a value that looks like a place to fill stays as it is", "[messages]") {
  CHECK(make_error(Say::file_unreadable, "", {"{0}"}).message == "The file \"{0}\" cannot be read.");
}

TEST_CASE("braces of an example are no places to fill", "[messages]") {
  CHECK(make_error(Say::not_an_object, "", {"a list"}).hint == "Give an object: { \"key\": value, ... }.");
}

TEST_CASE("digits writes a number in full", "[messages]") {
  CHECK(digits(0) == "0");
  CHECK(digits(18446744073709551615ULL) == "18446744073709551615");
}

TEST_CASE("cut shortens at the end of a character", "[messages]") {
  CHECK(cut("llama", 10) == "llama");
  CHECK(cut("llama", 5) == "llama");
  CHECK(cut("llama", 2) == "ll");
  CHECK(cut("模型", 6) == "模型");
  CHECK(cut("模型", 5) == "模");
  CHECK(cut("模型", 3) == "模");
  CHECK(cut("模型", 2).empty());
  CHECK(cut("", 0).empty());
}
