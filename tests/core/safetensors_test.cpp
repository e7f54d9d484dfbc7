#include "checkpoint_files.hpp"

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

constexpr const char* name = "model.safetensors";

std::string tensor(const std::string& key, const std::string& dtype, const std::string& shape, const std::string& offsets) {
  return "\"" + key + "\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape + ",\"data_offsets\":" + offsets + "}";
}

Error refused(const std::string& header, std::size_t data) { return refusal(name, safetensors_file(header, data)); }

}  // namespace

TEST_CASE("a safetensors header gives every tensor with its place", "[checkpoint]") {
  const std::string header = "{\"__metadata__\":{\"format\":\"pt\"}," + tensor("b.0.w", "BF16", "[2,3]", "[4,16]") + "," + tensor("a", "F32", "[]", "[0,4]") + "," +
                             tensor("b.1.w", "BF16", "[2, 3]", "[16,28]") + "," + tensor("p", "F4", "[3]", "[28,30]") + "," + tensor("none", "I64", "[0,7]", "[30,30]") + "}   ";
  const std::string file = safetensors_file(header, 30);
  const Checkpoint read = headers_of(name, file);
  REQUIRE(read.tensors.size() == 5);
  CHECK(read.name_of(read.tensors[0]) == "b.0.w");
  CHECK(read.tensors[0].type == "BF16");
  CHECK(read.tensors[0].bytes == 12);
  CHECK(read.tensors[0].offset == 8 + header.size() + 4);
  CHECK(read.shape_of(read.tensors[0])[1] == 3);
  CHECK(read.tensors[1].rank == 0);
  CHECK(read.tensors[3].bytes == 2);  // three four-bit numbers
  CHECK(read.files[0].read == 8 + header.size());
  CHECK(read.files[0].size == file.size());
  const CheckpointSummary groups = summary(read);
  REQUIRE(groups.tensors.size() == 3);
  CHECK(groups.tensors[0].name == "b.*.w");
  CHECK(groups.tensors[0].count == 2);
  CHECK(groups.tensors[0].shape == std::vector<u64>{2, 3});
  CHECK(groups.tensor_bytes == 30);
  CHECK(groups.tensor_count == 5);
}

TEST_CASE("a safetensors header may have fields of other readers", "[checkpoint]") {
  const Checkpoint read = headers_of(name, safetensors_file("{\"a\":{\"dtype\":\"I8\",\"shape\":[1],\"data_offsets\":[0,1],\"note\":{\"deep\":[1,null,\"x\",{}]}}}", 1));
  CHECK(read.tensors.size() == 1);
}

TEST_CASE("a safetensors file that is cut off says what is missing", "[checkpoint]") {
  CHECK(refusal(name, "short").message == "The file ends after 5 bytes, but its header asks for 8.");
  CHECK(refusal(name, little(100, 8) + "{}").message == "The file ends after 10 bytes, but its header asks for 108.");
  CHECK(refused("{" + tensor("a", "F32", "[2]", "[0,8]") + "}", 7).code == ErrorCode::invalid_file);
  CHECK(refused("{" + tensor("a", "F32", "[2]", "[0,8]") + "}", 9).message.find("its tensors end at byte") != std::string::npos);
}

TEST_CASE("a declared safetensors header beyond the limit is refused before it is read", "[checkpoint]") {
  for (const u64 length : {header_limit + 1, u64{1'000'000'000'000'000'000}, ~u64{0}}) {
    const Error error = refusal(name, little(length, 8), ~u64{0} >> 1);
    CHECK(error.code == ErrorCode::too_large);
    CHECK(error.where == name);
  }
}

TEST_CASE("safetensors neither overlap nor leave gaps", "[checkpoint]") {
  CHECK(refused("{" + tensor("a", "U8", "[4]", "[0,4]") + "," + tensor("b", "U8", "[4]", "[2,6]") + "}", 6).where == "model.safetensors: \"b\".data_offsets");
  CHECK(refused("{" + tensor("a", "U8", "[4]", "[0,4]") + "," + tensor("b", "U8", "[4]", "[6,10]") + "}", 10).message.find("the one before it ends at") != std::string::npos);
  CHECK(refused("{" + tensor("a", "U8", "[4]", "[1,5]") + "}", 5).code == ErrorCode::invalid_file);
  CHECK(refused("{" + tensor("a", "U8", "[4]", "[4,0]") + "}", 4).code == ErrorCode::out_of_range);
  CHECK(refused("{" + tensor("a", "U8", "[5]", "[0,4]") + "}", 4).message == "Shape and type need 5 bytes, but the header gives it 4.");
}

TEST_CASE("safetensors sizes that overflow are refused", "[checkpoint]") {
  CHECK(refused("{" + tensor("a", "F64", "[4294967296,4294967296]", "[0,0]") + "}", 0).code == ErrorCode::overflow);
  CHECK(refused("{" + tensor("a", "U8", "[18446744073709551616]", "[0,0]") + "}", 0).code == ErrorCode::wrong_type);
  CHECK(refused("{" + tensor("a", "U8", "[18446744073709551615]", "[0,18446744073709551615]") + "}", 0).code == ErrorCode::overflow);
  CHECK(refused("{" + tensor("a", "U8", "[-1]", "[0,0]") + "}", 0).code == ErrorCode::wrong_type);
  CHECK(refused("{" + tensor("a", "U8", "[1.5]", "[0,0]") + "}", 0).code == ErrorCode::wrong_type);
}

TEST_CASE("a safetensors header of another form is refused at its place", "[checkpoint]") {
  CHECK(refused("[]", 0).where == name);
  CHECK(refused("{\"a\":5}", 0).where == "model.safetensors: \"a\"");
  CHECK(refused("{\"a\":{\"dtype\":\"Q9\",\"shape\":[],\"data_offsets\":[0,0]}}", 0).message == "The type Q9 is not known.");
  CHECK(refused("{\"a\":{\"dtype\":\"I8\",\"shape\":[1],\"data_offsets\":[0,1,2]}}", 1).where == "model.safetensors: \"a\".data_offsets");
  CHECK(refused("{\"a\":{\"dtype\":\"I8\",\"shape\":[1],\"data_offsets\":[0]}}", 1).code == ErrorCode::wrong_type);
  CHECK(refused("{\"a\":{\"dtype\":\"I8\",\"shape\":[[1]],\"data_offsets\":[0,1]}}", 1).code == ErrorCode::wrong_type);
  CHECK(refused("{\"a\":{\"dtype\":\"I8\",\"shape\":[null],\"data_offsets\":[0,1]}}", 1).code == ErrorCode::wrong_type);
  CHECK(refused("{\"a\":{\"shape\":[1],\"data_offsets\":[0,1]}}", 1).message == "The header gives this tensor no dtype.");
  CHECK(refused("{\"__metadata__\":{\"a\":1}}", 0).where == "model.safetensors: \"__metadata__\"");
  CHECK(refused("{\"a\":{\"dtype\":\"I8\",\"shape\":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1],\"data_offsets\":[0,1]}}", 1).code == ErrorCode::out_of_range);
  CHECK(refused("{\"" + std::string(5000, 'x') + "\":{}}", 0).code == ErrorCode::out_of_range);
}

TEST_CASE("a safetensors header that is no JSON says the byte", "[checkpoint]") {
  CHECK(refused("{\"a\": nope}", 0).where == "model.safetensors: byte 18");
  CHECK(refused("{\"a\":{}", 0).code == ErrorCode::missing_field);
  CHECK(refused("{", 0).code == ErrorCode::invalid_json);
  CHECK(refused("{} x", 0).code == ErrorCode::invalid_json);
  CHECK(refused("{\"\xff\":1}", 0).message == "The text is not valid UTF-8 at byte 10.");
  for (const char* text : {"{\"\xed\xa0\x80\":1}", "{\"\xc0\xaf\":1}", "{\"\\ud800\":1}", "{\"\xf4\x90\x80\x80\":1}", "{\"a\nb\":1}", "{\"\xe6\xa8\":1}"}) {
    CAPTURE(text);
    CHECK(refused(text, 0).code == ErrorCode::invalid_file);
  }
  CHECK(refused("{\"a\":{\"x\":" + std::string(1'000'000, '[') + "}}", 0).message == "More than 64 levels of nesting.");
}

TEST_CASE("a tensor named twice is refused", "[checkpoint]") {
  CHECK(refused("{" + tensor("a", "U8", "[1]", "[0,1]") + "," + tensor("a", "U8", "[1]", "[1,2]") + "}", 2).where == "model.safetensors: \"a\"");
  CHECK(refused("{\"a\":{\"dtype\":\"U8\",\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}", 1).code == ErrorCode::invalid_file);
}

TEST_CASE("shards make one checkpoint in any order", "[checkpoint]") {
  const std::string one = "model-00001-of-00002.safetensors", two = "model-00002-of-00002.safetensors";
  const std::string a = safetensors_file("{" + tensor("a", "U8", "[1]", "[0,1]") + "}", 1), b = safetensors_file("{" + tensor("b", "U8", "[2]", "[0,2]") + "}", 2);
  const auto joined = join_headers({headers_of(two, b), headers_of(one, a)});
  REQUIRE(joined.ok());
  CHECK(joined.value().tensors.size() == 2);
  CHECK(joined.value().files[joined.value().tensors[1].file].name == two);
  CHECK(summary(joined.value()).tensor_bytes == 3);
  const auto missing = join_headers({headers_of(one, a)});
  REQUIRE_FALSE(missing.ok());
  CHECK(missing.error().message == "1 of 2 files of this checkpoint are missing: 2.");
  CHECK_FALSE(join_headers({headers_of(one, a), headers_of("other-00002-of-00002.safetensors", b)}).ok());
  CHECK_FALSE(join_headers({headers_of("x.safetensors", a), headers_of("y.safetensors", a)}).ok());
  const std::string map = "{\"weight_map\":{\"a\":\"" + one + "\",\"b\":\"" + two + "\"}}";
  const auto with_index = join_headers({headers_of(two, b), headers_of("model.safetensors.index.json", map), headers_of(one, a)});
  REQUIRE(with_index.ok());
  CHECK(with_index.value().kind == CheckpointKind::safetensors);
  const std::string other = "{\"weight_map\":{\"a\":\"" + two + "\",\"b\":\"" + two + "\"}}";
  CHECK_FALSE(join_headers({headers_of(two, b), headers_of("model.safetensors.index.json", other)}).ok());
  CHECK_FALSE(join_headers({headers_of(one, a), headers_of("model.safetensors.index.json", map)}).ok());
}
