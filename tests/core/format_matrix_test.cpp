#include "solver/format_matrix.hpp"

#include "session.hpp"
#include "solver/capacity.hpp"

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

const std::vector<std::string> cards = {"nvidia/rtx-3060-12gb", "nvidia/rtx-4090", "nvidia/a100-sxm4-80gb"};

Result<FormatMatrix> try_matrix(const Ask& asked, std::optional<std::vector<std::string>> formats, std::vector<std::string> gpus = cards) {
  Ask unplaced = asked;
  unplaced.request.device.reset();
  unplaced.request.workload = InferenceWorkload{};
  return format_matrix({asked.request, std::move(formats), std::move(gpus)}, unplaced.plan().model, catalog());
}

FormatMatrix matrix(const Ask& asked, std::optional<std::vector<std::string>> formats, std::vector<std::string> gpus = cards) {
  auto made = try_matrix(asked, std::move(formats), std::move(gpus));
  INFO((made.ok() ? "" : made.error().where + ": " + made.error().message));
  REQUIRE(made.ok());
  return std::move(made.value());
}

const FormatRow& row(const FormatMatrix& all, std::string_view format) {
  for (const FormatRow& one : all.rows)
    if (one.weight_format == format) return one;
  INFO(format);
  REQUIRE(false);
  return all.rows[0];
}

}  // namespace

TEST_CASE("a cell is the longest context of a request for that format and card", "[matrix]") {
  for (const Ask& asked : {ask("Qwen/Qwen3-8B"), ask("Qwen/Qwen3-8B").on("nvidia/rtx-4090", 2).cache("fp8").sequences(4), ask("google/gemma-3-12b-it").prompt(100)}) {
    const FormatMatrix all = matrix(asked, {{"fp32", "bf16", "bnb_int8", "nf4_double_quant", "Q4_K_M"}});
    REQUIRE(all.rows.size() == 6);
    const u64 boards = asked.request.device ? *asked.request.device->device_count : 1;
    for (const FormatRow& one : all.rows) {
      REQUIRE(one.cells.size() == cards.size());
      for (const FormatCell& cell : one.cells) {
        Ask for_it = asked;
        if (one.weight_format) for_it.weights(*one.weight_format);
        const Plan plan = for_it.on(cell.gpu, boards).plan();
        const Answer alone = longest_context(plan);
        CAPTURE(one.resolved, cell.gpu, boards);
        CHECK_FALSE(cell.error.has_value());
        CHECK(cell.longest_context.value == alone.value);
        CHECK(cell.longest_context.limit == alone.limit);
        CHECK(cell.longest_context.needed_bytes == alone.needed_bytes);
        CHECK(cell.usable_bytes == plan.memory.usable_bytes);
        CHECK(cell.headroom_bytes == static_cast<i64>(plan.memory.usable_bytes) - static_cast<i64>(alone.needed_bytes));
        CHECK((cell.longest_context.value > 0) == (cell.headroom_bytes >= 0));
      }
    }
  }
}

TEST_CASE("a row's numbers are those of a report in its format", "[matrix]") {
  const Ask asked = ask("Qwen/Qwen3-8B").on("nvidia/a100-sxm4-80gb", 2);
  for (const FormatRow& one : matrix(asked, {{"bf16", "fp8_block", "gptq_int4_g128", "Q4_K_M"}}).rows) {
    Ask alone = asked;
    if (one.weight_format) alone.weights(*one.weight_format);
    const Report report = alone.report();
    Ask single = alone;
    single.on("nvidia/a100-sxm4-80gb", 1);
    CAPTURE(one.resolved);
    CHECK(one.weights_bytes == single.report().segments.front().bytes);
    CHECK(one.checkpoint_bytes == report.checkpoint_bytes);
    CHECK(one.needed_bytes == report.needed_bytes);
    CHECK(one.kv_cache_bytes == report.kv_cache_bytes);
  }
}

TEST_CASE("bits of a parameter are counted, not named", "[matrix]") {
  const FormatMatrix all = matrix(ask("meta-llama/Llama-2-7b-hf"), {{"fp32", "bf16", "bnb_int8", "nf4_double_quant"}}, {});
  CHECK(all.parameter_count == 6'738'415'616);
  CHECK(all.dtype == "bf16");
  CHECK(row(all, "bf16").weights_bytes == 13'476'831'232);
  CHECK(row(all, "bf16").millibits_per_parameter == 16'000);
  CHECK(row(all, "fp32").millibits_per_parameter == 32'000);
  // Embedding, head and norms stay in 16 bit, and each output row has a scale of four bytes (rules-of-thumb: 48.0 % less than 16 bit).
  CHECK(row(all, "bnb_int8").saved_of_dtype_permille == 481);
  CHECK(row(all, "bnb_int8").millibits_per_parameter > 8'000);
  CHECK(row(all, "nf4_double_quant").millibits_per_parameter > 4'127);
  for (const FormatRow& one : all.rows) {
    CAPTURE(one.resolved);
    const double bits = 8000.0 * static_cast<double>(one.weights_bytes) / 6'738'415'616.0;
    CHECK(std::abs(bits - static_cast<double>(one.millibits_per_parameter)) <= 0.5);
  }
}

TEST_CASE("savings are of the weights in FP32, of the model's own type, and of all that is needed", "[matrix]") {
  const FormatMatrix all = matrix(ask("meta-llama/Llama-2-7b-hf").context(4096), {{"fp32", "fp16", "bnb_int8", "nf4"}}, {});
  CHECK(row(all, "fp32").saved_of_fp32_permille == 0);
  CHECK(row(all, "fp32").saved_of_dtype_permille == -1000);
  CHECK_FALSE(row(all, "fp32").claimed_permille.has_value());
  CHECK(row(all, "fp16").saved_of_fp32_permille == 500);
  CHECK(row(all, "fp16").saved_of_dtype_permille == 0);
  CHECK(row(all, "fp16").saved_of_needed_permille == 0);
  CHECK(row(all, "fp16").claimed_permille == 500U);
  CHECK(row(all, "bnb_int8").claimed_permille == 750U);
  CHECK(row(all, "nf4").claimed_permille == 875U);
  for (const std::string_view format : {"bnb_int8", "nf4"}) {
    const FormatRow& one = row(all, format);
    CAPTURE(format);
    CHECK(one.saved_of_fp32_permille < static_cast<i64>(*one.claimed_permille));
    CHECK(one.saved_of_needed_permille < one.saved_of_dtype_permille);
    CHECK(one.kv_cache_bytes == row(all, "fp16").kv_cache_bytes);
  }
}

TEST_CASE("the first row is what the request takes by itself", "[matrix]") {
  const FormatMatrix plain = matrix(ask("openai/gpt-oss-20b"), std::vector<std::string>{});
  REQUIRE(plain.rows.size() == 1);
  CHECK_FALSE(plain.rows[0].weight_format.has_value());
  CHECK(plain.rows[0].resolved == "checkpoint");
  CHECK_FALSE(plain.rows[0].engine_loads.has_value());
  CHECK(plain.dtype == "bf16");
  const FormatMatrix asked = matrix(ask("openai/gpt-oss-20b").weights("bf16"), std::vector<std::string>{});
  CHECK(asked.rows[0].weight_format == "bf16");
  CHECK(asked.rows[0].weights_bytes > 3 * plain.rows[0].weights_bytes / 2);
}

TEST_CASE("a format says whether the engine runs it, and whether anything stores a model so", "[matrix]") {
  const FormatMatrix all = matrix(ask("Qwen/Qwen3-8B"), std::nullopt, {});
  CHECK(all.rows.size() == catalog().quantizations().size() + 1);
  CHECK(row(all, "gptq_int4_g128").engine_loads == true);
  CHECK(row(all, "bf16").engine_loads == true);
  CHECK(row(all, "Q4_K_M").engine_loads == false);
  CHECK(row(all, "exl3_4bpw").engine_loads == false);
  CHECK(row(all, "int4").engine_loads == false);
  CHECK(row(all, "int4").idealised);
  for (const std::string_view real : {"bf16", "fp16", "fp32", "nf4", "Q4_K_M", "gptq_int4_g128"}) CHECK_FALSE(row(all, real).idealised);
}

TEST_CASE("what ails one format or one card stays in its row or cell", "[matrix]") {
  const Ask odd = ask_config(R"({"model_type": "llama", "hidden_size": 576, "num_attention_heads": 9, "num_key_value_heads": 3, "num_hidden_layers": 30,
      "intermediate_size": 1500, "vocab_size": 49152, "dtype": "bfloat16"})");
  const FormatMatrix all = matrix(odd, {{"bf16", "Q1_0"}}, {"nvidia/rtx-4090", "amd/mi250"});
  REQUIRE(row(all, "bf16").cells.size() == 2);
  CHECK(row(all, "bf16").cells[0].longest_context.value > 0);
  REQUIRE(row(all, "bf16").cells[1].error.has_value());
  CHECK(row(all, "bf16").cells[1].error->code == ErrorCode::does_not_divide);
  const FormatRow& packed = row(all, "Q1_0");
  REQUIRE(packed.error.has_value());
  CHECK(packed.weights_bytes == 0);
  CHECK(packed.cells.empty());
}

TEST_CASE("a question about what is not there, or about training, is refused with its place", "[matrix]") {
  const auto where = [](const Result<FormatMatrix>& made) {
    REQUIRE_FALSE(made.ok());
    return made.error().where;
  };
  CHECK(where(try_matrix(ask("Qwen/Qwen3-8B"), {{"bf16", "int5"}})) == "request.weight_formats[1]");
  CHECK(where(try_matrix(ask("Qwen/Qwen3-8B"), {}, {"nvidia/rtx-4090", "nvidia/nothing"})) == "request.gpus[1]");
  CHECK(where(try_matrix(ask("Qwen/Qwen3-8B").train({}), {})) == "request.request.workload.kind");
  CHECK(where(try_matrix(ask("Qwen/Qwen3-8B").on("nvidia/rtx-4090", 3), {})) == "request.parallel.tensor_parallel_size");
}

TEST_CASE("the matrix crosses the boundary as text", "[matrix]") {
  const JsonDocument answer = json(session().format_matrix(R"({"request": {"model": {"preset": "Qwen/Qwen3-8B"}}, "weight_formats": ["bf16"], "gpus": ["nvidia/rtx-4090"]})"));
  const JsonView rows = answer.root()["value"]["rows"];
  REQUIRE(rows.size() == 2);
  CHECK(whole(rows.at(1)["weights_bytes"]) == 16'381'470'720);
  CHECK(whole(rows.at(1)["cells"].at(0)["longest_context"]["value"]) == longest_context(ask("Qwen/Qwen3-8B").on("nvidia/rtx-4090").plan()).value);
}
