#include "solver/ranking.hpp"

#include <set>

#include "hardware/fit.hpp"
#include "session.hpp"

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

Ranking ranking(const Ask& asked) {
  auto made = rank_devices(asked.plan());
  REQUIRE(made.ok());
  return std::move(made.value());
}

RankedDevice row(const Ranking& all, std::string_view gpu) {
  for (const RankedDevice& one : all.rows)
    if (one.gpu == gpu) return one;
  INFO(gpu);
  REQUIRE(false);
  return all.rows[0];
}

const Ask llama = ask("meta-llama/Llama-3.1-8B");

}  // namespace

TEST_CASE("every device of the catalogue is ranked once", "[ranking]") {
  std::set<std::string> gpus;
  for (const RankedDevice& one : ranking(llama).rows) CHECK(gpus.insert(one.gpu).second);
  CHECK(gpus.size() == catalog().gpus().size());
}

TEST_CASE("first come devices that carry it, the least to spare first, then the others, the least missing first", "[ranking]") {
  for (const Ask& asked : {llama, ask("meta-llama/Llama-3.1-70B").on("nvidia/l4", 4), ask("openai-community/gpt2"), ask("deepseek-ai/DeepSeek-V3")}) {
    const Ranking all = ranking(asked);
    for (std::size_t i = 1; i < all.rows.size(); ++i) {
      const RankedDevice& before = all.rows[i - 1];
      const RankedDevice& after = all.rows[i];
      CAPTURE(before.gpu, after.gpu);
      const bool fits_before = before.outcome != Outcome::does_not_fit;
      const bool fits_after = after.outcome != Outcome::does_not_fit;
      CHECK((fits_before || !fits_after));
      if (fits_before && fits_after) CHECK(before.headroom_bytes <= after.headroom_bytes);
      if (!fits_before && !fits_after) CHECK(before.headroom_bytes >= after.headroom_bytes);
    }
  }
}

TEST_CASE("a row says what a request for that device says", "[ranking]") {
  for (const Ask& asked : {llama, ask("Qwen/Qwen3-32B").on("nvidia/l4", 2).cache("fp8")}) {
    const u64 boards = asked.request.device ? *asked.request.device->device_count : 1;
    for (const RankedDevice& one : ranking(asked).rows) {
      CAPTURE(one.gpu, boards);
      Ask for_it = asked;
      const Plan plan = for_it.on(one.gpu, boards).plan();
      const Verdict verdict = verdict_of(for_it.needed(), plan.memory.usable_bytes);
      CHECK(one.needed_bytes == verdict.needed_bytes);
      CHECK(one.usable_bytes == verdict.usable_bytes);
      CHECK(one.headroom_bytes == verdict.headroom_bytes);
      CHECK(one.outcome == verdict.outcome);
      CHECK(one.device_count == boards);
    }
  }
}

TEST_CASE("the fewest devices that carry it do, and half as many do not", "[ranking]") {
  const Ask asked = ask("meta-llama/Llama-3.1-70B").context(4096);
  for (const RankedDevice& one : ranking(asked).rows) {
    CAPTURE(one.gpu);
    const auto fits = [&](u64 count) {
      Ask for_it = asked;
      const auto plan = for_it.on(one.gpu, count).try_plan();
      return plan.ok() && for_it.needed() <= plan.value().memory.usable_bytes;
    };
    if (!one.devices_needed) {
      CHECK_FALSE(fits(16));
      continue;
    }
    CHECK(fits(*one.devices_needed));
    if (*one.devices_needed > 1) CHECK_FALSE(fits(*one.devices_needed / 2));
  }
}

TEST_CASE("a device with more memory of the same maker never needs more of its kind", "[ranking]") {
  const Ranking all = ranking(ask("meta-llama/Llama-3.1-70B"));
  for (const auto& [smaller, larger] : {std::pair{"nvidia/a100-sxm4-40gb", "nvidia/a100-sxm4-80gb"}, {"nvidia/l4", "nvidia/l40s"}, {"nvidia/h100-sxm5-80gb", "nvidia/b200"}}) {
    CAPTURE(smaller, larger);
    const auto few = row(all, larger).devices_needed;
    const auto many = row(all, smaller).devices_needed;
    REQUIRE(few.has_value());
    CHECK((!many.has_value() || *few <= *many));
  }
}

TEST_CASE("what no sixteen devices carry has no number", "[ranking]") {
  CHECK_FALSE(row(ranking(ask("deepseek-ai/DeepSeek-V3").weights("fp32")), "nvidia/l4").devices_needed.has_value());
  CHECK(row(ranking(ask("openai-community/gpt2")), "nvidia/b200").devices_needed == 1U);
}

TEST_CASE("a board whose devices cannot share the model's heads is left out", "[ranking]") {
  const Ask nine_heads = ask_config(R"({"model_type": "llama", "hidden_size": 576, "num_attention_heads": 9, "num_key_value_heads": 3, "num_hidden_layers": 30,
      "intermediate_size": 1536, "vocab_size": 49152, "dtype": "bfloat16"})");
  const Ranking all = ranking(nine_heads);
  for (const RankedDevice& one : all.rows) CHECK(one.gpu != "amd/mi250");
  CHECK(row(all, "amd/mi210").outcome == Outcome::fits);
  CHECK(row(ranking(llama), "amd/mi250").device_count == 1);
}

TEST_CASE("the quick ranking has the same rows", "[ranking]") {
  const Ranking all = ranking(llama);
  const auto quick = rank_devices_as_asked(llama.plan());
  REQUIRE(quick.ok());
  REQUIRE(quick.value().rows.size() == all.rows.size());
  for (std::size_t i = 0; i < all.rows.size(); ++i) {
    CHECK(quick.value().rows[i].gpu == all.rows[i].gpu);
    CHECK(quick.value().rows[i].needed_bytes == all.rows[i].needed_bytes);
    CHECK_FALSE(quick.value().rows[i].devices_needed.has_value());
  }
}
