#include "model/stored_weights.hpp"

#include <set>

#include "checkpoint_files.hpp"
#include "model/gguf_config.hpp"
#include "session.hpp"

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

constexpr const char* config =
    R"({"model_type":"llama","hidden_size":64,"intermediate_size":128,"num_hidden_layers":2,"num_attention_heads":4,"num_key_value_heads":2,)"
    R"("vocab_size":96,"max_position_embeddings":16384,"tie_word_embeddings":true,"torch_dtype":"bfloat16"})";

/// The checkpoint that Transformers would save of the config.
CheckpointSummary plain() {
  const auto spec = read_model(config);
  REQUIRE(spec.ok());
  CheckpointSummary out{.kind = CheckpointKind::safetensors, .name = "model.safetensors", .files = 1, .file_bytes = 1000, .read_bytes = 10, .tensor_count = 21, .tensor_bytes = {}, .total_size = {}, .metadata = {}, .tensors = {}};
  for (const Tensor& tensor : inventory_of(spec.value()).tensors) {
    if (tensor.apart != Apart::no) continue;
    CheckpointTensors group{.name = starred_name(tensor), .type = "BF16", .shape = {tensor.shape.begin(), tensor.shape.begin() + tensor.rank}, .count = tensor.count(), .bytes = tensor.elements().value * 2};
    out.tensors.push_back(group);
  }
  return out;
}

StoredWeights stored(const CheckpointSummary& checkpoint) {
  const auto spec = read_model(config);
  REQUIRE(spec.ok());
  return stored_weights(checkpoint, inventory_of(spec.value()));
}

CheckpointTensors& named(CheckpointSummary& checkpoint, std::string_view name) {
  for (CheckpointTensors& group : checkpoint.tensors)
    if (group.name == name) return group;
  FAIL(name);
  return checkpoint.tensors[0];
}

/// A request for two devices at most, as JSON.
std::string asked(const CheckpointSummary& checkpoint, bool with_config, const std::string& rest = "") {
  JsonWriter out;
  write_json(out, checkpoint);
  JsonWriter text;
  text.text(config);
  return "{\"model\":{" + (with_config ? "\"config\":" + text.take() + "," : std::string()) + "\"checkpoint\":" + out.take() + "},\"workload\":{\"kind\":\"inference\"}" + rest + "}";
}

JsonDocument report_of(const std::string& request) {
  JsonDocument document = json(session().report(request));
  INFO(document.root()["error"]["message"].shown());
  REQUIRE(document.root()["ok"].boolean() == true);
  return document;
}

u64 weights_in(const JsonDocument& report) { return whole(report.root()["value"]["tree"]["children"].at(0)["bytes"]); }

}  // namespace

TEST_CASE("a plain checkpoint has the model's own tensors and bytes", "[checkpoint]") {
  const StoredWeights found = stored(plain());
  CHECK(found.differences.empty());
  const auto with = report_of(asked(plain(), true));
  JsonWriter text;
  text.text(config);
  const auto without = report_of("{\"model\":{\"config\":" + text.take() + "},\"workload\":{\"kind\":\"inference\"}}");
  CHECK(weights_in(with) == weights_in(without));
  CHECK(with.root()["value"]["request"]["weight_format"].kind() == JsonView::Kind::null);
}

TEST_CASE("what a checkpoint has otherwise is named", "[checkpoint]") {
  CheckpointSummary changed = plain();
  named(changed, "model.norm.weight").shape = {65};
  named(changed, "model.layers.*.mlp.up_proj.weight").count = 1;
  named(changed, "model.layers.*.mlp.down_proj.weight").name = "model.layers.*.mlp.fc.weight";
  std::string said;
  for (const TensorDifference& difference : stored(changed).differences)
    said += difference.name + " " + std::string(name_of(difference.kind)) + " " + difference.expected + " " + difference.found + "\n";
  CHECK(said ==
        "model.layers.*.mlp.fc.weight extra  [64, 128]\nmodel.norm.weight other_shape [64] [65]\n"
        "model.layers.*.mlp.down_proj.weight missing 2 \nmodel.layers.*.mlp.up_proj.weight other_count 2 1\n");
}

TEST_CASE("a quantiser's tensors belong to their module, and their bytes are the weights'", "[checkpoint]") {
  CheckpointSummary packed = plain();
  for (const char* module : {"model.layers.*.mlp.up_proj", "model.layers.*.mlp.down_proj"}) {
    named(packed, std::string(module) + ".weight").name = std::string(module) + ".qweight";
    CheckpointTensors& qweight = named(packed, std::string(module) + ".qweight");
    qweight.type = "I32", qweight.shape = {8, 128}, qweight.bytes = 4096;
    packed.tensors.push_back({.name = std::string(module) + ".scales", .type = "F16", .shape = {1, 128}, .count = 2, .bytes = 256});
  }
  const StoredWeights found = stored(packed);
  CHECK(found.differences.empty());
  u64 bytes = 0;
  for (const CheckpointTensors& group : packed.tensors) bytes += *group.bytes * group.count;
  CHECK(weights_in(report_of(asked(packed, true))) == bytes);
  CHECK(weights_in(report_of(asked(packed, true, ",\"weight_format\":\"bf16\""))) != bytes);
}

TEST_CASE("a checkpoint's weights are cut over devices as the model's are", "[checkpoint]") {
  JsonWriter text;
  text.text(config);
  const std::string rest = ",\"parallel\":{\"tensor_parallel_size\":2}";
  CHECK(weights_in(report_of(asked(plain(), true, rest))) ==
        weights_in(report_of("{\"model\":{\"config\":" + text.take() + "},\"workload\":{\"kind\":\"inference\"}" + rest + "}")));
}

TEST_CASE("headers need a description of the layers beside them", "[checkpoint]") {
  const JsonDocument alone = json(session().report(asked(plain(), false)));
  CHECK(text(alone.root()["error"]["where"]) == "request.model.checkpoint");
  CHECK(text(alone.root()["error"]["code"]) == "missing_field");
  const JsonDocument counted = json(session().report("{\"model\":{\"parameter_count\":\"7B\",\"checkpoint\":{\"kind\":\"gguf\",\"name\":\"a\",\"tensors\":[]}},\"workload\":{\"kind\":\"inference\"}}"));
  CHECK(text(counted.root()["error"]["code"]) == "unsupported_combination");
}

TEST_CASE("a GGUF file alone is a model", "[checkpoint]") {
  GgufFile file;
  file.text("general.architecture", "llama").number("llama.block_count", 2).number("llama.context_length", 4096).number("llama.embedding_length", 64);
  file.number("llama.feed_forward_length", 128).number("llama.attention.head_count", 4).number("llama.attention.head_count_kv", 2);
  file.tensor("token_embd.weight", {64, 96}, 8, 6528).tensor("output_norm.weight", {64}, 0, 256);
  for (const char* layer : {"blk.0.", "blk.1."}) {
    for (const auto& [name, in, out] : {std::tuple{"attn_q", 64, 64}, {"attn_k", 64, 32}, {"attn_v", 64, 32}, {"attn_output", 64, 64}, {"ffn_gate", 64, 128}, {"ffn_up", 64, 128}, {"ffn_down", 128, 64}})
      file.tensor(std::string(layer) + name + ".weight", {static_cast<u64>(in), static_cast<u64>(out)}, 8, static_cast<u64>(in * out / 32 * 34));
    for (const char* name : {"attn_norm", "ffn_norm"}) file.tensor(std::string(layer) + name + ".weight", {64}, 0, 256);
  }
  const CheckpointSummary read = summary(headers_of("model.gguf", file.bytes()));
  const auto seen = inspection_of(read, std::nullopt);
  REQUIRE(seen.ok());
  REQUIRE(seen.value().model.has_value());
  CHECK(seen.value().model->num_hidden_layers == 2);
  CHECK(seen.value().model->vocab_size == 96);
  CHECK(seen.value().differences.empty());
  CHECK(seen.value().stored_bytes == read.tensor_bytes);
  const auto report = report_of(asked(read, false));
  CHECK(weights_in(report) == *read.tensor_bytes);
  std::set<std::string> said;
  for (std::size_t i = 0; i < report.root()["value"]["notices"].size(); ++i) said.insert(text(report.root()["value"]["notices"].at(i)["code"]));
  CHECK(said.count("weights_as_stored") == 1);
  CHECK(said.count("gguf_in_transformers") == 1);
  CheckpointSummary other = read;
  for (CheckpointMetadata& entry : other.metadata)
    if (entry.key == "general.architecture") entry.value = "rwkv7";
  const JsonDocument unknown = json(session().report(asked(other, false)));
  CHECK(text(unknown.root()["error"]["code"]) == "unknown_model_type");
}
