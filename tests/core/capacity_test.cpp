#include "solver/capacity.hpp"

#include "hardware/fit.hpp"
#include "session.hpp"

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

Capacity capacity(const Ask& asked) { return capacity_of(asked.plan()); }
u64 usable(const Ask& asked) { return asked.plan().memory.usable_bytes; }

/// The answer fits, one more does not, and both are what a request of that size says.
void check_context(Ask asked) {
  const Answer answer = capacity(asked).longest_context;
  const u64 room = usable(asked);
  REQUIRE(answer.value > 0);
  CHECK(asked.context(answer.value).needed() <= room);
  CHECK(asked.context(answer.value).needed() == answer.needed_bytes);
  CHECK(asked.context(answer.value + 1).needed() > room);
  CHECK(answer.limit == Limit::memory);
}

void check_sequences(Ask asked) {
  const Answer answer = capacity(asked).most_sequences;
  const u64 room = usable(asked);
  REQUIRE(answer.value > 0);
  CHECK(asked.sequences(answer.value).needed() <= room);
  CHECK(asked.sequences(answer.value).needed() == answer.needed_bytes);
  CHECK(asked.sequences(answer.value + 1).needed() > room);
  CHECK(answer.limit == Limit::memory);
}

}  // namespace

TEST_CASE("the longest context fits and one token more does not", "[capacity]") {
  check_context(ask("meta-llama/Llama-3.1-8B").on("nvidia/rtx-4090"));
  check_context(ask("meta-llama/Llama-3.1-8B").on("nvidia/rtx-4090").sequences(4));
  check_context(ask("meta-llama/Llama-3.1-8B").on("nvidia/rtx-4090").cache("int4"));
  check_context(ask("meta-llama/Llama-3.1-8B").on("nvidia/rtx-4090").attention(AttentionImplementation::eager));
  check_context(ask("mistralai/Mistral-7B-v0.1").on("nvidia/rtx-3090"));
  check_context(ask("google/gemma-2-9b").on("nvidia/rtx-4090").weights("int8"));
  check_context(ask("openai/gpt-oss-20b").on("nvidia/rtx-4090").weights("int4"));
  check_context(ask("deepseek-ai/DeepSeek-V2-Lite").on("nvidia/rtx-4090").weights("int4").sequences(64));
  check_context(ask("deepseek-ai/DeepSeek-V3").on("nvidia/b200", 8).weights("fp8"));
}

TEST_CASE("the most sequences fit and one more does not", "[capacity]") {
  check_sequences(ask("meta-llama/Llama-3.1-8B").on("nvidia/rtx-4090"));
  check_sequences(ask("meta-llama/Llama-3.1-8B").on("nvidia/rtx-4090").context(100));
  check_sequences(ask("openai-community/gpt2").on("nvidia/l4").weights("fp16"));
  check_sequences(ask("google/gemma-3-1b-it").on("nvidia/l4").context(5000));
  check_sequences(ask("Qwen/Qwen3-30B-A3B").on("nvidia/h100-sxm5-80gb").context(4096));
  check_sequences(ask("meta-llama/Llama-3.1-70B").on("nvidia/a100-sxm4-80gb", 4).cache("fp8"));
}

TEST_CASE("every budget to the byte gives what counting up would", "[capacity]") {
  for (const char* preset : {"openai-community/gpt2", "google/gemma-3-1b-it", "deepseek-ai/DeepSeek-V2-Lite"})
    for (u64 count = 1; count < 60; count += 1 + count / 7) {
      CAPTURE(preset, count);
      Plan plan = ask(preset).context(50).plan();
      const u64 for_context = ask(preset).context(count).needed();
      plan.memory.usable_bytes = for_context;
      const Answer exact = longest_context(plan);
      CHECK(exact.value >= count);
      CHECK(exact.needed_bytes == for_context);  // contexts may need the same; no longer one fits
      CHECK(ask(preset).context(exact.value + 1).needed() > for_context);
      plan.memory.usable_bytes = for_context - 1;
      CHECK(longest_context(plan).value < count);
      const u64 for_sequences = ask(preset).context(50).sequences(count).needed();
      plan.memory.usable_bytes = for_sequences;
      CHECK(most_sequences_of(plan).value == count);
      plan.memory.usable_bytes = for_sequences - 1;
      CHECK(most_sequences_of(plan).value == count - 1);
    }
}

TEST_CASE("a need that grows with the square of the context is searched as exactly", "[capacity]") {
  for (u64 count = 500; count < 20'000; count += 1 + count / 11) {
    CAPTURE(count);
    Ask asked = ask("meta-llama/Llama-3.2-1B").attention(AttentionImplementation::eager);
    Plan plan = asked.plan();
    plan.memory.usable_bytes = asked.context(count).needed();
    const Answer exact = longest_context(plan);
    CHECK(exact.value >= count);
    CHECK(asked.context(exact.value + 1).needed() > plan.memory.usable_bytes);
    plan.memory.usable_bytes -= 1;
    CHECK(longest_context(plan).value < count);
    CHECK(asked.context(longest_context(plan).value + 1).needed() > plan.memory.usable_bytes);
  }
}

TEST_CASE("where memory would carry more, the model's own length is the limit", "[capacity]") {
  const Answer answer = capacity(ask("openai-community/gpt2").on("nvidia/b200")).longest_context;
  CHECK(answer.value == 1024);
  CHECK(answer.limit == Limit::model);
  CHECK(answer.needed_bytes == ask("openai-community/gpt2").context(1024).needed());
}

TEST_CASE("where not even one fits the answer is nothing, with what one would need", "[capacity]") {
  const Ask asked = ask("deepseek-ai/DeepSeek-V3").on("nvidia/rtx-4090");
  const Capacity none = capacity(asked);
  CHECK(none.longest_context.value == 0);
  CHECK(none.most_sequences.value == 0);
  CHECK(none.longest_context.limit == Limit::memory);
  CHECK(none.most_sequences.needed_bytes == asked.needed());
  CHECK(none.longest_context.needed_bytes == Ask(asked).context(1).needed());
}

TEST_CASE("a prompt that is asked for is part of the longest context", "[capacity]") {
  const Ask asked = ask("meta-llama/Llama-3.1-8B").on("nvidia/rtx-4090").context(8192).prompt(4000);
  const Answer answer = capacity(asked).longest_context;
  CHECK(answer.value >= 4000);
  CHECK(answer.value > capacity(ask("meta-llama/Llama-3.1-8B").on("nvidia/rtx-4090")).longest_context.value);  // decoding holds less than a long prompt
  check_context(asked);
}

TEST_CASE("the report carries the capacity of its device, and none without a device", "[capacity]") {
  const Report with = ask("meta-llama/Llama-3.1-8B").on("nvidia/rtx-4090").report();
  REQUIRE(with.capacity.has_value());
  CHECK(with.capacity->longest_context.value == capacity(ask("meta-llama/Llama-3.1-8B").on("nvidia/rtx-4090")).longest_context.value);
  CHECK_FALSE(ask("meta-llama/Llama-3.1-8B").report().capacity.has_value());
}

TEST_CASE("what would overflow next is the cache or the activations", "[capacity]") {
  for (const char* preset : {"meta-llama/Llama-3.1-8B", "google/gemma-2-9b", "deepseek-ai/DeepSeek-V2-Lite"}) {
    const Capacity found = capacity(ask(preset).on("nvidia/a100-sxm4-80gb"));
    for (const Answer& answer : {found.longest_context, found.most_sequences}) CHECK((answer.limiting_term == "kv_cache" || answer.limiting_term == "activations"));
  }
  CHECK(capacity(ask("google/gemma-2-9b").on("nvidia/a100-sxm4-80gb")).longest_context.limiting_term == "activations");  // eager scores grow with the square
}

TEST_CASE("every device that carries a model at all has a capacity that fits, and one more that does not", "[capacity]") {
  for (const Gpu& gpu : catalog().gpus()) {
    CAPTURE(gpu.id);
    Ask asked = ask("Qwen/Qwen3-8B").on(std::string(gpu.id)).weights("int4").context(2048);
    const Answer answer = capacity(asked).most_sequences;
    const u64 room = usable(asked);
    if (answer.value > 0) CHECK(asked.sequences(answer.value).needed() <= room);
    CHECK(asked.sequences(answer.value + 1).needed() > room);
  }
}
