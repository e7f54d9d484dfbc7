#include "json.hpp"

#include "session.hpp"

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

Error error_of(std::string_view text, std::size_t limit = json_text_limit) {
  const auto document = JsonDocument::parse(text, "config", limit);
  REQUIRE_FALSE(document.ok());
  CHECK(document.error().where == "config");
  return document.error();
}

std::optional<u64> whole_of(std::string_view number) { return json(number).root().whole(); }

}  // namespace

TEST_CASE("a syntax error says its line and column", "[json]") {
  CHECK(error_of("{\"a\": nope}").message == "This is not JSON (line 1, column 8).");
  CHECK(error_of("{\n  \"a\": 1,\n  oops\n}").message == "This is not JSON (line 3, column 3).");
  CHECK(error_of("{\"a\": 1").code == ErrorCode::invalid_json);
  CHECK(error_of("<!DOCTYPE html>").message == "This is not JSON (line 1, column 1).");
}

TEST_CASE("a column counts characters, not bytes", "[json]") {
  CHECK(error_of("{\"a\": ?").message == "This is not JSON (line 1, column 7).");
  CHECK(error_of("{\"模\": ?").message == "This is not JSON (line 1, column 7).");
}

TEST_CASE("what Python calls JSON but is none is refused", "[json]") {
  for (const std::string_view text : {"{'a': 1}", "{\"a\": nan}", "{\"a\": +1}", "{\"a\": True}", "{\"a\": 1,}", "{\"a\": 01}", "{\"a\": 1} {}", "{\"a\": .5}"}) {
    CAPTURE(text);
    CHECK(error_of(text).code == ErrorCode::invalid_json);
  }
}

TEST_CASE("the NaN and Infinity that Python writes are read, as no numbers", "[json]") {
  const JsonDocument document = json("{\"a\": NaN, \"b\": [Infinity, -Infinity], \"c\": \"NaN \\\" Infinity\", \"d\": 1}");
  CHECK_FALSE(document.root()["a"].number().has_value());
  CHECK_FALSE(document.root()["b"].at(0).whole().has_value());
  CHECK_FALSE(document.root()["b"].at(1).number().has_value());
  CHECK(document.root()["c"].string() == "NaN \" Infinity");
  CHECK(document.root()["d"].whole() == 1);
  CHECK(error_of("{\"a\": NaN").code == ErrorCode::invalid_json);
  CHECK(error_of("{\"a\": NaN, b}").code == ErrorCode::invalid_json);
}

TEST_CASE("text that is no Unicode is refused", "[json]") {
  for (const std::string_view text : {"\"\\ud800\"", "\"\\ud800x\"", "\"\\udc00\"", "\"\\ud800\\ud800\"", "\"\xff\"", "\"\xe6\xa8\"", "\"\\u12g4\"", "\"a\nb\""}) {
    CAPTURE(text);
    CHECK(error_of(text).code == ErrorCode::invalid_json);
  }
  CHECK(json("\"\\ud83d\\ude00\"").root().string() == "\xf0\x9f\x98\x80");
}

TEST_CASE("a number that no double holds is refused", "[json]") {
  CHECK(error_of("[1e400]").code == ErrorCode::invalid_json);
  CHECK(error_of("[-1e400]").code == ErrorCode::invalid_json);
  CHECK(json("1e308").root().number() == 1e308);
}

TEST_CASE("two hundred thousand brackets neither crash nor take long", "[json]") {
  const std::string open(200'000, '[');
  CHECK(error_of(open).code == ErrorCode::invalid_json);
  const auto deep = JsonDocument::parse(open + std::string(200'000, ']'), "config");
  REQUIRE(deep.ok());
  CHECK(deep.value().root().size() == 1);
  std::string objects;
  for (int i = 0; i < 200'000; ++i) objects += "{\"a\":";
  CHECK(error_of(objects).code == ErrorCode::invalid_json);
}

TEST_CASE("a text of fifty megabytes is refused before it is read", "[json]") {
  const Error error = error_of(std::string(50'000'000, '['));
  CHECK(error.code == ErrorCode::too_large);
  CHECK(error.message == "The text has 50000000 bytes; the limit is 5000000.");
}

TEST_CASE("the limit itself is accepted", "[json]") {
  CHECK(JsonDocument::parse("[1]", "config", 3).ok());
  CHECK(error_of("[12]", 3).code == ErrorCode::too_large);
}

TEST_CASE("nothing but blanks is an empty text", "[json]") {
  CHECK(error_of("").code == ErrorCode::empty_input);
  CHECK(error_of(" \t\r\n \n").code == ErrorCode::empty_input);
}

TEST_CASE("a byte order mark in front is no error", "[json]") {
  CHECK(json("\xef\xbb\xbf{\"a\": 1}").root()["a"].whole() == 1);
}

TEST_CASE("of a key given twice the last counts, as in Python", "[json]") {
  CHECK(json("{\"a\": 1, \"a\": 2}").root()["a"].whole() == 2);
}

TEST_CASE("a whole number may be written as a fraction or with an exponent", "[json]") {
  CHECK(whole_of("4096") == 4096);
  CHECK(whole_of("4096.0") == 4096);
  CHECK(whole_of("1e3") == 1000);
  CHECK(whole_of("0") == 0);
  CHECK(whole_of("-0") == 0);
  CHECK(whole_of("-0.0") == 0);
  CHECK(whole_of("9007199254740992") == 9007199254740992);
}

TEST_CASE("what is no whole number up to 2^53 is none", "[json]") {
  for (const std::string_view number : {"1.5", "-1", "-4096.0", "9007199254740994", "18446744073709551615", "18446744073709551616", "1e300", "1e-300",
                                        "-9223372036854775808", "true", "null", "\"12\"", "[12]", "{}"}) {
    CAPTURE(number);
    CHECK_FALSE(whole_of(number).has_value());
  }
}

TEST_CASE("a view of nothing answers like an absent key", "[json]") {
  const JsonDocument document = json("{\"null\": null, \"list\": [1, 2], \"text\": \"x\"}");
  const JsonView root = document.root();
  CHECK(root["missing"].kind() == JsonView::Kind::absent);
  CHECK(root["null"].kind() == JsonView::Kind::null);
  CHECK_FALSE(root["null"].present());
  CHECK(root["missing"]["deeper"].at(3)["still"].kind() == JsonView::Kind::absent);
  CHECK(root["list"].at(2).kind() == JsonView::Kind::absent);
  CHECK(root["text"].size() == 0);
  CHECK_FALSE(root["text"]["x"].present());
  CHECK_FALSE(root["list"].number().has_value());
  CHECK(JsonView{}.shown() == "nothing");
  CHECK(JsonView{}.key_at(0).empty());
}

TEST_CASE("keys of an object come sorted, with their values", "[json]") {
  const JsonDocument document = json("{\"b\": 2, \"a\": 1}");
  REQUIRE(document.root().size() == 2);
  CHECK(document.root().key_at(0) == "a");
  CHECK(document.root().at(0).whole() == 1);
  CHECK(document.root().key_at(1) == "b");
  CHECK(document.root().key_at(2).empty());
}

TEST_CASE("a value is shown as a person would write it, and shortened", "[json]") {
  CHECK(json("12").root().shown() == "12");
  CHECK(json("1.5").root().shown() == "1.5");
  CHECK(json("true").root().shown() == "true");
  CHECK(json("null").root().shown() == "null");
  CHECK(json("[1, 2]").root().shown() == "[...]");
  CHECK(json("{\"a\": 1}").root().shown() == "{...}");
  CHECK(json("\"text\"").root().shown() == "\"text\"");
  CHECK(json('"' + std::string(1000, 'x') + '"').root().shown().size() == 40);
}

TEST_CASE("a shortened text ends with a whole character", "[json]") {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "模";
  const JsonDocument document = json("\"" + text + "\"");
  const std::string shown = document.root().shown();
  CHECK(shown.size() == 2 + 12 * 3);
  CHECK(json(shown).root().string() == text.substr(0, 36));
}

TEST_CASE("a fault after a NaN is reported where it is", "[json]") {
  const Error error = error_of("{\"a\": NaN,\n \"b\": }");
  CHECK(error.code == ErrorCode::invalid_json);
  CHECK(error.message.find("line 2") != std::string::npos);
}
