#include "session.hpp"

using namespace plimsoll;
using namespace plimsoll::test;

TEST_CASE("every type of ggml has its number and takes a whole block for each started one", "[ggml_types]") {
  const Cases cases("ggml_types");
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const JsonView one = cases.at(i);
    const std::string_view id = *one["format"].string();
    CAPTURE(id);
    const StorageFormat* format = catalog().ggml_format(*one["number"].whole());
    REQUIRE(format != nullptr);
    CHECK(format->id == id);
    const u64 elements = *one["block_elements"].whole(), bytes = *one["block_bytes"].whole();
    CHECK(row_bytes(elements, *format).value == bytes);
    CHECK(row_bytes(3 * elements, *format).value == 3 * bytes);
    CHECK(row_bytes(3 * elements + 1, *format).value == 4 * bytes);
    CHECK(row_bytes(1, *format).value == bytes);
  }
  CHECK(cases.size() == 35);
}

TEST_CASE("no format has a number that ggml took away or never gave", "[ggml_types]") {
  for (const u64 number : {4, 5, 31, 32, 33, 36, 37, 38, 43, 255}) CHECK(catalog().ggml_format(number) == nullptr);
  CHECK(catalog().ggml_format(~0ULL) == nullptr);
}

TEST_CASE("every number of ggml is one format's alone", "[ggml_types]") {
  std::map<u32, std::string_view> known;
  for (const StorageFormat& format : catalog().formats()) {
    if (!format.ggml_type) continue;
    CAPTURE(format.id);
    CHECK(known.emplace(*format.ggml_type, format.id).second);
    CHECK(format.by_rows());
  }
  CHECK(known.size() == 35);
}
