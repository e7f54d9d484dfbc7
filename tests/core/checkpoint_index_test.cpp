#include "checkpoint_files.hpp"

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

constexpr const char* name = "model.safetensors.index.json";
constexpr const char* text =
    "{\"metadata\": {\"total_size\": 16060522496, \"note\": [1, {\"a\": null}]}, \"weight_map\": {\"model.layers.0.mlp.up_proj.weight\": \"a.safetensors\","
    " \"model.layers.11.mlp.up_proj.weight\": \"b.safetensors\", \"lm_head.weight\": \"a.safetensors\"}}";

}  // namespace

TEST_CASE("an index gives names and files", "[checkpoint]") {
  const Checkpoint read = headers_of(name, text);
  CHECK(read.kind == CheckpointKind::safetensors_index);
  CHECK(read.total_size == 16060522496);
  CHECK(read.named_files == std::vector<std::string>{"a.safetensors", "b.safetensors"});
  REQUIRE(read.tensors.size() == 3);
  CHECK(read.tensors[2].file == 0);
  const CheckpointSummary groups = summary(read);
  REQUIRE(groups.tensors.size() == 2);
  CHECK(groups.tensors[0].name == "model.layers.*.mlp.up_proj.weight");
  CHECK(groups.tensors[0].count == 2);
  CHECK(groups.files == 2);
  CHECK_FALSE(groups.tensors[0].bytes.has_value());
  CHECK(headers_of("pytorch_model.bin.index.json", text).kind == CheckpointKind::pytorch_index);
}

TEST_CASE("an index is read in pieces of any length", "[checkpoint]") {
  struct Collect final : JsonSink {
    bool take(JsonToken token, std::string_view word) override {
      out += std::to_string(static_cast<int>(token)) + ":" + std::string(word) + "\n";
      return true;
    }
    std::string out;
  };
  const std::string json = "{\"a\\u00e9\\ud83d\\ude00\\n\": [1, -2.5e3, true, \"\xe6\xa8\xa1\"], \"b\": {}, \"c\": \"\"} ";
  Collect whole;
  JsonFeed at_once(whole);
  REQUIRE(at_once.feed(json));
  REQUIRE(at_once.finish());
  CHECK(whole.out.find("4:a\xc3\xa9\xf0\x9f\x98\x80\n") != std::string::npos);
  for (std::size_t size = 1; size < 9; ++size) {
    Collect pieces;
    JsonFeed feed(pieces);
    for (std::size_t at = 0; at < json.size(); at += size) REQUIRE(feed.feed(std::string_view(json).substr(at, size)));
    REQUIRE(feed.finish());
    CHECK(pieces.out == whole.out);
  }
}

TEST_CASE("an index of another form is refused at its place", "[checkpoint]") {
  const auto where = [](const char* json) { return refusal(name, json).where; };
  CHECK(where("{}") == "model.safetensors.index.json: weight_map");
  CHECK(where("[]") == name);
  CHECK(where("{\"weight_map\": []}") == "model.safetensors.index.json: weight_map");
  CHECK(where("{\"weight_map\": {\"a\": 5}}") == "model.safetensors.index.json: \"a\"");
  CHECK(where("{\"weight_map\": {\"a\": {}}}") == "model.safetensors.index.json: \"a\"");
  CHECK(where("{\"weight_map\": {\"a\": \"x\", \"a\": \"y\"}}") == "model.safetensors.index.json: \"a\"");
  CHECK(where("{\"weight_map\": {}, \"weight_map\": {}}") == "model.safetensors.index.json: \"weight_map\"");
  CHECK(where("{\"metadata\": {\"total_size\": \"much\"}, \"weight_map\": {}}") == "model.safetensors.index.json: metadata.total_size");
  CHECK(where("{\"metadata\": {\"total_size\": -1}, \"weight_map\": {}}") == "model.safetensors.index.json: metadata.total_size");
  CHECK(refusal(name, "").code == ErrorCode::invalid_json);
  CHECK(refusal(name, "{", 600'000'000).code == ErrorCode::too_large);
  CHECK(refusal(name, "{\"weight_map\": {}}", 100).code == ErrorCode::invalid_file);
}

TEST_CASE("a total that Python wrote as a float is read", "[checkpoint]") {
  CHECK(headers_of(name, "{\"metadata\": {\"total_size\": 145248067584.0}, \"weight_map\": {}}").total_size == 145248067584);
  CHECK(headers_of(name, "{\"metadata\": {\"total_size\": 1.5e3}, \"weight_map\": {}}").total_size == 1500);
}

TEST_CASE("numbers between dots are stars", "[checkpoint]") {
  std::string out;
  for (const auto& [given, wanted] : {std::pair{"model.layers.12.mlp.experts.3.up_proj.weight", "model.layers.*.mlp.experts.*.up_proj.weight"},
                                      {"blk.1.2.x", "blk.*.*.x"}, {"1.a.2", "1.a.2"}, {"a.1b.c", "a.1b.c"}, {"", ""}, {"a..5..", "a..*.."}}) {
    star_numbers(given, out);
    CHECK(out == wanted);
  }
}
