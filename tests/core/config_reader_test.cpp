#include "model/config_reader.hpp"

#include "session.hpp"

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

constexpr KeyAlias aliases[] = {{"hidden_size", "n_embd"}, {"num_experts", "n_routed_experts"}};

/// A reader that lives with its document.
struct Reading {
  JsonDocument document;
  ConfigReader reader;
  explicit Reading(std::string_view text) : document(json(text)), reader(document.root(), "config", aliases) {}
};

/// The error that reading a key as a positive number leaves.
Error positive_error(const std::string& value, u32 most = largest_dimension) {
  Reading reading("{\"key\": " + value + "}");
  reading.reader.positive("key", 5, most);
  INFO(value);
  REQUIRE(reading.reader.error().has_value());
  CHECK(reading.reader.error()->where == "config.key");
  return *reading.reader.error();
}

}  // namespace

TEST_CASE("a positive number is read, also as 4096.0", "[config_reader]") {
  Reading reading("{\"a\": 4096, \"b\": 4096.0, \"c\": 4.096e3}");
  CHECK(reading.reader.positive("a", 1) == 4096);
  CHECK(reading.reader.positive("b", 1) == 4096);
  CHECK(reading.reader.positive("c", 1) == 4096);
  CHECK_FALSE(reading.reader.error().has_value());
  CHECK(reading.reader.take_defaulted().empty());
}

TEST_CASE("an absent key and null take the default, and the reader remembers which", "[config_reader]") {
  Reading reading("{\"null\": null}");
  CHECK(reading.reader.positive("absent", 7) == 7);
  CHECK(reading.reader.positive("null", 8) == 8);
  CHECK_FALSE(reading.reader.error().has_value());
  CHECK(reading.reader.take_defaulted() == std::vector<std::string>{"absent", "null"});
}

TEST_CASE("a key that the class does not default must be there", "[config_reader]") {
  Reading reading("{}");
  reading.reader.positive("hidden_size", 0);
  REQUIRE(reading.reader.error().has_value());
  CHECK(reading.reader.error()->code == ErrorCode::missing_field);
  CHECK(reading.reader.error()->where == "config.n_embd");
  CHECK(reading.reader.error()->message == "\"n_embd\" is missing.");
}

TEST_CASE("a number that makes no sense is out of range, one that is no number of the wrong type", "[config_reader]") {
  CHECK(positive_error("0").code == ErrorCode::out_of_range);
  CHECK(positive_error("-32").code == ErrorCode::out_of_range);
  CHECK(positive_error("-0.5").code == ErrorCode::out_of_range);
  CHECK(positive_error("1e300").code == ErrorCode::out_of_range);
  CHECK(positive_error("1000000000000").code == ErrorCode::out_of_range);
  CHECK(positive_error("11", 10).message == "11 is above 10, the most that is accepted here.");
  CHECK(positive_error("1.5").code == ErrorCode::wrong_type);
  CHECK(positive_error("\"many\"").message == "Expected a whole number, found \"many\".");
  CHECK(positive_error("\"32\"").code == ErrorCode::wrong_type);
  CHECK(positive_error("true").code == ErrorCode::wrong_type);
  CHECK(positive_error("[32]").code == ErrorCode::wrong_type);
}

TEST_CASE("the largest dimension is accepted and one more is not", "[config_reader]") {
  Reading reading("{\"a\": 268435456}");
  CHECK(reading.reader.positive("a", 1) == largest_dimension);
  CHECK_FALSE(reading.reader.error().has_value());
  CHECK(positive_error("268435457").code == ErrorCode::out_of_range);
}

TEST_CASE("zero counts where it means something", "[config_reader]") {
  Reading reading("{\"a\": 0, \"null\": null}");
  CHECK(reading.reader.number("a", 5) == 0);
  CHECK(reading.reader.number("null", 5) == 5);
  CHECK(reading.reader.number("absent", 6) == 6);
  CHECK_FALSE(reading.reader.error().has_value());
  reading.reader.number("a", 0);
  CHECK(reading.reader.take_defaulted().empty());
}

TEST_CASE("null is an answer of its own where a class has such a key", "[config_reader]") {
  Reading reading("{\"null\": null, \"zero\": 0, \"four\": 4}");
  CHECK(reading.reader.maybe("absent", 9) == 9U);
  CHECK_FALSE(reading.reader.maybe("null", 9).has_value());
  CHECK_FALSE(reading.reader.maybe("zero", 9).has_value());
  CHECK(reading.reader.maybe("four", 9) == 4U);
  CHECK_FALSE(reading.reader.maybe("absent").has_value());
  CHECK_FALSE(reading.reader.error().has_value());
}

TEST_CASE("a key is found under its own name or the class's, its own first", "[config_reader]") {
  Reading both("{\"hidden_size\": 10, \"n_embd\": 20}");
  CHECK(both.reader.positive("hidden_size", 1) == 10);
  CHECK(both.reader.where("hidden_size") == "config.hidden_size");
  Reading stored("{\"n_embd\": 20}");
  CHECK(stored.reader.positive("hidden_size", 1) == 20);
  CHECK(stored.reader.has("hidden_size"));
  CHECK(stored.reader.where("hidden_size") == "config.n_embd");
  Reading null("{\"hidden_size\": null, \"n_embd\": 20}");
  CHECK(null.reader.positive("hidden_size", 1) == 20);
}

TEST_CASE("flags, fractions and texts are read, and say where they are of another kind", "[config_reader]") {
  Reading good("{\"flag\": true, \"share\": 0.25, \"word\": \"silu\", \"null\": null}");
  CHECK(good.reader.flag("flag", false));
  CHECK(good.reader.flag("null", true));
  CHECK(good.reader.fraction("share", 1) == 0.25);
  CHECK(good.reader.fraction("null", 0.5) == 0.5);
  CHECK(good.reader.text("word", "gelu") == "silu");
  CHECK(good.reader.text("absent", "gelu") == "gelu");
  CHECK(good.reader.is_null("null"));
  CHECK_FALSE(good.reader.is_null("absent"));
  CHECK_FALSE(good.reader.error().has_value());
  Reading flag("{\"a\": \"true\"}");
  flag.reader.flag("a", false);
  CHECK(flag.reader.error()->code == ErrorCode::wrong_type);
  Reading word("{\"a\": 1}");
  word.reader.text("a", "");
  CHECK(word.reader.error()->code == ErrorCode::wrong_type);
}

TEST_CASE("a fraction lies between zero and one", "[config_reader]") {
  for (const char* value : {"-0.1", "1.5", "1e300"}) {
    Reading reading(std::string("{\"a\": ") + value + "}");
    CHECK(reading.reader.fraction("a", 0.5) == 0.5);
    CHECK(reading.reader.error()->code == ErrorCode::out_of_range);
  }
  Reading text("{\"a\": \"half\"}");
  text.reader.fraction("a", 0.5);
  CHECK(text.reader.error()->code == ErrorCode::wrong_type);
}

TEST_CASE("lists are read, and the place in a list is named", "[config_reader]") {
  Reading good("{\"words\": [\"a\", \"b\"], \"numbers\": [0, 3], \"null\": null}");
  CHECK(good.reader.words("words") == std::vector<std::string_view>{"a", "b"});
  CHECK(good.reader.numbers("numbers") == std::vector<u32>{0, 3});
  CHECK(good.reader.words("null").empty());
  CHECK(good.reader.numbers("absent").empty());
  CHECK_FALSE(good.reader.error().has_value());
  Reading word("{\"a\": [\"x\", 2]}");
  CHECK(word.reader.words("a").empty());
  CHECK(word.reader.error()->where == "config.a[1]");
  Reading list("{\"a\": \"x\"}");
  CHECK(list.reader.words("a").empty());
  CHECK(list.reader.error()->code == ErrorCode::wrong_type);
  Reading number("{\"a\": [1, -1]}");
  number.reader.numbers("a");
  CHECK(number.reader.error()->code == ErrorCode::out_of_range);
}

TEST_CASE("the first thing that is wrong is the one that is told", "[config_reader]") {
  Reading reading("{\"a\": -1, \"b\": \"x\"}");
  CHECK(reading.reader.positive("a", 5) == 1);
  CHECK(reading.reader.positive("b", 5) == 1);
  CHECK(reading.reader.error()->where == "config.a");
}

TEST_CASE("a width made of two numbers stays within the largest dimension", "[config_reader]") {
  Reading reading("{}");
  CHECK(reading.reader.product("heads", 64, 128) == 8192);
  CHECK(reading.reader.product("heads", 1U << 14, 1U << 14) == largest_dimension);
  CHECK_FALSE(reading.reader.error().has_value());
  CHECK(reading.reader.product("heads", 1U << 16, 1U << 16) == 1);
  CHECK(reading.reader.error()->code == ErrorCode::out_of_range);
  CHECK(reading.reader.error()->where == "config.heads");
}
