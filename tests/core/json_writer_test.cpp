#include "json_writer.hpp"

#include "session.hpp"

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

std::string written(std::string_view value) {
  JsonWriter out;
  out.text(value);
  return out.take();
}

}  // namespace

TEST_CASE("commas stand between values and nowhere else", "[json_writer]") {
  JsonWriter out;
  out.begin_object();
  out.key("list");
  out.begin_array();
  out.number(1);
  out.begin_array();
  out.end_array();
  out.begin_object();
  out.end_object();
  out.null();
  out.end_array();
  out.key("yes");
  out.boolean(true);
  out.key("no");
  out.boolean(false);
  out.key("made");
  out.raw("{\"elsewhere\":1}");
  out.key("below");
  out.signed_number(-5);
  out.end_object();
  CHECK(out.take() == R"({"list":[1,[],{},null],"yes":true,"no":false,"made":{"elsewhere":1},"below":-5})");
}

TEST_CASE("numbers are written in full", "[json_writer]") {
  JsonWriter out;
  out.begin_array();
  out.number(0);
  out.number(~0ULL);
  out.signed_number(-9223372036854775807LL - 1);
  out.end_array();
  CHECK(out.take() == "[0,18446744073709551615,-9223372036854775808]");
}

TEST_CASE("quotes, backslashes and control characters are escaped", "[json_writer]") {
  CHECK(written("a\"b") == R"("a\"b")");
  CHECK(written("a\\b") == R"("a\\b")");
  CHECK(written("a\nb\tc") == R"("a\u000ab\u0009c")");
  CHECK(written(std::string_view("\0\x1f", 2)) == R"("\u0000\u001f")");
  CHECK(written("") == "\"\"");
  CHECK(written("</script>") == "\"</script>\"");
}

TEST_CASE("Chinese and other text stays as it is", "[json_writer]") {
  CHECK(written("显存 \xf0\x9f\x98\x80") == "\"显存 \xf0\x9f\x98\x80\"");
}

TEST_CASE("every byte below 128 comes back as it went in", "[json_writer]") {
  std::string all;
  for (char c = 0; c < 127; ++c) all += c;
  const std::string once = written(all);
  CHECK(json(once).root().string() == all);
}

TEST_CASE("a writer that was given nothing gives nothing", "[json_writer]") {
  JsonWriter out;
  CHECK(out.take().empty());
}

TEST_CASE("a long text is written whole", "[json_writer]") {
  const std::string text(1'000'000, 'x');
  CHECK(written(text) == '"' + text + '"');
}
