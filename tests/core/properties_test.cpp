/// What must hold between requests: asking for more never needs less.

#include "session.hpp"

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

/// One model for each kind of attention, feed-forward and residual.
constexpr const char* kinds[] = {"meta-llama/Llama-3.2-1B", "mistralai/Mistral-7B-v0.1", "mistralai/Mixtral-8x7B-v0.1", "Qwen/Qwen3-0.6B", "Qwen/Qwen3-30B-A3B",
                                 "Qwen/Qwen1.5-MoE-A2.7B", "google/gemma-2-2b", "google/gemma-3-1b-it", "microsoft/Phi-3-mini-4k-instruct", "openai-community/gpt2",
                                 "EleutherAI/pythia-6.9b", "deepseek-ai/DeepSeek-V2-Lite", "deepseek-ai/DeepSeek-V3", "openai/gpt-oss-20b",
                                 "HuggingFaceTB/SmolLM3-3B", "ibm-granite/granite-3.1-8b-instruct"};

/// Contexts close together where windows end, and far apart elsewhere.
const std::vector<u64>& contexts() {
  static const std::vector<u64> out{1, 2, 3, 4, 5, 16, 17, 64, 100, 126, 127, 128, 129, 130, 256, 257, 258, 500, 511, 512, 513, 514, 1000, 2048, 4000, 4094, 4095, 4096, 4097,
                       4098, 4099, 8191, 8192, 8193, 20'000, 32'768, 100'000, 131'072};
  return out;
}

}  // namespace

TEST_CASE("more context never needs less", "[properties]") {
  for (const char* preset : kinds)
    for (const auto attention : {AttentionImplementation::sdpa, AttentionImplementation::eager}) {
      u64 before = 0;
      for (const u64 context : contexts()) {
        const u64 needed = ask(preset).context(context).attention(attention).needed();
        CAPTURE(preset, name_of(attention), context);
        CHECK(needed >= before);
        before = needed;
      }
    }
}

TEST_CASE("more context never needs less where the prompt stays or the cache is narrow", "[properties]") {
  for (const char* preset : kinds)
    for (const char* cache : {"bf16", "fp8", "int4"}) {
      u64 before = 0;
      u64 before_narrow = 0;
      for (const u64 context : contexts()) {
        CAPTURE(preset, cache, context);
        const u64 narrow = ask(preset).context(context).cache(cache).needed();
        CHECK(narrow >= before_narrow);
        before_narrow = narrow;
        if (context < 100) continue;
        const u64 needed = ask(preset).context(context).prompt(100).cache(cache).needed();
        CHECK(needed >= before);
        before = needed;
      }
    }
}

TEST_CASE("a longer prompt in the same context never needs less", "[properties]") {
  for (const char* preset : kinds) {
    u64 before = 0;
    for (const u64 prompt : contexts()) {
      const u64 needed = ask(preset).context(131'072).prompt(prompt).needed();
      CAPTURE(preset, prompt);
      CHECK(needed >= before);
      before = needed;
    }
  }
}

TEST_CASE("more sequences never need less, and twice as many less than twice", "[properties]") {
  for (const char* preset : kinds) {
    u64 before = 0;
    for (const u64 sequences : {1, 2, 3, 4, 7, 8, 16, 17, 64, 256, 1000, 4096}) {
      const u64 needed = ask(preset).context(1000).sequences(sequences).needed();
      CAPTURE(preset, sequences);
      CHECK(needed > before);
      before = needed;
    }
    const u64 one = ask(preset).context(1000).sequences(8).needed();
    CHECK(ask(preset).context(1000).sequences(16).needed() < 2 * one);
  }
}

TEST_CASE("wider weights and wider caches never need less", "[properties]") {
  for (const char* preset : kinds) {
    CAPTURE(preset);
    const auto totals_of = [&](const char* format) {
      const auto totals = make_totals(ask(preset).context(4096).weights(format).plan());
      REQUIRE(totals.ok());
      return totals.value();
    };
    CHECK(totals_of("int4").weights_bytes < totals_of("int8").weights_bytes);
    CHECK(totals_of("int8").weights_bytes == totals_of("fp8").weights_bytes);
    CHECK(totals_of("int8").weights_bytes < totals_of("bf16").weights_bytes);
    CHECK(totals_of("bf16").weights_bytes == totals_of("fp16").weights_bytes);
    CHECK(totals_of("bf16").weights_bytes < totals_of("fp32").weights_bytes);
    CHECK(totals_of("int4").needed_bytes < totals_of("int8").needed_bytes);
    CHECK(totals_of("bf16").needed_bytes < totals_of("fp32").needed_bytes);
    const auto rest = [&](const char* format) {
      const auto totals = make_totals(ask(preset).context(4096).prompt(1).cache(format).plan());
      REQUIRE(totals.ok());
      return totals.value().kv_cache_bytes;
    };
    CHECK(rest("int4") <= rest("int8"));
    CHECK(rest("int8") == rest("fp8"));
    CHECK(rest("fp8") <= rest("fp32"));
  }
}

TEST_CASE("more ranks never need more weights on a rank, and all ranks never less than the whole", "[properties]") {
  for (const char* preset : kinds) {
    u64 before = ~0ULL;
    u64 whole_model = 0;
    for (const u64 ranks : {1, 2, 4, 8, 16}) {
      Ask asked = ask(preset).context(100).ranks(ranks);
      const auto plan = asked.try_plan();
      if (!plan.ok()) continue;
      u64 most = 0;
      u64 sum = 0;
      for (const RankShare& rank : plan.value().ranks) {
        const u64 weights = estimate_rank(plan.value(), rank, false).weights_bytes;
        most = weights > most ? weights : most;
        sum += weights * rank.count;
      }
      CAPTURE(preset, ranks);
      CHECK(most <= before);
      before = most;
      if (ranks == 1) whole_model = most;
      CHECK(sum >= whole_model);
    }
  }
}

TEST_CASE("the memory of a request does not depend on the device it is asked for", "[properties]") {
  const u64 needed = ask("Qwen/Qwen3-0.6B").needed();
  for (const char* gpu : {"nvidia/l4", "nvidia/rtx-4090", "nvidia/h100-sxm5-80gb"}) CHECK(ask("Qwen/Qwen3-0.6B").on(gpu).needed() == needed);
}

TEST_CASE("a preset and its config pasted as text need the same", "[properties]") {
  const std::string config = R"({"model_type": "llama", "hidden_size": 4096, "intermediate_size": 14336, "num_hidden_layers": 32, "num_attention_heads": 32,
      "num_key_value_heads": 8, "vocab_size": 128256, "max_position_embeddings": 131072, "torch_dtype": "bfloat16", "tie_word_embeddings": false})";
  CHECK(ask_config(config).needed() == ask("meta-llama/Llama-3.1-8B").needed());
}
