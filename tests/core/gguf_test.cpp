#include "checkpoint_files.hpp"

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

constexpr const char* name = "model.gguf";

GgufFile small() {
  GgufFile file;
  file.text("general.architecture", "llama").number("llama.block_count", 2).pair("llama.scale", 6, little(0x3F400000, 4)).pair("llama.flag", 7, little(1, 1));
  file.pair("llama.heads", 9, little(5, 4) + little(2, 8) + little(4, 4) + little(0xFFFFFFFF, 4));
  file.pair("tokenizer.ggml.tokens", 9, little(8, 4) + little(3, 8) + GgufFile::word("a") + GgufFile::word("\xff") + GgufFile::word(""));
  file.tensor("token_embd.weight", {64, 3}, 8, 204).tensor("blk.0.attn_q.weight", {256, 2}, 12, 288).tensor("blk.1.attn_q.weight", {256, 2}, 14, 420).tensor("output_norm.weight", {64}, 0, 256);
  return file;
}

Error refused(const GgufFile& file) { return refusal(name, file.bytes()); }

}  // namespace

TEST_CASE("a GGUF header gives every tensor with its place", "[checkpoint]") {
  for (const u32 version : {2U, 3U}) {
    GgufFile file = small();
    file.version = version;
    const std::string bytes = file.bytes();
    const Checkpoint read = headers_of(name, bytes);
    REQUIRE(read.tensors.size() == 4);
    CHECK(read.tensors[0].type == "q8_0");
    CHECK(read.tensors[0].bytes == 204);
    CHECK(read.shape_of(read.tensors[0])[0] == 3);  // outermost first
    CHECK(read.tensors[1].type == "q4_k");
    CHECK(read.tensors[1].bytes == 288);
    CHECK(read.tensors[1].offset == (file.header().size() + 31) / 32 * 32 + 224);
    CHECK(read.metadata.at("llama.scale").text == "0.75");
    CHECK(read.metadata.at("llama.flag").text == "true");
    CHECK(read.metadata.at("llama.heads").text == "[4,-1]");
    CHECK(read.metadata.at("tokenizer.ggml.tokens").length == 3);
    CHECK(read.files[0].size == bytes.size());
    const CheckpointSummary groups = summary(read);
    CHECK(groups.tensors.size() == 4);  // one name in two types
    CHECK(groups.tensor_bytes == 204 + 288 + 420 + 256);
  }
}

TEST_CASE("a GGUF header is read in pieces, and no further than it goes", "[checkpoint]") {
  GgufFile file = small();
  file.pair("tokenizer.ggml.scores", 9, little(6, 4) + little(2'000'000, 8) + std::string(8'000'000, '\0'));
  const std::string bytes = file.bytes();
  const Checkpoint read = headers_of(name, bytes, u64{16'100'000'000});
  CHECK(read.tensors.size() == 4);
  CHECK(read.files[0].read <= file.header().size() + (2 << 20));
  CHECK(read.metadata.at("tokenizer.ggml.scores").length == 2'000'000);
}

TEST_CASE("a GGUF header is asked for in growing pieces, the first of 256 KiB and none above 2 MiB", "[checkpoint]") {
  GgufFile file = small();
  file.pair("tokenizer.ggml.scores", 9, little(6, 4) + little(2'000'000, 8) + std::string(8'000'000, '\0'));
  const std::string bytes = file.bytes();
  const auto reader = gguf_reader(name, u64{16'100'000'000});
  std::vector<u64> sizes;
  u64 end = 0;
  while (const auto slice = reader->wanted()) {
    CHECK(slice->offset == end);
    end += slice->size;
    sizes.push_back(slice->size >> 10);
    REQUIRE_FALSE(reader->feed(std::string_view(bytes).substr(static_cast<std::size_t>(slice->offset), static_cast<std::size_t>(slice->size))));
  }
  CHECK(sizes == std::vector<u64>{256, 256, 512, 1024, 2048, 2048, 2048});
}

TEST_CASE("a GGUF file that is cut off is refused wherever that is", "[checkpoint]") {
  const std::string bytes = small().bytes();
  for (std::size_t size = 0; size + 1 < bytes.size(); ++size) {
    CAPTURE(size);
    const auto read = read_headers(name, std::string_view(bytes).substr(0, size), size == 0 ? 0 : size);
    REQUIRE_FALSE(read.ok());
    CHECK((read.error().code == ErrorCode::invalid_file || read.error().code == ErrorCode::out_of_range));  // bytes or counts, whichever is noticed first
    if (size == 100) size = bytes.size() - 40;  // the data behind the header is all alike
  }
}

TEST_CASE("what is no GGUF file of a known version is refused", "[checkpoint]") {
  CHECK(refusal(name, "GGML" + std::string(60, '\0')).message == "The file does not begin with \"GGUF\".");
  for (const u32 version : {0U, 1U, 4U, 0x03000000U}) {
    GgufFile file = small();
    file.version = version;
    CAPTURE(version);
    CHECK(refused(file).where == "model.gguf: byte 4");
  }
}

TEST_CASE("counts that no file could hold are refused at once", "[checkpoint]") {
  for (const u64 count : {u64{1'000'000'000'000'000'000}, ~u64{0}, u64{10'000'000}}) {
    GgufFile file = small();
    file.info_count = count;
    CHECK(refused(file).where == "model.gguf: byte 8");
    file = small();
    file.pair_count = count;
    CHECK(refusal(name, file.bytes(), u64{1} << 40).where == "model.gguf: byte 16");
  }
  for (const u64 count : {u64{1'000'000'000'000'000'000}, ~u64{0}}) {
    for (const u32 type : {4U, 8U}) {
      GgufFile file;
      file.pair("x", 9, little(type, 4) + little(count, 8));
      CHECK(refused(file).where == "model.gguf: \"x\"");
    }
    GgufFile file;
    file.pair("x", 8, little(count, 8));
    CHECK(refused(file).code == ErrorCode::invalid_file);
    file = {};
    file.pairs = little(count, 8) + std::string(50, 'x');
    file.pair_count = 1;
    CHECK(refused(file).code == ErrorCode::invalid_file);
  }
  GgufFile file;
  file.pair("x", 8, little(200'000'000, 8));
  CHECK(refusal(name, file.bytes(), u64{1} << 40).code == ErrorCode::too_large);
}

TEST_CASE("values of a wrong kind are refused", "[checkpoint]") {
  GgufFile file;
  CHECK(refused(file.pair("x", 13, little(0, 8))).message == "13 is not a type of value that is read here.");
  file = {};
  CHECK(refused(file.pair("x", 9, little(9, 4) + little(1, 8) + little(9, 4) + little(1, 8))).where == "model.gguf: \"x\"");  // nested lists
  file = {};
  CHECK(refused(file.pair("x", 7, little(2, 1))).message == "A flag is 2; it can be 0 or 1.");
  file = {};
  CHECK(refused(file.pair("x", 9, little(7, 4) + little(2, 8) + little(0x0301, 2))).code == ErrorCode::invalid_file);
  file = {};
  CHECK(refused(file.number("x", 1).number("x", 2)).message == "The tensor is named twice.");
  file = {};
  CHECK(refused(file.text("x", "\xff")).message.find("UTF-8") != std::string::npos);
  file = {};
  CHECK(refused(file.number("\xff", 1)).message.find("UTF-8") != std::string::npos);
  file = {};
  CHECK(refused(file.number("general.alignment", 24)).message == "The alignment 24 is not a power of two.");
  file = {};
  CHECK(refused(file.number("general.alignment", 0)).code == ErrorCode::invalid_file);
}

TEST_CASE("real numbers of any size are read, found by fuzzing", "[checkpoint]") {
  for (const auto& [bits, shown] : {std::pair{u64{0x42D6BCC41E900000}, "inf"}, {u64{0xC2D6BCC41E900000}, "-inf"}, {u64{0x7FF8000000000000}, "nan"}, {u64{0x3FF8000000000000}, "1.5"}}) {
    GgufFile file;
    file.text("general.architecture", "a").pair("a.x", 12, little(bits, 8)).tensor("t", {8}, 0, 32);
    CHECK(headers_of(name, file.bytes()).metadata.at("a.x").text == shown);
  }
}

TEST_CASE("tensors of a GGUF file are of whole blocks and follow each other", "[checkpoint]") {
  GgufFile file;
  CHECK(refused(file.tensor("a", {100}, 12, 144)).message == "A row of 100 elements is not a multiple of the 256 that q4_k stores together.");
  file = {};
  CHECK(refused(file.tensor("a", {32}, 4, 18)).message == "The type 4 is not known.");
  file = {};
  CHECK(refused(file.tensor("a", {1, 1, 1, 1, 1}, 0, 4)).code == ErrorCode::out_of_range);
  file = {};
  CHECK(refused(file.tensor("a", {4294967296, 4294967296, 4}, 0, 4)).code == ErrorCode::overflow);
  file = {};
  CHECK(refused(file.tensor("a", {8}, 0, 32).tensor_at("b", {8}, 0, 16, 32)).where == "model.gguf: \"b\".offset");
  file = {};
  CHECK(refused(file.tensor("a", {8}, 0, 32).tensor_at("b", {8}, 0, 64, 32)).code == ErrorCode::invalid_file);
  file = {};
  CHECK(refused(file.tensor("a", {8}, 0, 32).tensor("a", {8}, 0, 32)).message == "The tensor is named twice.");
  file = {};
  CHECK(refusal(name, file.tensor("a", {u64{1} << 40}, 0, 0).bytes()).code == ErrorCode::invalid_file);
}

TEST_CASE("parts of a split GGUF file make one checkpoint", "[checkpoint]") {
  GgufFile first, second;
  first.text("general.architecture", "llama").tensor("a", {8}, 0, 32);
  second.tensor("b", {8}, 0, 32);
  const auto joined = join_headers({headers_of("m-00002-of-00002.gguf", second.bytes()), headers_of("m-00001-of-00002.gguf", first.bytes())});
  REQUIRE(joined.ok());
  CHECK(joined.value().tensors.size() == 2);
  CHECK(joined.value().metadata.count("general.architecture") == 1);
  CHECK_FALSE(join_headers({headers_of("m-00002-of-00002.gguf", second.bytes())}).ok());
}
