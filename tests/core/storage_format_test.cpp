#include "storage/storage_format.hpp"

#include "session.hpp"

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

StorageFormat format(std::vector<FormatPart> parts) { return {"x", "X", "test", std::move(parts)}; }

const StorageFormat& known(std::string_view id) {
  const auto found = catalog().format(id, "");
  REQUIRE(found.ok());
  return *found.value();
}

}  // namespace

TEST_CASE("a row of whole bytes has as many bytes as elements times bytes", "[storage_format]") {
  CHECK(row_bytes(4096, known("fp32")).value == 16384);
  CHECK(row_bytes(4096, known("bf16")).value == 8192);
  CHECK(row_bytes(4096, known("fp16")).value == 8192);
  CHECK(row_bytes(4096, known("fp8")).value == 4096);
  CHECK(row_bytes(4096, known("int8")).value == 4096);
  CHECK(row_bytes(0, known("bf16")).value == 0);
}

TEST_CASE("int4 holds two elements in a byte and rounds up at the end of each row", "[storage_format]") {
  CHECK(row_bytes(1, known("int4")).value == 1);
  CHECK(row_bytes(2, known("int4")).value == 1);
  CHECK(row_bytes(3, known("int4")).value == 2);
  CHECK(row_bytes(4096, known("int4")).value == 2048);
}

TEST_CASE("a block with its scale is one item, and a started block is a whole one", "[storage_format]") {
  const StorageFormat q4_0 = format({{"block", 18 * 8, 32}});
  CHECK(row_bytes(32, q4_0).value == 18);
  CHECK(row_bytes(33, q4_0).value == 36);
  CHECK(row_bytes(4096, q4_0).value == 2304);
}

TEST_CASE("weights and scales in two parts add up, each rounded by itself", "[storage_format]") {
  const StorageFormat split = format({{"weights", 4, 1}, {"scales", 16, 32}});
  CHECK(row_bytes(32, split).value == 18);
  CHECK(row_bytes(33, split).value == 17 + 4);
  CHECK(row_bytes(1, split).value == 1 + 2);
  const StorageFormat odd = format({{"weights", 3, 1}, {"scales", 5, 8}});
  CHECK(row_bytes(9, odd).value == 4 + 2);  // 27 bits and 10 bits
}

TEST_CASE("only a format of whole bytes for each element has a number of bytes for each element", "[storage_format]") {
  CHECK(known("fp32").whole_bytes() == 4);
  CHECK(known("bf16").whole_bytes() == 2);
  CHECK(known("int8").whole_bytes() == 1);
  CHECK(known("int4").whole_bytes() == 0);
  CHECK(format({{"block", 144, 32}}).whole_bytes() == 0);
  CHECK(format({{"weights", 8, 1}, {"scales", 16, 32}}).whole_bytes() == 0);
  CHECK(format({}).whole_bytes() == 0);
}

TEST_CASE("a format without parts takes nothing, and one with an item of no elements is an overflow", "[storage_format]") {
  CHECK(row_bytes(100, format({})).value == 0);
  CHECK(row_bytes(100, format({{"broken", 8, 0}})).overflowed);
  CHECK(row_bytes(~0ULL, known("fp32")).overflowed);
}

TEST_CASE("the first rule that holds a role gives its format, and * holds every role", "[storage_format]") {
  const QuantizationRecipe recipe{"r", "R", "test", {{{"embedding", "lm_head"}, "bf16"}, {{"norm"}, "fp32"}, {{"*"}, "int4"}, {{"router"}, "fp8"}}};
  CHECK(recipe.format_for("lm_head") == "bf16");
  CHECK(recipe.format_for("norm") == "fp32");
  CHECK(recipe.format_for("mlp_up") == "int4");
  CHECK(recipe.format_for("router") == "int4");
  CHECK(QuantizationRecipe{}.format_for("norm").empty());
}

TEST_CASE("every recipe of the catalogue has a known format for every role", "[storage_format]") {
  for (const std::string_view id : {"fp32", "bf16", "fp16", "fp8", "int8", "int4"}) {
    const auto recipe = catalog().quantization(id, "");
    REQUIRE(recipe.ok());
    for (const std::string_view role : EnumNames<Role>::names) {
      CAPTURE(id, role);
      CHECK(catalog().format(recipe.value()->format_for(role), "").ok());
    }
  }
}
