#include <algorithm>
#include <functional>

#include "rules/thumb.hpp"
#include "session.hpp"

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

const std::string llama_2_7b = "meta-llama/Llama-2-7b-hf";

/// Llama 2 7B: the numbers of its config.json, and how many parameters and tensors follow from them.
constexpr u64 L = 32, h = 4096, a = 32, d = 128, f = 11008, V = 32000, P = 6'738'415'616, tensors = 3 + 9 * L, N = 7'000'000'000;

using Choose = std::function<void(TrainingWorkload&)>;

/// Full training of one sequence, all choices that decide memory made.
Ask step(const std::string& preset, u64 tokens, const Choose& choose = {}) {
  Ask asked = ask(preset);
  TrainingWorkload workload{.method = TrainingMethod::full, .sequence_length = tokens, .micro_batch_size = 1, .gradient_accumulation_steps = 1,
                            .precision = "bf16",
                            .optimizer = OptimizerChoice{.id = "torch-adamw", .implementation = "foreach"},
                            .kernels = TrainingKernels::transformers, .attention = TrainingAttention::sdpa,
                            .recompute_granularity = RecomputeGranularity::none, .activation_offloading = ActivationOffloading::none,
                            .loss = LossImplementation::transformers, .gradient_clipping = false, .use_reentrant = false,
                            .kept_logits = KeptLogits::none, .padded = false};
  if (choose) choose(workload);
  asked.request.workload = workload;
  return asked;
}
void fused(TrainingWorkload& w) { w.optimizer->implementation = "fused"; }

RuleComparison rule_of(const Report& report, std::string_view id) {
  const auto found = std::find_if(report.rules.begin(), report.rules.end(), [&](const RuleComparison& one) { return one.rule == id; });
  INFO(id);
  REQUIRE(found != report.rules.end());
  return *found;
}
RuleComparison rule_of(const Ask& asked, std::string_view id) { return rule_of(asked.report(), id); }

/// The bytes of a reason; nothing where it is not given.
std::optional<i64> bytes_of(const std::vector<RuleReason>& reasons, std::string_view code) {
  for (const RuleReason& reason : reasons)
    if (reason.code == code) return reason.bytes;
  return std::nullopt;
}
std::optional<i64> bytes_of(const RuleComparison& rule, std::string_view code) { return bytes_of(rule.reasons, code); }

bool says(const RuleComparison& rule, std::string_view code) {
  return std::any_of(rule.reasons.begin(), rule.reasons.end(), [&](const RuleReason& reason) { return reason.code == code; });
}

i64 signed_bytes(u64 bytes) { return static_cast<i64>(bytes); }

/// Kept by all layers, as autograd keeps it under each kernel (bytes of a token, and of a pass).
constexpr u64 layers_flash(u64 T) { return L * (T * (16 * h + 8 + 8 * a * d + 4 * a + 8 * f) + 24); }
constexpr u64 layers_eager(u64 T) { return L * T * (16 * h + 8 + 8 * a * d + 6 * a * T + 8 * f); }
constexpr u64 outside(u64 T) { return (6 * h + 4) * T + 2 * h * T + 4 * d * T; }
constexpr u64 loss_of_one(u64 T) { return 4 * V * T + 8 * (T + 1) + 8; }
constexpr u64 buffers(u64 T) { return 8 * d / 2 + 16 * T; }

}  // namespace

TEST_CASE("R2 beside pure BF16: states at the end of the forward pass, and with gradients", "[rules]") {
  const RuleComparison rule = rule_of(step(llama_2_7b, 2048), "R2");
  CHECK(rule.applies);
  CHECK(rule.rule_bytes == 84'000'000'000);
  CHECK(rule.exact_bytes == 6 * P);        // BF16 weights, two BF16 states
  CHECK(rule.exact_high_bytes == 8 * P);
  CHECK(bytes_of(rule, "NO_GRADS") == signed_bytes(2 * P));
  CHECK(bytes_of(rule, "WEIGHTS_FIXED") == -signed_bytes(2 * P));
  CHECK(bytes_of(rule, "OPT_FIXED") == -signed_bytes(4 * P) + signed_bytes(4 * tensors));  // step counts, which torch keeps in main memory
  CHECK(bytes_of(rule, "STATES_ON_HOST") == -signed_bytes(4 * tensors));
  CHECK(bytes_of(rule, "NOMINAL_COUNT") == (signed_bytes(P) - signed_bytes(N)) * 12);
  CHECK_FALSE(bytes_of(rule, "NO_MASTER").has_value());
}

TEST_CASE("R2 beside FP32 and beside a Megatron recipe", "[rules]") {
  const RuleComparison plain = rule_of(step(llama_2_7b, 2048, [](TrainingWorkload& w) { w.precision = "fp32"; }), "R2");
  CHECK(plain.exact_bytes == 12 * P);      // what the rule counts, of the true number of parameters
  CHECK(plain.exact_high_bytes == 16 * P);
  CHECK(bytes_of(plain, "NO_GRADS") == signed_bytes(4 * P));
  CHECK_FALSE(bytes_of(plain, "WEIGHTS_FIXED").has_value());
  const RuleComparison master = rule_of(step(llama_2_7b, 2048, [](TrainingWorkload& w) { w.precision = "bf16_master"; }), "R2");
  CHECK(master.exact_bytes == 18 * P);     // the gradients' buffer is always there
  CHECK_FALSE(master.exact_high_bytes.has_value());
  CHECK(bytes_of(master, "NO_MASTER") == signed_bytes(4 * P));
  const RuleComparison later = rule_of(step(llama_2_7b, 2048, [](TrainingWorkload& w) { w.gradient_accumulation_steps = 2; }), "R2");
  CHECK(later.exact_bytes == 8 * P);       // an earlier micro batch left its gradients
}

TEST_CASE("R3 beside pure BF16: 84 GB against what the step allocates", "[rules]") {
  constexpr u64 T = 2048;
  const Ask asked = step(llama_2_7b, T);
  const Report report = asked.report();
  const RuleComparison rule = rule_of(report, "R3");
  CHECK(rule.rule_bytes == 84'000'000'000);
  CHECK(rule.rule_high_bytes == 91'000'000'000);
  CHECK(rule.exact_bytes == 10 * P + buffers(T));  // foreach AdamW steps with a copy of all weights
  CHECK(rule.exact_bytes == report.training->allocated_bytes);
  CHECK(bytes_of(rule, "SAFETY_FLAT") == -14'000'000'000);
  CHECK(bytes_of(rule, "NO_GRADS") == signed_bytes(2 * P));
  CHECK(bytes_of(rule, "OPT_COPIES") == signed_bytes(2 * P));
  CHECK(bytes_of(rule, "ACT_SHARE") == signed_bytes(layers_flash(T) + outside(T)));
  CHECK(bytes_of(rule, "NO_LOGITS") == signed_bytes(loss_of_one(T) + 6 * V * T));  // logits and their FP32 copy
  CHECK(bytes_of(rule, "PEAK_IS_MAX") == -signed_bytes(layers_flash(T) + outside(T) + loss_of_one(T) + 6 * V * T));
  CHECK(bytes_of(rule, "NOMINAL_COUNT") == (signed_bytes(P) - signed_bytes(N)) * 10);
  CHECK_FALSE(bytes_of(rule, "NO_PEFT").has_value());
  CHECK_FALSE(bytes_of(rule, "NO_MASTER").has_value());
  i64 beside = 0;
  for (const RuleReason& reason : rule.left_out) beside += *reason.bytes;
  CHECK(*rule.exact_bytes + static_cast<u64>(beside) == report.needed_bytes);
}

TEST_CASE("R3 beside autocast: the weights in FP32 and their copies in BF16", "[rules]") {
  constexpr u64 T = 2048, linears = 6'476'005'376 + V * h;
  const RuleComparison rule = rule_of(step(llama_2_7b, T, [](TrainingWorkload& w) { w.precision = "amp_bf16"; fused(w); }), "R3");
  CHECK(rule.rule_bytes == 84'000'000'000);
  CHECK(bytes_of(rule, "NO_MASTER") == signed_bytes(2 * P));
  CHECK(bytes_of(rule, "NO_GRADS") == signed_bytes(4 * P));
  CHECK(bytes_of(rule, "CAST_COPIES") == signed_bytes(2 * linears));
  CHECK(bytes_of(rule, "OPT_FIXED") == signed_bytes(4 * tensors));  // FP32 states: as the rule has it, but for the step counts
}

TEST_CASE("R3 of FP32 training counts FP32 weights", "[rules]") {
  const RuleComparison rule = rule_of(step(llama_2_7b, 2048, [](TrainingWorkload& w) { w.precision = "fp32"; }), "R3");
  CHECK(rule.rule_bytes == N * 12 / 10 * 12);
  CHECK_FALSE(bytes_of(rule, "NO_MASTER").has_value());
  CHECK_FALSE(bytes_of(rule, "WEIGHTS_FIXED").has_value());
}

TEST_CASE("R4: the share of activations and loss follows the number of tokens", "[rules]") {
  for (const u64 T : {512, 2048, 4096}) {
    CAPTURE(T);
    const RuleComparison rule = rule_of(step(llama_2_7b, T, fused), "R4");
    const u64 held = layers_flash(T) + outside(T) + loss_of_one(T) + 6 * V * T, total = 6 * P + 4 * tensors + buffers(T) + held;
    CHECK(rule.exact_bytes == held);
    CHECK(rule.exact_permille == held * 1000 / total);
    CHECK(rule.rule_bytes == total * 20 / 100);
    CHECK(rule.rule_high_bytes == total * 30 / 100);
    CHECK(rule.rule_permille == 200);
    CHECK(rule.rule_high_permille == 300);
  }
  const RuleComparison brief = rule_of(step(llama_2_7b, 512, fused), "R4");
  CHECK(brief.worst_moment_permille == 0);  // gradients set the peak
  CHECK(says(brief, "PEAK_IS_MAX"));
  CHECK(rule_of(step(llama_2_7b, 8192, fused), "R4").worst_moment_permille > 500);
}

TEST_CASE("R5 and U3: what the rule does not name, and what a monitor shows", "[rules]") {
  const Report report = step(llama_2_7b, 2048).report();
  const RuleComparison buffer = rule_of(report, "R5");
  CHECK(buffer.rule_bytes == 0);
  CHECK(bytes_of(buffer, "OPT_COPIES") == signed_bytes(2 * P));
  CHECK(bytes_of(buffer, "NO_BUFFERS") == signed_bytes(buffers(2048)));
  CHECK(buffer.exact_bytes == report.needed_bytes - 8 * P);  // weights, states and gradients at the optimizer's step
  const RuleComparison monitor = rule_of(report, "U3");
  CHECK(monitor.rule_bytes == report.training->device_bytes);
  CHECK(monitor.exact_bytes == report.training->allocated_bytes);
  CHECK(bytes_of(monitor, "SHOWS_RESERVED") == signed_bytes(report.training->allocated_bytes) - signed_bytes(report.training->reserved_bytes));
  CHECK(bytes_of(monitor, "SHOWS_CONTEXT") == signed_bytes(report.training->reserved_bytes) - signed_bytes(report.training->device_bytes));
}

TEST_CASE("O3: Flash Attention against stored scores, at every length", "[rules]") {
  for (const u64 T : {512, 1024, 2048, 4096}) {
    CAPTURE(T);
    const RuleComparison rule = rule_of(step(llama_2_7b, T, fused), "O3");
    REQUIRE(rule.sides.size() == 2);
    const RuleSide &eager = rule.sides[0], &sdpa = rule.sides[1];
    CHECK(eager.layers_bytes == layers_eager(T));
    CHECK(sdpa.layers_bytes == layers_flash(T));
    CHECK(eager.kept_bytes == layers_eager(T) + outside(T) + loss_of_one(T));
    CHECK(rule.saving->layers_permille == signed_bytes((layers_eager(T) - layers_flash(T)) * 1000 / layers_eager(T)));
    CHECK(bytes_of(rule, "FA_CONST") == signed_bytes(layers_flash(T)) - signed_bytes(layers_eager(T)));
    CHECK(rule.rule_bytes == eager.allocated_bytes - eager.allocated_bytes * 20 / 100);
    CHECK(rule.exact_bytes == sdpa.allocated_bytes);
    CHECK(rule.rule_permille == 200);
  }
  const RuleComparison rule = rule_of(step(llama_2_7b, 2048, fused), "O3");
  CHECK(rule.sides[0].allocated_bytes == 79539799700);  // measured on meta tensors: inside the last layer's softmax
  CHECK(rule.sides[0].worst_moment == "moment.backward_peak");
  CHECK(rule.saving->layers_permille == 678);
}

TEST_CASE("O3 compares what a step of the same settings takes", "[rules]") {
  for (const TrainingAttention attention : {TrainingAttention::sdpa, TrainingAttention::flash_attention_2, TrainingAttention::eager}) {
    const Ask asked = step(llama_2_7b, 2048, [attention](TrainingWorkload& w) { w.attention = attention; });
    const Report report = asked.report();
    const RuleComparison rule = rule_of(report, "O3");
    const auto at_hand = std::find_if(rule.sides.begin(), rule.sides.end(), [&](const RuleSide& side) { return side.id == name_of(attention); });
    REQUIRE(at_hand != rule.sides.end());
    CHECK(at_hand->allocated_bytes == report.training->allocated_bytes);
    CHECK(at_hand->worst_moment == report.worst_moment);
  }
  // recomputed layers keep no scores: only the layer whose backward runs has them
  const RuleComparison twice = rule_of(step(llama_2_7b, 2048, [](TrainingWorkload& w) { w.recompute_granularity = RecomputeGranularity::full; }), "O3");
  CHECK(twice.saving->layers_permille == 0);
}

TEST_CASE("a class without an SDPA path is compared with Flash Attention 2", "[rules]") {
  const RuleComparison rule = rule_of(step("google/gemma-2-2b", 2048, [](TrainingWorkload& w) { w.attention = TrainingAttention::eager; }), "O3");
  REQUIRE(rule.sides.size() == 2);
  CHECK(rule.sides[1].id == "flash_attention_2");
  CHECK(rule.sides[1].layers_bytes < rule.sides[0].layers_bytes);
  const RuleComparison wide = rule_of(step("google/gemma-2-2b", 2048, [](TrainingWorkload& w) { w.precision = "fp32"; }), "O3");
  CHECK_FALSE(wide.applies);  // Flash Attention has no FP32 kernel
  CHECK_FALSE(wide.exact_bytes.has_value());
}

TEST_CASE("bitsandbytes' 8-bit load keeps 16 bits outside the linear layers", "[rules]") {
  const RuleComparison rule = rule_of(step(llama_2_7b, 2048), "U4");
  constexpr u64 linears = 6'476'005'376, output_rows = L * (4 * h + 2 * f + h);
  CHECK(rule.rule_bytes == N);
  CHECK(rule.exact_bytes == linears + 2 * (P - linears) + 4 * output_rows);
  CHECK(bytes_of(rule, "SCALES") == signed_bytes(4 * output_rows));
  CHECK(bytes_of(rule, "EXCLUDED_TENSORS") == signed_bytes(P - linears));
  CHECK(rule.agrees);  // a rounded count and what stays in 16 bits cancel
}

TEST_CASE("R6 beside a quantised base: scales, and what stays in 16 bits", "[rules]") {
  const RuleComparison rule = rule_of(step(llama_2_7b, 2048, [](TrainingWorkload& w) { w.method = TrainingMethod::qlora; }).weights("nf4_double_quant"), "R6");
  constexpr u64 linears = 6'476'005'376;
  CHECK(rule.rule_bytes == N / 2);
  CHECK(bytes_of(rule, "EXCLUDED_TENSORS") == signed_bytes(2 * (P - linears) - (P - linears) / 2));
  const i64 added = *bytes_of(rule, "NOMINAL_COUNT") + *bytes_of(rule, "SCALES") + *bytes_of(rule, "EXCLUDED_TENSORS");
  CHECK(signed_bytes(*rule.exact_bytes) == 3'500'000'000 + added);
  CHECK((*rule.exact_bytes + 5'000'000) / 10'000'000 == 387);  // 3.87 GB, double quantisation
}

TEST_CASE("O4: checkpointing keeps one input of each layer", "[rules]") {
  for (const u64 T : {512, 2048, 8192}) {
    CAPTURE(T);
    const RuleComparison rule = rule_of(step(llama_2_7b, T, fused), "O4");
    REQUIRE(rule.sides.size() == 2);
    const u64 inputs = L * 2 * h * T;
    CHECK(rule.rule_bytes == layers_flash(T) - layers_flash(T) * 60 / 100);
    CHECK(rule.exact_bytes == inputs);
    CHECK(rule.saving->layers_permille == 956);  // 1 - 2h / (16h + 8 + 8ad + 4a + 8f), whatever the length
    CHECK(rule.sides[0].kept_bytes == layers_flash(T) + outside(T) + loss_of_one(T));
    CHECK(rule.sides[1].kept_bytes == inputs + outside(T) + loss_of_one(T) + 8 * T);  // position ids are an argument of a checkpoint
    CHECK(bytes_of(rule.left_out, "NO_LOGITS") == signed_bytes(loss_of_one(T)));
    // The highest moment of a long sequence is the gated product: its result is gone, three gradients of its width and the stream's are there.
    const auto at_gate = signed_bytes(layers_flash(T) / L + 4 * h * T + 4 * 11008 * T);
    if (T == 8192) {
      CHECK(bytes_of(rule.left_out, "LIVE_LAYER") == at_gate);
    } else {
      CHECK(bytes_of(rule.left_out, "LIVE_LAYER") < at_gate);  // gradients of weights, which stand elsewhere, make a later one the highest
    }
  }
}

TEST_CASE("O4: the total falls by what reaches the peak", "[rules]") {
  const RuleComparison short_one = rule_of(step(llama_2_7b, 512, fused), "O4");
  CHECK(short_one.saving->allocated_permille == 0);  // gradients set the peak either way
  CHECK(short_one.sides[0].worst_moment == "moment.backward_peak");
  const RuleComparison long_one = rule_of(step(llama_2_7b, 8192, fused), "O4");
  constexpr u64 standing = 6 * P + 4 * tensors + buffers(8192);
  CHECK(long_one.sides[0].allocated_bytes == standing + layers_flash(8192) + outside(8192) + 12 * V * 8192 + 8);
  CHECK(long_one.saving->allocated_permille > 300);
  CHECK(long_one.sides[1].allocated_bytes < long_one.sides[0].allocated_bytes);
  CHECK(says(short_one, "PEAK_IS_MAX"));
  CHECK_FALSE(says(rule_of(step(llama_2_7b, 2048, [](TrainingWorkload& w) { w.method = TrainingMethod::lora; }), "O4"), "PEAK_IS_MAX"));
}

TEST_CASE("rules for the whole model do not speak of adapters", "[rules]") {
  for (const TrainingMethod method : {TrainingMethod::lora, TrainingMethod::qlora}) {
    const Report report = step(llama_2_7b, 2048, [method](TrainingWorkload& w) { w.method = method; }).report();
    for (const std::string_view id : {"R2", "R3"}) {
      const RuleComparison rule = rule_of(report, id);
      CHECK_FALSE(rule.applies);
      CHECK_FALSE(rule.exact_bytes.has_value());
      CHECK(rule.rule_bytes == 84'000'000'000);
      CHECK(bytes_of(rule, "NO_PEFT") == -signed_bytes(8 * P));
    }
    CHECK(rule_of(report, "R4").applies);
    CHECK(rule_of(report, "O4").applies);
  }
}

TEST_CASE("reasons make up the whole difference, largest first, for every model and recipe", "[rules]") {
  const std::vector<Choose> choices = {
      {}, fused, [](TrainingWorkload& w) { w.precision = "amp_bf16"; }, [](TrainingWorkload& w) { w.precision = "fp32"; },
      [](TrainingWorkload& w) { w.precision = "bf16_master"; }, [](TrainingWorkload& w) { w.optimizer = OptimizerChoice{.id = "bitsandbytes-adamw-8bit"}; },
      [](TrainingWorkload& w) { w.optimizer = OptimizerChoice{.id = "bitsandbytes-adamw-8bit", .options = {"paged"}}; },
      [](TrainingWorkload& w) { w.optimizer = OptimizerChoice{.id = "torch-sgd"}; },
      [](TrainingWorkload& w) { w.recompute_granularity = RecomputeGranularity::full; w.micro_batch_size = 4; w.gradient_accumulation_steps = 2; },
      [](TrainingWorkload& w) { w.attention = TrainingAttention::eager; w.kept_logits = KeptLogits::output; },
      [](TrainingWorkload& w) { w.method = TrainingMethod::lora; }, [](TrainingWorkload& w) { w.method = TrainingMethod::qlora; }};
  std::size_t compared = 0;
  for (const std::string_view preset : {"meta-llama/Llama-2-7b-hf", "Qwen/Qwen3-0.6B", "google/gemma-2-2b", "microsoft/DialoGPT-medium",
                                        "deepseek-ai/DeepSeek-V3", "Qwen/Qwen3-30B-A3B"})
    for (const Choose& choose : choices)
      for (const RuleComparison& rule : step(std::string(preset), 512, choose).report().rules) {
        CAPTURE(preset, rule.rule, &choose - choices.data());
        if (!rule.exact_bytes) continue;
        i64 sum = signed_bytes(rule.rule_bytes);
        for (const RuleReason& reason : rule.reasons) sum += reason.bytes.value_or(0);
        CHECK(sum == signed_bytes(rule.exact_high_bytes.value_or(*rule.exact_bytes)));
        CHECK(std::is_sorted(rule.reasons.begin(), rule.reasons.end(), [](const RuleReason& one, const RuleReason& other) {
          return (one.bytes ? std::abs(*one.bytes) : -1) > (other.bytes ? std::abs(*other.bytes) : -1);
        }));
        if (rule.rule == "R3")
          if (const auto shared = bytes_of(rule, "PEAK_IS_MAX")) CHECK(*shared < 0);
        ++compared;
      }
  CHECK(compared > 400);
}

TEST_CASE("a small step that a rule meets says so", "[rules]") {
  CHECK(rule_of(step(llama_2_7b, 2048), "R4").agrees);          // 24 %, by the number of tokens
  CHECK_FALSE(rule_of(step(llama_2_7b, 512, fused), "R4").agrees);
  CHECK_FALSE(rule_of(step(llama_2_7b, 2048), "R3").agrees);
}

TEST_CASE("the table of models has what training each allocates", "[rules]") {
  const auto table = rule_table(catalog());
  REQUIRE(table.ok());
  CHECK(table.value().sequence_length == 2048);
  const auto& cells = table.value().training;
  REQUIRE(cells.size() == 12);
  CHECK(cells[0].label == "7B");
  CHECK(cells[0].recipe == "bf16");
  CHECK(cells[0].allocated_bytes == 10 * P + buffers(2048));
  CHECK(cells[1].recipe == "amp_bf16");
  CHECK(cells[1].allocated_bytes == step(llama_2_7b, 2048, [](TrainingWorkload& w) { w.precision = "amp_bf16"; }).report().training->allocated_bytes);
  CHECK(cells[2].recipe == "lora");
  CHECK(cells[2].allocated_bytes > 2 * P);
  CHECK(cells[3].recipe == "qlora");
  CHECK(cells[3].allocated_bytes < cells[2].allocated_bytes);
  CHECK(cells[4].label == "13B");
}
