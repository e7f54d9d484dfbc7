/// Whatever is put in, core answers with a code, a place, what is wrong and what to do, in two languages.

#include <set>

#include "session.hpp"

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

std::string answer_to(JsonView one) {
  if (one["config"].present()) return inspect_config(*one["config"].string());
  if (one["request"].present()) return session().report(*one["request"].string());
  return Session().load_catalog(*one["catalog"].string());
}

JsonDocument error_in(std::string_view answer) {
  INFO(answer.substr(0, 500));
  JsonDocument document = json(answer);
  REQUIRE(document.root()["ok"].boolean() == false);
  REQUIRE(document.root()["error"].size() == 6);
  for (const std::string_view key : {"message", "hint", "message_zh", "hint_zh"}) {
    CAPTURE(key);
    CHECK_FALSE(text(document.root()["error"][key]).empty());
    CHECK(text(document.root()["error"][key]).size() < 3000);
  }
  return document;
}

std::string code_of(std::string_view answer) { return text(error_in(answer).root()["error"]["code"]); }

std::string about_llama(std::string_view rest) { return "{\"model_type\": \"llama\", " + std::string(rest); }

}  // namespace

TEST_CASE("every bad input has its code, its place and its sentences", "[errors]") {
  const Cases cases("errors");
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const JsonView one = cases.at(i);
    INFO(text(one["name"]));
    const JsonDocument document = error_in(answer_to(one));
    const JsonView error = document.root()["error"];
    CHECK(text(error["code"]) == text(one["code"]));
    CHECK(text(error["where"]) == text(one["where"]));
    const std::string said = text(error["message"]) + " " + text(error["hint"]);
    INFO(said);
    CHECK(said.find(text(one["says"])) != std::string::npos);
  }
}

TEST_CASE("every code is produced by an example or by a text too long for one", "[errors]") {
  std::set<std::string> produced{"too_large", "invalid_file"};  // below, and in safetensors_test.cpp
  const Cases cases("errors");
  for (std::size_t i = 0; i < cases.size(); ++i) produced.insert(text(cases.at(i)["code"]));
  for (const std::string_view code : EnumNames<ErrorCode>::names) {
    CAPTURE(code);
    CHECK(produced.count(std::string(code)) == 1);
  }
}

TEST_CASE("a file of fifty megabytes is refused by its size", "[errors]") {
  const std::string big = about_llama("\"x\": \"" + std::string(50'000'000, 'x') + "\"}");
  CHECK(code_of(inspect_config(big)) == "too_large");
  CHECK(code_of(session().report("{\"model\": {\"config\": \"" + std::string(50'000'000, 'x') + "\"}}")) == "too_large");
  CHECK(code_of(session().report("{\"model\": {\"config\": \"" + std::string(6'000'000, 'x') + "\"}}")) == "too_large");
}

TEST_CASE("a config nested two hundred thousand deep is answered like any other", "[errors]") {
  CHECK(code_of(inspect_config(about_llama("\"x\": " + std::string(200'000, '[')))) == "invalid_json");
  const std::string deep = about_llama("\"x\": " + std::string(200'000, '[') + std::string(200'000, ']') + "}");
  CHECK(json(inspect_config(deep)).root()["ok"].boolean() == true);
  CHECK(code_of(inspect_config(about_llama("\"hidden_size\": " + std::string(200'000, '[') + std::string(200'000, ']') + "}"))) == "wrong_type");
}

TEST_CASE("a list of a million layer types is answered like any other", "[errors]") {
  std::string list = "[\"full_attention\"";
  for (int i = 1; i < 200'000; ++i) list += ",\"full_attention\"";
  CHECK(code_of(inspect_config("{\"model_type\": \"gemma2\", \"layer_types\": " + list + "]}")) == "out_of_range");
}

TEST_CASE("bytes that are no text are refused", "[errors]") {
  std::string bytes;
  for (int i = 0; i < 4096; ++i) bytes += static_cast<char>(i * 37 % 256);
  CHECK(code_of(inspect_config(bytes)) == "invalid_json");
  CHECK(code_of(inspect_config(std::string(1000, '\0'))) == "invalid_json");
}

TEST_CASE("a config cut off at any byte is an error or a whole model, never a crash", "[errors]") {
  const std::string whole_text = R"({"model_type": "qwen3_moe", "hidden_size": 2048, "num_experts": 128, "layer_types": null, "dtype": "bfloat16", "名": "模"})";
  for (std::size_t length = 0; length < whole_text.size(); ++length) {
    CAPTURE(length);
    const std::string code = code_of(inspect_config(whole_text.substr(0, length)));
    CHECK(code == (length == 0 ? "empty_input" : "invalid_json"));
  }
  CHECK(json(inspect_config(whole_text)).root()["ok"].boolean() == true);
}

TEST_CASE("a config with any byte changed is a model or an error, never a crash", "[errors]") {
  const std::string good = R"({"model_type": "gemma3_text", "num_hidden_layers": 6, "sliding_window": 512, "head_dim": 256, "layer_types": ["full_attention"]})";
  for (std::size_t at = 0; at < good.size(); ++at)
    for (const char byte : {'\0', '"', '{', ']', '9', '-', 'e', '\\', '\xff', ' '}) {
      std::string changed = good;
      changed[at] = byte;
      CAPTURE(changed);
      const JsonDocument answer = json(inspect_config(changed));
      CHECK(answer.root()["ok"].boolean().has_value());
    }
}

TEST_CASE("every key of a config, given a value of every wrong kind, is an error at that key or plays no part", "[errors]") {
  const std::string keys[] = {"hidden_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads", "head_dim", "intermediate_size", "vocab_size",
                              "max_position_embeddings", "tie_word_embeddings", "hidden_act", "sliding_window", "layer_types", "num_experts", "dtype",
                              "rope_parameters", "quantization_config", "moe_intermediate_size", "attention_bias"};
  for (const std::string& key : keys)
    for (const char* value : {"-1", "1e300", "1.5", "\"many\"", "[]", "{}", "true", "[[[-1]]]", "\"\"", "-0.0", "9007199254740993"}) {
      CAPTURE(key, value);
      const std::string answer = inspect_config("{\"model_type\": \"qwen3_moe\", \"" + key + "\": " + value + "}");
      const JsonDocument document = json(answer);
      if (document.root()["ok"].boolean() == true) continue;
      const std::string where = text(error_in(answer).root()["error"]["where"]);
      CHECK(where.rfind("config." + key, 0) == 0);
    }
}
