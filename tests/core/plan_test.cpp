#include "plan.hpp"

#include <set>

#include "session.hpp"

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

const std::string llama = "meta-llama/Llama-3.1-8B";

const InferenceWorkload& workload(const Plan& plan) { return *std::get_if<InferenceWorkload>(&plan.request.workload); }

std::set<std::string> codes(const std::vector<Notice>& notices) {
  std::set<std::string> out;
  for (const Notice& notice : notices) out.insert(notice.code);
  return out;
}

Error refused(const Ask& asked) {
  const auto made = asked.try_plan();
  REQUIRE_FALSE(made.ok());
  return made.error();
}

std::string_view format_of(const Plan& plan, Role role) { return plan.weight_formats.of_linear(role).id; }

}  // namespace

TEST_CASE("a request with only a model gets every default, and says them", "[plan]") {
  const Plan plan = ask(llama).plan();
  CHECK(plan.request.weight_format == "bf16");
  CHECK(plan.request.engine == "transformers");
  CHECK(workload(plan).max_model_len == 8192);
  CHECK(workload(plan).max_num_seqs == 1);
  CHECK(workload(plan).prompt_tokens == 8191);
  CHECK(workload(plan).kv_cache_dtype == "bf16");
  CHECK(workload(plan).attention == AttentionImplementation::sdpa);
  CHECK(plan.request.parallel.tensor_parallel_size == 1);
  CHECK_FALSE(plan.request.device.has_value());
  CHECK(plan.gpu == nullptr);
  CHECK(plan.notices.empty());
}

TEST_CASE("a resolved request asked again is the same plan", "[plan]") {
  Ask asked = ask("google/gemma-2-2b");
  asked.on("nvidia/l4").context(2048).cache("int8").weights("int4");
  Ask again = asked;
  again.request = asked.plan().request;
  CHECK(again.needed() == asked.needed());
  JsonWriter first, second;
  write_json(first, asked.plan().request);
  write_json(second, again.plan().request);
  CHECK(first.take() == second.take());
}

TEST_CASE("the context is at most what the model was made for, unless asked", "[plan]") {
  const Plan shortened = ask("openai-community/gpt2").plan();
  CHECK(shortened.inference().max_model_len == 1024);
  CHECK(codes(shortened.notices).count("context_clamped") == 1);
  const Plan longer = ask("openai-community/gpt2").context(2000).plan();
  CHECK(longer.inference().max_model_len == 2000);
  CHECK(codes(longer.notices).count("past_model_length") == 1);
  CHECK(codes(ask("openai-community/gpt2").context(1024).plan().notices).count("past_model_length") == 0);
}

TEST_CASE("the prompt is one token less than the context, and never nothing", "[plan]") {
  CHECK(ask(llama).context(100).plan().inference().prompt() == 99);
  CHECK(ask(llama).context(1).plan().inference().prompt() == 1);
  CHECK(ask(llama).context(100).prompt(40).plan().inference().prompt() == 40);
  CHECK(ask(llama).context(100).prompt(100).plan().inference().prompt() == 100);
  CHECK(refused(ask(llama).context(100).prompt(101)).where == "request.workload.prompt_tokens");
}

TEST_CASE("weights are in the asked format, else the checkpoint's", "[plan]") {
  CHECK(format_of(ask(llama).plan(), Role::mlp_up) == "bf16");
  CHECK(format_of(ask(llama).weights("int4").plan(), Role::mlp_up) == "int4");
  CHECK(ask_config(R"({"model_type": "llama", "torch_dtype": "float16"})").plan().request.weight_format == "fp16");
  const Plan silent = ask_config(R"({"model_type": "llama"})").plan();
  CHECK(silent.request.weight_format == "bf16");
  CHECK(codes(silent.notices) == std::set<std::string>{"class_default", "context_clamped", "dtype_assumed"});
  const Plan quantised = ask_config(R"({"model_type": "llama", "dtype": "float16", "quantization_config": {"quant_method": "gptq", "bits": 4}})").plan();
  CHECK(quantised.request.weight_format == "checkpoint");
  CHECK(format_of(quantised, Role::mlp_up) == "gptq");
  CHECK(format_of(quantised, Role::lm_head) == "fp16");
  CHECK(refused(ask(llama).weights("checkpoint")).where == "request.weight_format");
  CHECK(quantised.compute_dtype == ComputeDtype::fp16);
  CHECK(codes(quantised.notices).count("quantized_checkpoint") == 1);
}

TEST_CASE("saved buffers stay in 32 bit whatever the weights are in", "[plan]") {
  CHECK(format_of(ask("deepseek-ai/DeepSeek-V3").weights("int4").plan(), Role::buffer) == "fp32");
  CHECK(format_of(ask("deepseek-ai/DeepSeek-V3").weights("int4").plan(), Role::router) == "int4");
}

TEST_CASE("a pass computes in the weights' type where it can, else in the checkpoint's", "[plan]") {
  CHECK(ask(llama).weights("fp32").plan().compute_dtype == ComputeDtype::fp32);
  CHECK(ask(llama).weights("fp16").plan().compute_dtype == ComputeDtype::fp16);
  CHECK(ask(llama).weights("int4").plan().compute_dtype == ComputeDtype::bf16);
  CHECK(ask(llama).weights("fp32").plan().inference().kv_format->id == "fp32");
  CHECK(ask(llama).weights("int4").plan().inference().kv_format->id == "bf16");
  CHECK(ask(llama).cache("fp8").plan().inference().kv_format->id == "fp8");
}

TEST_CASE("idealised formats and assumed attention are said", "[plan]") {
  CHECK(codes(ask(llama).weights("int4").plan().notices) == std::set<std::string>{"uniform_format"});
  CHECK(codes(ask(llama).weights("fp16").plan().notices).empty());
  CHECK(codes(ask(llama).cache("int8").plan().notices) == std::set<std::string>{"cache_format_idealised"});
  const Plan gemma = ask("google/gemma-2-2b").plan();
  CHECK(gemma.inference().attention == AttentionImplementation::eager);
  CHECK(workload(gemma).attention == AttentionImplementation::eager);
  CHECK(codes(gemma.notices).count("eager_only") == 1);
  CHECK(codes(ask("google/gemma-2-2b").attention(AttentionImplementation::eager).plan().notices).count("eager_only") == 0);
}

TEST_CASE("every notice is produced by some request, with its place and both languages", "[plan]") {
  std::set<std::string> produced;
  const std::string gpt2 = "openai-community/gpt2";
  Ask stored = ask_config(R"({"model_type": "gpt2"})");  // a file that holds one tensor of the model
  stored.request.model.checkpoint = CheckpointSummary{.kind = CheckpointKind::gguf, .name = "a.gguf", .tensor_bytes = {}, .total_size = {}, .metadata = {},
                                                      .tensors = {{.name = "output_norm.weight", .type = "fp32", .shape = {768}, .bytes = 3072}}};
  for (const Ask& asked : {stored, ask(gpt2), ask(gpt2).context(2000), ask_config(R"({"model_type": "llama"})"), ask_count("7B"), ask("deepseek-ai/DeepSeek-V3"),
                           ask("google/gemma-2-2b").cache("fp8").weights("int8").on("intel/arc-b580"), ask("deepseek-ai/DeepSeek-V2-Lite").weights("bnb_int8"),
                           ask_config(R"({"model_type": "llama", "quantization_config": {"quant_method": "fp8"}})"), ask(gpt2).cache("q8_0"),
                           ask_config(R"({"model_type": "llama", "quantization_config": {"quant_method": "qqq"}})"), ask(gpt2).weights("ct_w4a16_g128"),
                           ask_config(R"({"model_type": "llama", "quantization_config": {"quant_method": "eetq", "modules_to_not_convert": ["mlp"]}})"),
                           ask(gpt2).weights("hqq_int4_g64"), ask(gpt2).weights("exl2_4bpw"), ask(gpt2).weights("mlx_4bit_g64"),
                               ask("Qwen/Qwen3-30B-A3B").weights("nf4"),
                           ask_config(R"({"model_type": "llama", "quantization_config": {"quant_method": "bitnet", "linear_class": "autobitlinear",
                               "quantization_mode": "offline"}})"), ask(gpt2).train({.stack = "trl"}),
                           ask(gpt2).train({.method = TrainingMethod::full, .kernels = TrainingKernels::liger}),
                           ask(llama).train({.method = TrainingMethod::full, .kernels = TrainingKernels::compiled}),
                            ask(llama).weights("IQ2_XS").imatrix(false),
                            ask(llama).train({.method = TrainingMethod::full, .objective = TrainingObjective::grpo}),
                            ask(llama).train({.method = TrainingMethod::full, .objective = TrainingObjective::distillation}),
                            ask(llama).train({.method = TrainingMethod::full, .objective = TrainingObjective::ppo})})
    for (const Notice& notice : asked.report().notices) {
      CAPTURE(notice.code);
      produced.insert(notice.code);
      CHECK_FALSE(notice.where.empty());
      CHECK_FALSE(notice.message.empty());
      CHECK_FALSE(notice.message_zh.empty());
    }
  for (int i = 0; i < static_cast<int>(Say::count_); ++i) {
    const std::string code = make_notice(static_cast<Say>(i), "").code;
    CAPTURE(code);
    CHECK((code.empty() || produced.count(code) == 1));
  }
}

TEST_CASE("ranks are the devices, and devices the ranks, unless both are said and differ", "[plan]") {
  CHECK(ask(llama).on("nvidia/l4", 2).plan().tensor_parallel_size() == 2);
  CHECK(ask(llama).on("nvidia/l4").ranks(4).plan().request.device->device_count == 4);
  CHECK(ask(llama).ranks(8).plan().tensor_parallel_size() == 8);
  CHECK(ask(llama).on("nvidia/l4", 2).ranks(2).plan().tensor_parallel_size() == 2);
  CHECK(refused(ask(llama).on("nvidia/l4", 2).ranks(4)).code == ErrorCode::unsupported_combination);
  CHECK(refused(ask(llama).on("nvidia/l4", 3)).code == ErrorCode::does_not_divide);
}

TEST_CASE("a board with two devices is two ranks", "[plan]") {
  const Plan one = ask(llama).on("amd/mi250").plan();
  CHECK(one.tensor_parallel_size() == 2);
  CHECK(one.request.device->device_count == 1);
  const Plan two = ask(llama).on("amd/mi250", 2).plan();
  CHECK(two.tensor_parallel_size() == 4);
  CHECK(two.request.device->device_count == 2);
  CHECK(refused(ask(llama).on("amd/mi250").ranks(1)).code == ErrorCode::unsupported_combination);
}

TEST_CASE("an unknown id is an error that offers the nearest", "[plan]") {
  CHECK(refused(ask(llama).on("nvidia/rtx4090")).hint == "Did you mean \"nvidia/rtx-4090\"?");
  CHECK(refused(ask(llama).weights("bfloat16")).where == "request.weight_format");
  CHECK(refused(ask(llama).weights("fp17")).hint == "Did you mean \"fp16\"?");
  Ask engine = ask(llama);
  engine.request.engine = "transformer";
  CHECK(refused(engine).hint == "Did you mean \"transformers\"?");
}

TEST_CASE("what is beyond counting is refused at its place", "[plan]") {
  CHECK(refused(ask(llama).context(most_tokens + 1)).where == "request.workload.max_model_len");
  CHECK(refused(ask(llama).sequences(most_sequences + 1)).where == "request.workload.max_num_seqs");
  CHECK(refused(ask(llama).ranks(most_ranks + 1)).where == "request.parallel.tensor_parallel_size");
  CHECK(ask(llama).context(most_tokens).try_plan().ok());
}
