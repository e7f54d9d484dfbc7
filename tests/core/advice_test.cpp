#include "solver/advice.hpp"

#include <algorithm>

#include "hardware/fit.hpp"
#include "session.hpp"

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

std::vector<Change> advice(const Ask& asked) {
  const Plan plan = asked.plan();
  return advice_for(plan, asked.needed());
}

const Change* find(const std::vector<Change>& changes, std::string_view id) {
  const auto found = std::find_if(changes.begin(), changes.end(), [&](const Change& change) { return change.id == id; });
  return found == changes.end() ? nullptr : &*found;
}

/// Every change, asked as a request of its own, fits as it says.
void check_changes(const Ask& asked) {
  const u64 needed = asked.needed();
  const auto changes = advice(asked);
  CHECK_FALSE(changes.empty());
  for (const Change& change : changes) {
    CAPTURE(change.id, change.value);
    Ask changed = asked;
    changed.request = change.request;
    const Plan plan = changed.plan();
    const Verdict verdict = verdict_of(changed.needed(), plan.memory.usable_bytes);
    CHECK(verdict.outcome != Outcome::does_not_fit);
    CHECK(verdict.outcome == change.outcome);
    CHECK(verdict.needed_bytes == change.needed_bytes);
    CHECK(change.saved_bytes == static_cast<i64>(needed) - static_cast<i64>(change.needed_bytes));
    CHECK_FALSE(change.value.empty());
  }
}

}  // namespace

TEST_CASE("each change fits when it is asked as a request of its own", "[advice]") {
  check_changes(ask("meta-llama/Llama-3.1-8B").on("nvidia/rtx-4090").context(100'000));
  check_changes(ask("meta-llama/Llama-3.1-8B").on("nvidia/rtx-4090").sequences(50));
  check_changes(ask("meta-llama/Llama-3.1-70B").on("nvidia/a100-sxm4-80gb"));
  check_changes(ask("Qwen/Qwen3-32B").on("nvidia/rtx-4090"));
  check_changes(ask("google/gemma-3-27b-it").on("nvidia/l4").context(4096));
  check_changes(ask("deepseek-ai/DeepSeek-V3").on("nvidia/h100-sxm5-80gb", 8));
  check_changes(ask("deepseek-ai/DeepSeek-V3").on("nvidia/rtx-4090"));
  check_changes(ask("openai/gpt-oss-120b").on("nvidia/h100-sxm5-80gb"));
  check_changes(ask("mistralai/Mixtral-8x7B-v0.1").on("amd/rx-7900-xtx"));
  check_changes(ask("Qwen/Qwen2.5-7B").on("apple/m2-16gb"));
}

TEST_CASE("what fits needs no advice, nor does what has no device", "[advice]") {
  CHECK(advice(ask("meta-llama/Llama-3.1-8B").on("nvidia/rtx-4090")).empty());
  CHECK(advice(ask("meta-llama/Llama-3.1-8B")).empty());
  CHECK(ask("meta-llama/Llama-3.1-8B").on("nvidia/rtx-4090").report().advice.empty());
}

TEST_CASE("changes come in the order of what they cost a user", "[advice]") {
  const std::vector<std::string_view> order{"kv_cache_dtype", "weight_format", "max_model_len", "max_num_seqs", "device_count", "gpu"};
  for (const Ask& asked : {ask("meta-llama/Llama-3.1-8B").on("nvidia/rtx-4090").context(60'000), ask("meta-llama/Llama-3.1-8B").on("nvidia/rtx-4090").sequences(5),
                           ask("Qwen/Qwen3-32B").on("nvidia/rtx-4090")}) {
    std::size_t before = 0;
    for (const Change& change : advice(asked)) {
      CAPTURE(change.id);
      const auto at = static_cast<std::size_t>(std::find(order.begin(), order.end(), change.id) - order.begin());
      REQUIRE(at < order.size());
      CHECK(at >= before);
      before = at;
    }
  }
}

TEST_CASE("less context and fewer sequences are the most that fit", "[advice]") {
  const auto shorter = advice(ask("meta-llama/Llama-3.1-8B").on("nvidia/rtx-4090").context(100'000));
  REQUIRE(find(shorter, "max_model_len") != nullptr);
  const u64 context = *std::get_if<InferenceWorkload>(&find(shorter, "max_model_len")->request.workload)->max_model_len;
  CHECK(find(shorter, "max_model_len")->value == std::to_string(context));
  const Ask longer = ask("meta-llama/Llama-3.1-8B").on("nvidia/rtx-4090").context(context + 1);
  CHECK(longer.needed() > longer.plan().memory.usable_bytes);
  const auto fewer = advice(ask("meta-llama/Llama-3.1-8B").on("nvidia/rtx-4090").sequences(5));
  REQUIRE(find(fewer, "max_num_seqs") != nullptr);
  CHECK(find(fewer, "max_num_seqs")->value == "4");
}

TEST_CASE("a change leaves the rest of the request as it was", "[advice]") {
  const Ask asked = ask("meta-llama/Llama-3.1-8B").on("nvidia/rtx-4090").context(60'000).attention(AttentionImplementation::sdpa);
  for (const Change& change : advice(asked)) {
    CAPTURE(change.id);
    const auto& workload = *std::get_if<InferenceWorkload>(&change.request.workload);
    CHECK(change.request.model.preset == "meta-llama/Llama-3.1-8B");
    if (change.id != "max_model_len") CHECK(workload.max_model_len == 60'000U);
    if (change.id != "kv_cache_dtype" && change.value != "int4, kv_cache_dtype fp8") CHECK(workload.kv_cache_dtype == "bf16");
    if (change.id != "weight_format") CHECK(change.request.weight_format == "bf16");
    if (change.id != "gpu") CHECK(change.request.device->gpu == "nvidia/rtx-4090");
    CHECK(workload.max_num_seqs == 1);
    CHECK(workload.prompt_tokens == *workload.max_model_len - 1);
  }
}

TEST_CASE("another device is of the same maker", "[advice]") {
  const Ask asked = ask("meta-llama/Llama-3.1-70B").on("amd/rx-7900-xtx");
  const auto changes = advice(asked);
  REQUIRE(find(changes, "gpu") != nullptr);
  CHECK(find(changes, "gpu")->request.device->gpu.rfind("amd/", 0) == 0);
}

TEST_CASE("what no one device carries is offered the smallest set that does", "[advice]") {
  const auto changes = advice(ask("deepseek-ai/DeepSeek-V3").on("nvidia/rtx-4090"));
  REQUIRE(find(changes, "gpu") != nullptr);
  CHECK(*find(changes, "gpu")->request.device->device_count > 1);
}
