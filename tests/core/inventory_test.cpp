#include "model/tensor_inventory.hpp"

#include "model/family.hpp"
#include "session.hpp"

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

const TensorInventory& inventory(const std::string& preset) { return preset_model(preset)->inventory; }

const Tensor* find(const TensorInventory& list, std::string_view name) {
  for (const Tensor& tensor : list.tensors)
    if (starred_name(tensor) == name) return &tensor;
  return nullptr;
}

std::vector<u64> shape_of(const Tensor& tensor) { return {tensor.shape.begin(), tensor.shape.begin() + tensor.rank}; }

/// Parameters less those of the experts that a token does not pass.
u64 active(u64 parameters, u64 layers, u64 idle_experts, u64 expert) { return parameters - layers * idle_experts * expert; }

}  // namespace

TEST_CASE("presets have the parameter counts that others published", "[inventory]") {
  const Cases cases("parameter_counts");
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const JsonView one = cases.at(i);
    INFO(text(one["name"]));
    CHECK(inventory(text(one["preset"])).parameter_count == whole(one["parameter_count"]));
    REQUIRE(one["sources"].size() > 0);
    CHECK_FALSE(text(one["sources"].at(0)).empty());
  }
}

TEST_CASE("every family has a preset with a published count", "[inventory]") {
  std::map<std::string_view, int> counted;
  const Cases cases("parameter_counts");
  for (std::size_t i = 0; i < cases.size(); ++i) ++counted[preset_model(text(cases.at(i)["preset"]))->spec.family];
  for (const Family* family : families()) {
    CAPTURE(family->id);
    const bool text_part_only = family->id == "gemma3_text";  // published counts of larger ones include their vision towers
    CHECK((counted[family->id] > 0 || text_part_only));
  }
}

TEST_CASE("a token uses every parameter but those of experts it is not sent to", "[inventory]") {
  CHECK(inventory("mistralai/Mixtral-8x7B-v0.1").active_parameter_count == active(46702792704, 32, 8 - 2, 3ULL * 4096 * 14336));
  CHECK(inventory("Qwen/Qwen3-30B-A3B").active_parameter_count == active(30532122624, 48, 128 - 8, 3ULL * 2048 * 768));
  CHECK(inventory("Qwen/Qwen3-235B-A22B").active_parameter_count == active(235093634560, 94, 128 - 8, 3ULL * 4096 * 1536));
  CHECK(inventory("Qwen/Qwen1.5-MoE-A2.7B").active_parameter_count == active(14315784192, 24, 60 - 4, 3ULL * 2048 * 1408));
  CHECK(inventory("deepseek-ai/DeepSeek-V3").active_parameter_count == active(671026404352, 58, 256 - 8, 3ULL * 7168 * 2048));
  CHECK(inventory("deepseek-ai/DeepSeek-V2-Lite").active_parameter_count == active(15706484224, 26, 64 - 6, 3ULL * 2048 * 1408));
  const u64 expert_of_gpt_oss = 3ULL * 2880 * 2880 + 3 * 2880;  // with its biases
  CHECK(inventory("openai/gpt-oss-20b").active_parameter_count == active(20914757184, 24, 32 - 4, expert_of_gpt_oss));
  CHECK(inventory("openai/gpt-oss-120b").active_parameter_count == active(116829156672, 36, 128 - 4, expert_of_gpt_oss));
}

TEST_CASE("a dense model uses all its parameters for each token", "[inventory]") {
  for (const char* preset : {"meta-llama/Llama-3.1-8B", "google/gemma-2-2b", "openai-community/gpt2"})
    CHECK(inventory(preset).active_parameter_count == inventory(preset).parameter_count);
}

TEST_CASE("DeepSeek-V3's multi-token prediction layer is listed apart and counted apart", "[inventory]") {
  const TensorInventory& v3 = inventory("deepseek-ai/DeepSeek-V3");
  const u64 h = 7168, q = 1536, kv = 512, rope = 64, heads = 128, nope = 128, v = 128, f = 2048, experts = 256;
  const u64 attention = h * q + q + q * heads * (nope + rope) + h * (kv + rope) + kv + kv * heads * (nope + v) + heads * v * h;
  const u64 layer = attention + experts * h + (experts + 1) * 3 * h * f + 2 * h;
  const u64 module = 2 * h * h + 3 * h + 2 * 129280 * h;  // projection, three norms, its own embedding and head
  CHECK(v3.mtp_parameter_count == layer + module);
  CHECK(v3.mtp_parameter_count == 13463426048);
  CHECK(v3.parameter_count == 671026404352);
  const Tensor* projection = find(v3, "model.layers.*.eh_proj.weight");
  REQUIRE(projection != nullptr);
  CHECK(projection->apart == Apart::mtp);
}

TEST_CASE("saved buffers are listed but are no parameters", "[inventory]") {
  const TensorInventory& v3 = inventory("deepseek-ai/DeepSeek-V3");
  CHECK(v3.buffer_elements == 58 * 256);
  const Tensor* bias = find(v3, "model.layers.*.mlp.gate.e_score_correction_bias");
  REQUIRE(bias != nullptr);
  CHECK(bias->role == Role::buffer);
}

TEST_CASE("a tied head is listed apart and counts once", "[inventory]") {
  const TensorInventory& qwen = inventory("Qwen/Qwen3-0.6B");
  const Tensor* head = find(qwen, "lm_head.weight");
  REQUIRE(head != nullptr);
  CHECK(head->apart == Apart::tied);
  CHECK(qwen.tied_parameter_count == 151936ULL * 1024);
  CHECK(qwen.parameter_count == 596049920);
  CHECK(inventory("Qwen/Qwen3-8B").tied_parameter_count == 0);
}

TEST_CASE("tensors have the checkpoint's names with every number starred", "[inventory]") {
  const auto check = [](const std::string& preset, std::string_view name, const std::vector<u64>& shape, u64 count) {
    CAPTURE(preset, name);
    u64 found = 0;  // a layer that occurs in several kinds has the tensor in each
    for (const Tensor& tensor : inventory(preset).tensors) {
      if (starred_name(tensor) != name) continue;
      CHECK(shape_of(tensor) == shape);
      found += tensor.count();
    }
    CHECK(found == count);
  };
  check("meta-llama/Llama-3.1-8B", "model.layers.*.self_attn.k_proj.weight", {1024, 4096}, 32);
  check("meta-llama/Llama-3.1-8B", "model.embed_tokens.weight", {128256, 4096}, 1);
  check("meta-llama/Llama-3.1-8B", "model.norm.weight", {4096}, 1);
  check("mistralai/Mixtral-8x7B-v0.1", "model.layers.*.block_sparse_moe.experts.*.w1.weight", {14336, 4096}, 256);
  check("openai/gpt-oss-20b", "model.layers.*.mlp.experts.gate_up_proj", {32, 2880, 5760}, 24);
  check("openai/gpt-oss-20b", "model.layers.*.self_attn.sinks", {64}, 24);
  check("openai-community/gpt2", "transformer.h.*.attn.c_attn.weight", {768, 2304}, 12);
  check("openai-community/gpt2", "transformer.wpe.weight", {1024, 768}, 1);
  check("microsoft/Phi-3-mini-4k-instruct", "model.layers.*.mlp.gate_up_proj.weight", {16384, 3072}, 32);
  check("EleutherAI/pythia-6.9b", "gpt_neox.layers.*.attention.query_key_value.weight", {12288, 4096}, 32);
  check("Qwen/Qwen1.5-MoE-A2.7B", "model.layers.*.mlp.shared_expert_gate.weight", {1, 2048}, 24);
  check("Qwen/Qwen3-0.6B", "model.layers.*.self_attn.q_norm.weight", {128}, 28);
  check("deepseek-ai/DeepSeek-V2-Lite", "model.layers.*.self_attn.kv_a_proj_with_mqa.weight", {576, 2048}, 27);
}

TEST_CASE("a layer that occurs in two kinds keeps its tensors together when shown", "[inventory]") {
  const auto inspection = inspection_of(preset_model("deepseek-ai/DeepSeek-V2-Lite")->spec, inventory("deepseek-ai/DeepSeek-V2-Lite"));
  u64 found = 0;
  for (const InspectedTensor& tensor : inspection.tensors)
    if (tensor.name == "model.layers.*.self_attn.kv_a_proj_with_mqa.weight") found = tensor.count;
  CHECK(found == 27);
  u64 elements = 0;
  for (const InspectedTensor& tensor : inspection.tensors) {
    u64 product = tensor.count;
    for (const u64 axis : tensor.shape) product *= axis;
    elements += product;
  }
  CHECK(elements == inspection.parameter_count);
}

TEST_CASE("ten thousand equal layers are as many tensors as ten", "[inventory]") {
  const auto with_layers = [](int layers) { return inventory_of(spec_of("{\"model_type\": \"llama\", \"num_hidden_layers\": " + std::to_string(layers) + "}")); };
  const TensorInventory few = with_layers(10);
  const TensorInventory many = with_layers(10'000);
  CHECK(many.tensors.size() == few.tensors.size());
  CHECK(many.parameter_count - few.parameter_count == 9'990 * ((few.parameter_count - with_layers(9).parameter_count)));
  CHECK_FALSE(many.overflowed);
}

TEST_CASE("every preset's inventory is consistent with itself", "[inventory]") {
  for (const Preset& preset : catalog().presets()) {
    CAPTURE(preset.id);
    const TensorInventory& list = inventory(std::string(preset.id));
    Checked parameters, apart, buffers;
    for (const Tensor& tensor : list.tensors) {
      Checked& sum = tensor.role == Role::buffer ? buffers : tensor.apart == Apart::no ? parameters : apart;
      sum = sum + tensor.elements() * tensor.count();
      CHECK(tensor.rank >= 1);
      CHECK(starred_name(tensor).find("..") == std::string::npos);
    }
    CHECK_FALSE(list.overflowed);
    CHECK(parameters.value == list.parameter_count);
    CHECK(apart.value == list.mtp_parameter_count + list.tied_parameter_count);
    CHECK(list.active_parameter_count <= list.parameter_count);
    CHECK(list.active_parameter_count > 0);
  }
}

TEST_CASE("a count above 2^64 is said to be one", "[inventory]") {
  const TensorInventory list = inventory_of(spec_of(
      R"({"model_type": "llama", "hidden_size": 268435456, "intermediate_size": 268435456, "num_hidden_layers": 10000, "num_attention_heads": 1, "head_dim": 1})"));
  CHECK(list.overflowed);
}
