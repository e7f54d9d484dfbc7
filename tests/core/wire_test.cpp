#include "wire_json.hpp"

#include <set>

#include "session.hpp"

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

Error refusal(std::string_view request) {
  Request out;
  const JsonDocument document = json(request);
  const auto error = read_json(document.root(), "request", out);
  INFO(request);
  REQUIRE(error.has_value());
  return *error;
}

Request read(std::string_view request) {
  Request out;
  const JsonDocument document = json(request);
  const auto error = read_json(document.root(), "request", out);
  INFO((error ? error->where + ": " + error->message : ""));
  REQUIRE_FALSE(error.has_value());
  return out;
}

template <class T>
std::string as_json(const T& value) {
  JsonWriter out;
  write_json(out, value);
  return out.take();
}

const InferenceWorkload& workload(const Request& request) { return *std::get_if<InferenceWorkload>(&request.workload); }

}  // namespace

TEST_CASE("a request with everything set comes back the same", "[wire]") {
  Ask one = ask("Qwen/Qwen3-8B");
  one.weights("int4").context(4096).sequences(3).prompt(100).cache("fp8").attention(AttentionImplementation::eager).ranks(2).on("nvidia/l4", 2);
  const Request back = read(one.json_text());
  CHECK(back.model.preset == "Qwen/Qwen3-8B");
  CHECK_FALSE(back.model.config.has_value());
  CHECK(back.weight_format == "int4");
  CHECK(workload(back).max_model_len == 4096);
  CHECK(workload(back).max_num_seqs == 3);
  CHECK(workload(back).prompt_tokens == 100);
  CHECK(workload(back).kv_cache_dtype == "fp8");
  CHECK(workload(back).attention == AttentionImplementation::eager);
  CHECK(back.parallel.tensor_parallel_size == 2);
  REQUIRE(back.device.has_value());
  CHECK(back.device->gpu == "nvidia/l4");
  CHECK(back.device->device_count == 2);
  CHECK(as_json(back) == one.json_text());
}

TEST_CASE("a request with nothing but a model has the defaults, and null is absent", "[wire]") {
  for (const std::string_view request : {R"({"model": {"parameter_count": "7B"}})",
                                         R"({"model": {"parameter_count": "7B", "preset": null}, "workload": null, "device": null, "weight_format": null, "parallel": null})"}) {
    const Request back = read(request);
    CHECK(back.model.parameter_count == "7B");
    CHECK_FALSE(back.model.preset.has_value());
    CHECK(back.engine == "transformers");
    CHECK_FALSE(back.device.has_value());
    CHECK(workload(back).max_num_seqs == 1);
    CHECK_FALSE(workload(back).max_model_len.has_value());
  }
}

TEST_CASE("a config text survives the round trip whatever is in it", "[wire]") {
  const Ask one = ask_config("{\"model_type\": \"llama\", \"名\": \"\\u0001\\\"\n\t\\\\\"}");
  CHECK(read(one.json_text()).model.config == one.request.model.config);
}

TEST_CASE("a misspelt key is an error that names the known ones", "[wire]") {
  const Error error = refusal(R"({"model": {"preset": "x"}, "wieght_format": "int4"})");
  CHECK(error.code == ErrorCode::unknown_id);
  CHECK(error.where == "request.wieght_format");
  CHECK(error.hint == "Remove it, or use one of: model, weight_format, importance_matrix, engine, workload, parallel, device.");
  CHECK(refusal(R"({"workload": {"kind": "inference", "context": 1}})").where == "request.workload.context");
  CHECK(refusal(R"({"kind": "inference"})").where == "request.kind");
}

TEST_CASE("a value of the wrong type is an error at its place", "[wire]") {
  CHECK(refusal("[]").where == "request");
  CHECK(refusal("12").code == ErrorCode::wrong_type);
  CHECK(refusal(R"({"model": "llama"})").where == "request.model");
  CHECK(refusal(R"({"model": {"preset": 7}})").where == "request.model.preset");
  CHECK(refusal(R"({"engine": ["transformers"]})").code == ErrorCode::wrong_type);
  CHECK(refusal(R"({"device": {"gpu": "x", "device_count": "2"}})").where == "request.device.device_count");
  CHECK(refusal(R"({"workload": {"kind": "inference", "max_num_seqs": true}})").code == ErrorCode::wrong_type);
  CHECK(refusal(R"({"workload": {"kind": "inference", "attention": 1}})").where == "request.workload.attention");
}

TEST_CASE("numbers of a request are whole and start at one", "[wire]") {
  const auto with = [](const std::string& number) { return R"({"workload": {"kind": "inference", "max_model_len": )" + number + "}}"; };
  for (const char* number : {"0", "-1", "-0.5", "-1e300", "9007199254740994", "1e300", "18446744073709551615"}) {
    CAPTURE(number);
    CHECK(refusal(with(number)).code == ErrorCode::out_of_range);
    CHECK(refusal(with(number)).where == "request.workload.max_model_len");
  }
  CHECK(refusal(with("1.5")).code == ErrorCode::wrong_type);
  CHECK(workload(read(with("1"))).max_model_len == 1);
  CHECK(workload(read(with("8192.0"))).max_model_len == 8192);
  CHECK(workload(read(with("9007199254740992"))).max_model_len == 9007199254740992);
}

TEST_CASE("a workload says its kind, and an unknown kind is an error that names the known ones", "[wire]") {
  CHECK(refusal(R"({"workload": {}})").code == ErrorCode::missing_field);
  CHECK(refusal(R"({"workload": {}})").where == "request.workload.kind");
  const Error error = refusal(R"({"workload": {"kind": "mining"}})");
  CHECK(error.code == ErrorCode::unknown_id);
  CHECK(error.where == "request.workload.kind");
  CHECK(error.hint == "Use one of: inference, training.");
  CHECK(refusal(R"({"workload": {"kind": 3}})").where == "request.workload.kind");
  CHECK(refusal(R"({"workload": []})").code == ErrorCode::wrong_type);
}

TEST_CASE("an unknown word names the known ones", "[wire]") {
  const Error error = refusal(R"({"workload": {"kind": "inference", "attention": "flash"}})");
  CHECK(error.code == ErrorCode::out_of_range);
  CHECK(error.where == "request.workload.attention");
  CHECK(error.hint == "Use one of: sdpa, eager.");
}

TEST_CASE("an error that quotes a long word is short and whole text", "[wire]") {
  std::string word;
  for (int i = 0; i < 1000; ++i) word += "模型";
  for (const std::string& request : {R"({"workload": {"kind": "inference", "attention": ")" + word + "\"}}", R"({"workload": {"kind": ")" + word + "\"}}", "{\"" + word + "\": 1}"}) {
    const Error error = refusal(request);
    const std::string out = as_json(error);
    CHECK(out.size() < 2000);
    CHECK(JsonDocument::parse(out, "error").ok());
  }
}

TEST_CASE("enums, optionals, lists and 64-bit numbers are written as JSON has them", "[wire]") {
  const Verdict verdict{Outcome::does_not_fit, 5, 7, -2, 1400};
  CHECK(as_json(verdict) == R"({"outcome":"does_not_fit","usable_bytes":5,"needed_bytes":7,"headroom_bytes":-2,"used_permille":1400})");
  CHECK(as_json(InspectedTensor{"a.*", {2, 3}, 4, "bf16", Role::norm, {}}) == R"({"name":"a.*","shape":[2,3],"count":4,"format":"bf16","role":"norm","apart":null})");
  CHECK(as_json(ParallelChoice{}) == R"({"tensor_parallel_size":null})");
}

TEST_CASE("an outcome says whether it went well", "[wire]") {
  CHECK(outcome_json(Result<CatalogInfo>(CatalogInfo{"2026-01-01", 1, 2})) == R"({"ok":true,"value":{"date":"2026-01-01","gpus":1,"models":2}})");
  const std::string bad = outcome_json(Result<CatalogInfo>(make_error(Say::empty_text, "config")));
  CHECK(json(bad).root()["ok"].boolean() == false);
  CHECK(json(bad).root()["error"]["code"].string() == "empty_input");
  CHECK(json(bad).root()["error"]["where"].string() == "config");
}
