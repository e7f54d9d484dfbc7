#include "rules/thumb.hpp"

#include <algorithm>
#include <set>

#include "model/parameter_count.hpp"
#include "session.hpp"

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

Thumb thumb() { return Thumb(catalog().rules()); }

u64 parameters(JsonView one) {
  const auto count = read_parameter_count(*one["parameter_count"].string());
  REQUIRE(count.ok());
  return count.value();
}

/// What the rule that an example names gives for it.
std::optional<u64> rule_bytes(JsonView one) {
  if (one["claim"].present()) return thumb().after_claim(*one["claim"].string(), whole(one["of"]));
  const std::string rule = text(one["rule"]);
  if (rule == "R2") return thumb().optimizer(parameters(one));
  if (rule == "R3") return thumb().training(parameters(one), *one["format"].string(), whole(one["factor"]));
  if (rule == "R4") return thumb().activations(whole(one["of"]), *one["end"].string());
  return thumb().load(parameters(one), *one["format"].string());
}

RuleComparison comparison(const Ask& asked, std::string_view rule) {
  const auto rules = asked.report().rules;
  const auto found = std::find_if(rules.begin(), rules.end(), [&](const RuleComparison& one) { return one.rule == rule; });
  INFO(rule);
  REQUIRE(found != rules.end());
  return *found;
}

const RuleReason* find(const std::vector<RuleReason>& reasons, std::string_view code) {
  for (const RuleReason& reason : reasons)
    if (reason.code == code) return &reason;
  return nullptr;
}
bool has(const std::vector<RuleReason>& reasons, std::string_view code) { return find(reasons, code) != nullptr; }
std::optional<i64> bytes_of(const std::vector<RuleReason>& reasons, std::string_view code) { return has(reasons, code) ? find(reasons, code)->bytes : std::nullopt; }

}  // namespace

TEST_CASE("the rules give the numbers that they are taught with", "[thumb]") {
  const Cases cases("rules_of_thumb");
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const JsonView one = cases.at(i);
    INFO(text(one["name"]));
    CHECK(rule_bytes(one) == whole(one["bytes"]));
  }
}

TEST_CASE("a type or claim that no rule names gives nothing", "[thumb]") {
  CHECK_FALSE(thumb().load(7'000'000'000, "fp8").has_value());
  CHECK_FALSE(thumb().training(7'000'000'000, "mxfp4", 0).has_value());
  CHECK_FALSE(thumb().after_claim("gptq", 100).has_value());
  CHECK_FALSE(thumb().after_claim("magic", 100).has_value());
  CHECK(thumb().rule_of("fp8").empty());
  CHECK(thumb().rule_of("fp32") == "R1");
  CHECK(thumb().rule_of("int4") == "R6");
}

TEST_CASE("the worked models stand for the nominal sizes", "[thumb]") {
  CHECK(thumb().nominal_of("meta-llama/Llama-2-7b-hf") == 7'000'000'000ULL);
  CHECK(thumb().nominal_of("meta-llama/Llama-2-13b-hf") == 13'000'000'000ULL);
  CHECK(thumb().nominal_of("meta-llama/Llama-2-70b-hf") == 70'000'000'000ULL);
  CHECK_FALSE(thumb().nominal_of("meta-llama/Llama-3.1-8B").has_value());
}

TEST_CASE("beside the rule for Llama 2 7B stands the exact answer, and why they differ", "[thumb]") {
  const RuleComparison load = comparison(ask("meta-llama/Llama-2-7b-hf").weights("fp32"), "R1");
  CHECK(load.rule_bytes == 28'000'000'000ULL);
  CHECK(load.exact_bytes == 26'953'662'464ULL);  // prints as 25.10 GiB
  CHECK(*load.exact_bytes * 100 / (1ULL << 30) == 2510);
  CHECK(load.reasons.front().code == "NOMINAL_COUNT");
  CHECK(load.reasons.front().bytes == -(28'000'000'000LL - 26'953'662'464LL));
  CHECK(has(load.reasons, "UNIT_DECIMAL"));
  const RuleComparison narrow = comparison(ask("meta-llama/Llama-2-7b-hf").weights("int4"), "R6");
  CHECK(narrow.rule_bytes == 3'500'000'000ULL);
  CHECK(narrow.exact_bytes == 6'738'415'616ULL / 2);
  CHECK_FALSE(has(narrow.reasons, "SCALES"));  // a bare INT4 has none
}

TEST_CASE("a bare count is compared with the rule for that count", "[thumb]") {
  CHECK(comparison(ask_count("70 B").weights("fp16"), "R1").rule_bytes == 140'000'000'000ULL);
  CHECK(comparison(ask_count("70 B"), "R2").rule_bytes == 840'000'000'000ULL);
  CHECK(comparison(ask_count("7B"), "R3").rule_bytes == 84'000'000'000ULL);
  CHECK(comparison(ask_count("7B"), "R3").rule_high_bytes == 91'000'000'000ULL);
  CHECK(comparison(ask_count("7B"), "R4").rule_bytes == 16'800'000'000ULL);
  CHECK(comparison(ask_count("7B"), "R4").rule_high_bytes == 25'200'000'000ULL);
}

TEST_CASE("another model is compared with the rule for its exact count", "[thumb]") {
  const RuleComparison load = comparison(ask("Qwen/Qwen3-0.6B"), "R1");
  CHECK(load.rule_bytes == 2 * 596'049'920ULL);
  CHECK(load.exact_bytes == load.rule_bytes);
  CHECK_FALSE(has(load.reasons, "NOMINAL_COUNT"));
  CHECK(has(load.reasons, "TIED"));
}

TEST_CASE("what the rules forget is what the report holds beside weights and cache", "[thumb]") {
  const Ask asked = ask("meta-llama/Llama-3.1-8B");
  u64 beside = 0;
  for (const Segment& segment : asked.report().segments)
    if (segment.id != "weights" && segment.id != "kv_cache") beside += segment.bytes;
  const RuleComparison buffers = comparison(asked, "R5");
  CHECK(buffers.rule_bytes == 0);
  CHECK(buffers.exact_bytes == beside);
  CHECK(beside > 987842479);  // the CUDA context alone
  CHECK(bytes_of(buffers.reasons, "NO_CONTEXT") == 987842479);
  i64 named = 0;
  for (const RuleReason& reason : buffers.reasons) named += *reason.bytes;
  CHECK(static_cast<u64>(named) == beside);
}

TEST_CASE("beside the loaded weights stand the cache, the logits and the runtime's own", "[thumb]") {
  const Ask asked = ask("meta-llama/Llama-2-7b-hf").weights("fp16").context(4096);
  const Report report = asked.report();
  const RuleComparison load = comparison(asked, "R1");
  CHECK(bytes_of(load.left_out, "NO_KV") == 524288 * 4095);  // the prompt's pass, the highest moment here, leaves one token to come
  i64 all = static_cast<i64>(*load.exact_bytes);
  for (const RuleReason& reason : load.left_out) all += *reason.bytes;
  CHECK(static_cast<u64>(all) == report.needed_bytes);
}

TEST_CASE("rules of training say that they do not speak of serving", "[thumb]") {
  for (const std::string_view rule : {"R2", "R3", "R4"}) {
    const RuleComparison quoted = comparison(ask("meta-llama/Llama-2-7b-hf"), rule);
    CHECK_FALSE(quoted.applies);
    CHECK_FALSE(quoted.exact_bytes.has_value());
    CHECK(quoted.rule_bytes > 0);
    CHECK_FALSE(has(quoted.reasons, "NO_PEFT"));
  }
  CHECK(comparison(ask("meta-llama/Llama-2-7b-hf"), "R1").applies);
}

TEST_CASE("the script that counts parameters always takes four bytes", "[thumb]") {
  const RuleComparison script = comparison(ask("meta-llama/Llama-2-7b-hf").weights("fp16"), "U1");
  CHECK(script.rule_bytes * 100 / (1ULL << 30) == 2510);  // it prints 25.10 and calls it GB
  CHECK(script.exact_bytes == 2 * 6'738'415'616ULL);
  CHECK(bytes_of(script.reasons, "ALWAYS_FP32") == -2 * 6'738'415'616LL);
  CHECK(comparison(ask("meta-llama/Llama-2-7b-hf").weights("fp32"), "U1").agrees);
}

TEST_CASE("claims of techniques in thousandths", "[thumb]") {
  CHECK(thumb().claimed_permille("flash_attention") == 200);
  CHECK(thumb().claimed_permille("gradient_checkpointing") == 600);
  CHECK_FALSE(thumb().claimed_permille("gptq").has_value());
  CHECK(thumb().load(7'000'000'000, "nf4_double_quant") == 3'500'000'000ULL);  // what people mean by INT4
  CHECK(thumb().rule_of("bnb_int8") == "R6");
}

TEST_CASE("a rank's share of the weights is not set against a rule for the whole", "[thumb]") {
  CHECK_FALSE(comparison(ask("meta-llama/Llama-2-7b-hf").ranks(2), "R1").exact_bytes.has_value());
}

TEST_CASE("the table of models has every size in every type, with the exact weights", "[thumb]") {
  const auto table = rule_table(catalog());
  REQUIRE(table.ok());
  REQUIRE(table.value().cells.size() == 12);
  const u64 exact[] = {6'738'415'616ULL, 13'015'864'320ULL, 68'976'648'192ULL};
  const u64 nominal[] = {7, 13, 70};
  for (std::size_t row = 0; row < 3; ++row)
    for (std::size_t column = 0; column < 4; ++column) {
      const RuleTableCell& cell = table.value().cells[4 * row + column];
      CAPTURE(cell.label, cell.format);
      const u64 half_bytes[] = {8, 4, 2, 1};  // of a parameter in fp32, fp16, int8, int4
      CHECK(cell.rule_bytes == nominal[row] * 1'000'000'000 * half_bytes[column] / 2);
      CHECK(cell.exact_bytes == exact[row] * half_bytes[column] / 2);
    }
  CHECK(table.value().cells[0].label == "7B");
  CHECK(table.value().cells[11].format == "int4");
}
