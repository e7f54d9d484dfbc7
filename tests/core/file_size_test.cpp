#include "file_size.hpp"

#include "session.hpp"
#include "solver/capacity.hpp"

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

FileSize size_of(const Ask& asked) {
  auto made = file_size(asked.plan());
  INFO((made.ok() ? "" : made.error().where + ": " + made.error().message));
  REQUIRE(made.ok());
  return std::move(made.value());
}

i64 step(const FileSize& size, FileSizeCause cause) {
  i64 bytes = 0;
  for (const FileSizeStep& one : size.steps)
    if (one.cause == cause) bytes += one.bytes;
  return bytes;
}

u64 term_bytes(const Term& tree, std::string_view id) {
  for (const Term& part : tree.children)
    if (part.id == id) return part.bytes;
  return 0;
}

}  // namespace

TEST_CASE("the steps lead from the files to the weights, for every format and model", "[file-size]") {
  for (const char* preset : {"Qwen/Qwen3-8B", "Qwen/Qwen3-0.6B", "openai/gpt-oss-20b", "deepseek-ai/DeepSeek-V3", "Qwen/Qwen3-30B-A3B", "openai-community/gpt2"}) {
    for (const QuantizationRecipe& recipe : catalog().quantizations()) {
      Ask asked = ask(preset);
      asked.weights(std::string(recipe.id));
      const auto plan = asked.try_plan();
      if (!plan.ok()) continue;
      const auto made = file_size(plan.value());
      CAPTURE(preset, recipe.id);
      REQUIRE(made.ok());
      const FileSize& size = made.value();
      i64 sum = static_cast<i64>(size.file_bytes);
      for (const FileSizeStep& one : size.steps) {
        CHECK(one.bytes != 0);
        sum += one.bytes;
      }
      CHECK(sum == static_cast<i64>(size.weights_bytes));
      CHECK(size.kept_bytes + size.scales_bytes <= size.weights_bytes);
      u64 needed = size.device_weights_bytes;
      for (const Segment& segment : size.beside) needed += segment.bytes;
      CHECK(needed == size.needed_bytes);
    }
  }
}

TEST_CASE("an unquantised model's tensors are the same in files and in memory", "[file-size]") {
  const FileSize size = size_of(ask("Qwen/Qwen3-8B"));
  CHECK_FALSE(size.read);
  CHECK(size.file_bytes == 16'381'470'720);
  CHECK(size.steps.empty());
  CHECK(size.weights_bytes == size.file_bytes);
  CHECK(size.published_bytes == size.file_bytes);
  CHECK(size.kept_bytes == 0);
  CHECK(size.tied_bytes == 0);
}

TEST_CASE("a tied head is held once", "[file-size]") {
  CHECK(size_of(ask("Qwen/Qwen3-0.6B")).tied_bytes == u64{151'936} * 1024 * 2);
}

TEST_CASE("layers for multi-token prediction are in the files alone", "[file-size]") {
  const Ask asked = ask("deepseek-ai/DeepSeek-V3");
  const FileSize size = size_of(asked);
  CHECK(step(size, FileSizeCause::prediction_layers) < -i64{10'000'000'000});
  const FileSize dense = size_of(Ask(asked).weights("bf16"));
  // One layer: its parameters in 16 bit, and the router's correction of 256 experts in 32.
  const Plan plan = asked.plan();
  CHECK(step(dense, FileSizeCause::prediction_layers) == -2 * static_cast<i64>(plan.model->inventory.mtp_parameter_count) - 4 * 256);
}

TEST_CASE("4-bit weights keep embedding and head, and have scales", "[file-size]") {
  const FileSize size = size_of(ask("Qwen/Qwen3-8B").weights("gptq_int4_g128"));
  // Embedding and head of 151936 x 4096, four norms of each of 36 layers (4096, 4096, 128, 128), the last norm; all in 16 bit.
  CHECK(size.kept_bytes == 2 * (2 * u64{151'936} * 4096 + 36 * (2 * 4096 + 2 * 128) + 4096));
  CHECK(size.scales_bytes > 0);
  CHECK(size.published_bytes == 16'381'470'720);
  CHECK(size.file_bytes < size.published_bytes / 2);
}

TEST_CASE("packed weights that become dense are a step of their own", "[file-size]") {
  const Ask asked = ask("Qwen/Qwen3-8B").weights("ct_w4a16_g128");
  const i64 grown = step(size_of(asked), FileSizeCause::decompressed);
  CHECK(grown > 0);
  CHECK(grown == static_cast<i64>(term_bytes(asked.report().tree, "decompressed_weights")));
}

TEST_CASE("experts that are loaded in 16 bit are another format than the file's", "[file-size]") {
  CHECK(step(size_of(ask("Qwen/Qwen3-30B-A3B").weights("gptq_int4_g128")), FileSizeCause::other_formats) > i64{20'000'000'000});
}

TEST_CASE("a GGUF file pads each tensor", "[file-size]") {
  const Ask asked = ask("Qwen/Qwen3-8B").weights("Q4_K_M");
  const FileSize size = size_of(asked);
  CHECK(size.file_bytes == asked.report().checkpoint_bytes);
  CHECK(step(size, FileSizeCause::padding) <= 0);
  CHECK(size.kept_bytes > 0);  // norms
}

TEST_CASE("devices repeat what they cannot cut", "[file-size]") {
  const FileSize size = size_of(ask("Qwen/Qwen3-8B").on("nvidia/rtx-4090", 2));
  // The norms, in 16 bit, once more.
  CHECK(step(size, FileSizeCause::devices) == 2 * (36 * (2 * 4096 + 2 * 128) + 4096));
  CHECK(size.device_count == 2);
  CHECK(2 * size.device_weights_bytes == size.weights_bytes);
}

TEST_CASE("headers, copies and tensors of no use are counted where headers were read", "[file-size]") {
  const auto spec = R"({"model_type": "llama", "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 1, "num_attention_heads": 4,
      "num_key_value_heads": 2, "vocab_size": 96, "tie_word_embeddings": true, "torch_dtype": "bfloat16"})";
  Ask asked = ask_config(spec);
  const Plan plain = asked.plan();
  const u64 weights = plain.checkpoint_bytes, head = u64{96} * 64 * 2;
  CheckpointSummary files{.name = "model.safetensors", .tensor_bytes = {}, .total_size = {}, .metadata = {}, .tensors = {}};
  for (const Tensor& tensor : plain.model->inventory.tensors)
    if (tensor.apart == Apart::no)
      files.tensors.push_back({.name = starred_name(tensor), .type = "BF16", .shape = {tensor.shape.begin(), tensor.shape.begin() + tensor.rank},
                               .count = tensor.count(), .bytes = tensor.elements().value * 2});
  files.tensors.push_back({.name = "lm_head.weight", .type = "BF16", .shape = {96, 64}, .count = 1, .bytes = head});
  files.tensors.push_back({.name = "vision.patch", .type = "BF16", .shape = {10}, .count = 1, .bytes = 20});
  files.tensor_bytes = weights + head + 20;
  files.file_bytes = *files.tensor_bytes + 300;
  asked.request.model.checkpoint = files;
  const FileSize size = size_of(asked);
  CHECK(size.read);
  CHECK(size.file_bytes == weights + head + 320);
  CHECK(step(size, FileSizeCause::headers) == -300);
  CHECK(step(size, FileSizeCause::tied_head) == -static_cast<i64>(head));
  CHECK(step(size, FileSizeCause::other_tensors) == -20);
  CHECK(size.weights_bytes == weights);
  CHECK(size.steps.size() == 3);
}

TEST_CASE("training is refused", "[file-size]") {
  const auto made = file_size(ask("Qwen/Qwen3-8B").train({}).plan());
  REQUIRE_FALSE(made.ok());
  CHECK(made.error().where == "request.workload.kind");
}
