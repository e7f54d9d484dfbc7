#include "inference/kv_cache.hpp"

#include "pass_cases.hpp"
#include "session.hpp"

using namespace plimsoll;
using namespace plimsoll::testing;

namespace {

GroupedQueryAttention window_of(u32 window) {
  GroupedQueryAttention a;
  a.num_attention_heads = a.num_key_value_heads = 2;
  a.head_dim = 20;
  if (window > 0) a.sliding_window = window;
  return a;
}

u64 one_layer(const Mixer& mixer, const ForwardPass& pass, bool updated) {
  Ledger ledger(false);
  const RankShare rank;
  PassContext context{ledger, pass, rank, {}};
  context.values[Symbol::B] = pass.max_num_seqs;
  const CacheHolds holds = hold_cache(context, mixer, 1, updated);
  return ledger.peak_bytes();
}

}  // namespace

TEST_CASE("a full layer stores every token", "[kv_cache]") {
  const Mixer full = window_of(0);
  CHECK(cached_tokens(full, prompt_pass(1, 100), false).visible == 0);
  CHECK(cached_tokens(full, prompt_pass(1, 100), true).visible == 100);
  CHECK(cached_tokens(full, decode_pass(1, 100, true), true).visible == 101);
  CHECK(attended_tokens(full, decode_pass(1, 100, true)) == 101);
}

TEST_CASE("a sliding layer keeps the prompt's storage until the next step, then one window", "[kv_cache]") {
  const Mixer sliding = window_of(16);
  const CachedTokens after_prompt = cached_tokens(sliding, prompt_pass(1, 100), true);
  CHECK(after_prompt.visible == 15);
  CHECK(after_prompt.kept == 85);
  const CachedTokens before_next = cached_tokens(sliding, decode_pass(1, 100, true), false);
  CHECK(before_next.visible + before_next.kept == 100);
  const CachedTokens after_next = cached_tokens(sliding, decode_pass(1, 100, true), true);
  CHECK(after_next.visible == 15);
  CHECK(after_next.kept == 1);
  const CachedTokens later = cached_tokens(sliding, decode_pass(1, 101, false), false);
  CHECK(later.visible + later.kept == 16);
  CHECK(attended_tokens(sliding, decode_pass(1, 100, true)) == 16);
}

TEST_CASE("below its window a sliding layer is a full one, but for its scalar", "[kv_cache]") {
  const ForwardPass pass = decode_pass(3, 7, false);
  CHECK(cached_tokens(window_of(16), pass, false).kept == 0);
  CHECK(one_layer(window_of(16), pass, true) == one_layer(window_of(0), pass, true) + 8);
  CHECK(one_layer(window_of(0), pass, true) == 2 * 3 * 2 * 8 * 20 * 2);
}

TEST_CASE("a cache format is priced by whole rows", "[kv_cache]") {
  const StorageFormat four_bits{.id = "int4", .name = "int4", .source = "test", .parts = {{"codes", 4, 1}}};
  ForwardPass pass = decode_pass(1, 9, false);
  pass.kv_format = &four_bits;
  CHECK(one_layer(window_of(0), pass, true) == 2 * 2 * 10 * 10);
  CHECK(cached_tokens(window_of(4), pass, true).kept == 0);
}

TEST_CASE("latents are stored once for all heads", "[kv_cache]") {
  LatentAttention latent;
  latent.num_attention_heads = 16;
  latent.kv_lora_rank = 512;
  latent.qk_rope_head_dim = 64;
  CHECK(one_layer(latent, prompt_pass(2, 10), true) == 2 * 10 * (512 + 64) * 2);
}

TEST_CASE("while a quantised cache is read, a copy in the compute dtype exists", "[kv_cache]") {
  const JsonDocument config = std::move(JsonDocument::parse(R"({"model_type": "llama", "vocab_size": 10, "hidden_size": 64, "intermediate_size": 64,
    "num_hidden_layers": 8, "num_attention_heads": 4})", "config").value());
  const ModelSpec model = model_of(config.root());
  const StorageFormat bytes{.id = "int8", .name = "int8", .source = "test", .parts = {{"codes", 8, 1}}};
  ForwardPass pass = decode_pass(1, 9999, false);
  const PassPeak plain = peak_of(model, pass);
  pass.kv_format = &bytes;
  const PassPeak small = peak_of(model, pass);
  CHECK(small.kv_cache_bytes >= 8 * 2 * 64 * 9999);
  CHECK(small.bytes > small.kv_cache_bytes + 2 * 2 * 64 * 10'000);
  CHECK(small.bytes < plain.bytes);
}

TEST_CASE("between steps the cache shows what the next step reads, not what views keep alive", "[kv_cache]") {
  const JsonDocument config = std::move(JsonDocument::parse(R"({"model_type": "gemma3_text", "vocab_size": 10, "hidden_size": 64, "intermediate_size": 512,
    "num_hidden_layers": 4, "num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 32, "sliding_window_pattern": 2, "sliding_window": 16})", "config").value());
  const ModelSpec model = model_of(config.root());
  CHECK(resting_cache(model, {}, prompt_pass(1, 100)).value == 2 * 2 * 32 * (2 * 100 + 2 * 15));
  CHECK(peak_of(model, prompt_pass(1, 100)).kv_cache_bytes == 2 * 2 * 32 * 4 * 100 + 2 * 8);
}

TEST_CASE("keys and values may be in formats of their own", "[kv_cache]") {
  const auto cache = [](const test::Ask& asked) { return asked.report().kv_cache_bytes; };
  const auto asked = [] { return test::ask("meta-llama/Llama-3.1-8B-Instruct").context(1000); };  // 32 layers, 8 heads of 128
  const u64 elements = 32ULL * 1000 * 8 * 128;
  CHECK(cache(asked()) == 4 * elements);
  CHECK(cache(asked().cache("q8_0")) == 2 * elements * 34 / 32);
  CHECK(cache(asked().cache("q8_0").values("q4_0")) == elements * 34 / 32 + elements * 18 / 32);
  CHECK(cache(asked().cache("q5_1").values("bf16")) == elements * 24 / 32 + 2 * elements);
  CHECK(cache(asked().values("q4_0")) == 2 * elements + elements * 18 / 32);
  CHECK(cache(asked().cache("nvfp4")) == 2 * elements * 9 / 16);
  CHECK(cache(asked().cache("fp8").values("fp8")) == 2 * elements);
  CHECK(cache(asked().cache("bf16").values("bf16")) == cache(asked()));
  const auto refused = asked().values("nf4").try_plan();
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().where == "request.workload.value_cache_dtype");
}

TEST_CASE("latent attention has one cache, whatever values are asked for", "[kv_cache]") {
  const auto asked = [] { return test::ask("deepseek-ai/DeepSeek-V2-Lite").context(100); };
  CHECK(asked().cache("fp8").values("bf16").report().kv_cache_bytes == asked().cache("fp8").report().kv_cache_bytes);
}
