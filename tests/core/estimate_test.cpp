/// What must hold of every report: nothing is lost or counted twice between a leaf and the total.

#include "estimate.hpp"

#include "report_checks.hpp"

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

const Term& child(const Term& parent, std::string_view id) {
  for (const Term& one : parent.children)
    if (one.id == id) return one;
  INFO(id);
  REQUIRE(false);
  return parent;
}

}  // namespace

TEST_CASE("every preset's report adds up, with either attention, on one device and on two", "[estimate]") {
  for (const Preset& preset : catalog().presets())
    for (const auto attention : {AttentionImplementation::sdpa, AttentionImplementation::eager})
      for (const u64 ranks : {1, 2}) {
        CAPTURE(preset.id, name_of(attention), ranks);
        check_report(ask(std::string(preset.id)).context(1000).attention(attention).ranks(ranks));
      }
}

TEST_CASE("reports add up for every format of weights and cache", "[estimate]") {
  for (const char* preset : {"meta-llama/Llama-3.1-8B", "google/gemma-3-1b-it", "deepseek-ai/DeepSeek-V2-Lite", "openai/gpt-oss-20b"})
    for (const char* format : {"fp32", "bf16", "fp16", "fp8", "int8", "int4"})
      for (const char* cache : {"fp32", "bf16", "int4"}) {
        CAPTURE(preset, format, cache);
        check_report(ask(preset).context(500).sequences(3).prompt(200).weights(format).cache(cache));
      }
}

TEST_CASE("reports add up where ranks share unevenly and heads repeat", "[estimate]") {
  check_report(ask("openai-community/gpt2").ranks(3).context(1024));
  check_report(ask("openai-community/gpt2").ranks(12).context(7));
  check_report(ask("meta-llama/Llama-3.1-8B").ranks(32));
  check_report(ask("openai/gpt-oss-120b").ranks(16).sequences(5));
}

TEST_CASE("the smallest requests add up", "[estimate]") {
  for (const char* preset : {"meta-llama/Llama-3.1-8B", "google/gemma-2-2b", "deepseek-ai/DeepSeek-V3", "openai-community/gpt2"})
    for (const u64 context : {1, 2, 3}) {
      CAPTURE(preset, context);
      check_report(ask(preset).context(context));
      check_report(ask(preset).context(context).prompt(1));
    }
}

TEST_CASE("the tree names weights, moments and overhead, and the worst moment is the largest", "[estimate]") {
  const Report report = ask("meta-llama/Llama-3.1-8B").context(4096).prompt(1000).on("nvidia/rtx-4090").report();
  REQUIRE(report.tree.children.size() == 3);
  CHECK(report.tree.children[0].id == "weights");
  CHECK(report.tree.children[0].bytes == 16060522496);
  const Term& moments = child(report.tree, "moments");
  CHECK(moments.combine == Combine::peak);
  REQUIRE(moments.children.size() == 3);
  CHECK(moments.children[0].id == "moment.prefill");
  CHECK(moments.children[1].id == "moment.decode_first");
  CHECK(moments.children[2].id == "moment.decode_last");
  CHECK(child(moments, report.worst_moment).bytes == moments.bytes);
  CHECK(child(report.tree, "runtime_overhead").children.size() == 1);
  CHECK(report.segments.front().id == "weights");
  CHECK(report.segments.back().id == "runtime_overhead");
}

TEST_CASE("only the moments that happen are there", "[estimate]") {
  const auto moments = [](const Ask& asked) { return child(asked.report().tree, "moments").children.size(); };
  CHECK(moments(ask("meta-llama/Llama-3.1-8B").context(100).prompt(100)) == 1);
  CHECK(moments(ask("meta-llama/Llama-3.1-8B").context(100).prompt(99)) == 2);
  CHECK(moments(ask("meta-llama/Llama-3.1-8B").context(100).prompt(98)) == 3);
  CHECK(moments(ask("meta-llama/Llama-3.1-8B").context(1)) == 1);
}

TEST_CASE("the cache at rest has the size that hand calculation and the reference implementation give", "[estimate]") {
  const Cases cases("kv_cache_sizes");
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const JsonView one = cases.at(i);
    INFO(text(one["name"]));
    const Ask asked = ask(text(one["preset"])).weights("bf16").context(whole(one["tokens"])).sequences(whole(one["sequences"]));
    const auto totals = make_totals(asked.plan());
    REQUIRE(totals.ok());
    CHECK(totals.value().kv_cache_bytes == whole(one["bytes"]));
    CHECK(asked.report().kv_cache_bytes == whole(one["bytes"]));
  }
}

TEST_CASE("the cache at rest is in the asked format, and shared by ranks", "[estimate]") {
  const auto rest = [](const Ask& asked) { return asked.report().kv_cache_bytes; };
  CHECK(rest(ask("meta-llama/Llama-3.1-8B").context(8192).cache("fp8")) == (512ULL << 20));
  CHECK(rest(ask("meta-llama/Llama-3.1-8B").context(8192).cache("int4")) == (256ULL << 20));
  CHECK(rest(ask("meta-llama/Llama-3.1-8B").context(8192).ranks(8)) == (128ULL << 20));
  CHECK(rest(ask("meta-llama/Llama-3.1-8B").context(8192).ranks(16)) == (128ULL << 20));  // heads repeat beyond eight
}

TEST_CASE("overhead is the engine's own, with the communication library where there are several devices", "[estimate]") {
  const auto overhead = [](const Ask& asked) { return child(asked.report().tree, "runtime_overhead"); };
  const Term one = overhead(ask("Qwen/Qwen3-0.6B").on("nvidia/l4"));
  CHECK(one.bytes == 987842479);
  CHECK(one.children.at(0).id == "runtime_overhead.cuda_context");
  CHECK(one.children.at(0).formula->basis == Basis::measured);
  CHECK(one.children.at(0).formula->low == 504658657U);
  const Term two = overhead(ask("Qwen/Qwen3-0.6B").on("nvidia/l4", 2));
  REQUIRE(two.children.size() == 2);
  CHECK(two.children[1].id == "runtime_overhead.collective_library");
  CHECK(two.bytes == 987842479ULL + 1073741824);
  CHECK(overhead(ask("Qwen/Qwen3-0.6B").on("amd/mi300x")).bytes == 858993460);
  CHECK(overhead(ask("Qwen/Qwen3-0.6B").on("intel/arc-b580")).children.at(0).formula->basis == Basis::assumed);
}

TEST_CASE("ten thousand layers make a tree as large as ten do", "[estimate]") {
  const auto leaves = [](int layers) {
    const Report report = ask_config("{\"model_type\": \"llama\", \"num_hidden_layers\": " + std::to_string(layers) + "}").context(100).report();
    const auto count = [](const Term& term, const auto& self) -> u64 {
      u64 sum = term.children.empty() ? 1 : 0;
      for (const Term& one : term.children) sum += self(one, self);
      return sum;
    };
    return count(report.tree, count);
  };
  CHECK(leaves(10'000) == leaves(10));
}
