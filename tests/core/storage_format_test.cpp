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
  CHECK(recipe.format_for("lm_head", true) == "bf16");
  CHECK(recipe.format_for("norm", false) == "fp32");
  CHECK(recipe.format_for("mlp_up", true) == "int4");
  CHECK(recipe.format_for("router", false) == "int4");
  CHECK(QuantizationRecipe{}.format_for("norm", false).empty());
}

TEST_CASE("a rule for linear operators passes over every other tensor of its roles", "[storage_format]") {
  const QuantizationRecipe recipe{"r", "R", "test", {{{"lm_head"}, "dtype"}, {{"*"}, "nf4", RecipeTensors::linear}, {{"*"}, "dtype"}}};
  CHECK(recipe.format_for("mlp_up", true) == "nf4");
  CHECK(recipe.format_for("mlp_up", false) == "dtype");
  CHECK(recipe.format_for("lm_head", true) == "dtype");
  CHECK_FALSE(recipe.uniform());
  CHECK(QuantizationRecipe{"r", "R", "test", {{{"*"}, "int4"}}}.uniform());
}

TEST_CASE("only parts that are counted by rows have rows of one size", "[storage_format]") {
  CHECK(known("int4").by_rows());
  CHECK_FALSE(known("nf4").by_rows());
  CHECK_FALSE(known("bnb_int8").by_rows());
  CHECK(known("nf4").whole_bytes() == 0);
  CHECK(format({{"value", 8, 1, Counted::flat}}).whole_bytes() == 0);
}

TEST_CASE("every recipe of the catalogue has a known format for every role", "[storage_format]") {
  for (const std::string_view id : {"fp32", "bf16", "fp16", "fp8", "int8", "int4", "nf4", "nf4_double_quant", "fp4", "fp4_double_quant", "bnb_int8"}) {
    const auto recipe = catalog().quantization(id, "");
    REQUIRE(recipe.ok());
    CHECK(precision_plan(*recipe.value(), "bf16", catalog(), "").ok());
    for (const std::string_view role : EnumNames<Role>::names)
      for (const bool is_linear : {true, false}) {
        CAPTURE(id, role, is_linear);
        const std::string_view found = recipe.value()->format_for(role, is_linear);
        CHECK((found == models_dtype || catalog().format(found, "").ok()));
      }
  }
}
