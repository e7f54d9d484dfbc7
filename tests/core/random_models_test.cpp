/// Models that nobody made: whatever numbers a config holds, the answer is an error or a report that adds up.

#include "model/family.hpp"
#include "report_checks.hpp"

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

/// The same numbers on every machine and in every run.
class Dice {
 public:
  u64 roll(u64 sides) {
    state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
    return (state_ >> 33) % sides;
  }
  template <class T, std::size_t N>
  const T& one_of(const T (&choices)[N]) { return choices[roll(N)]; }

 private:
  u64 state_ = 2024;
};

constexpr const char* counted[] = {"hidden_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads", "head_dim", "intermediate_size", "vocab_size",
                                   "max_position_embeddings", "sliding_window", "num_experts", "num_local_experts", "n_routed_experts", "num_experts_per_tok",
                                   "moe_intermediate_size", "shared_expert_intermediate_size", "n_shared_experts", "q_lora_rank", "kv_lora_rank",
                                   "qk_nope_head_dim", "qk_rope_head_dim", "v_head_dim", "first_k_dense_replace", "max_window_layers", "n_group", "topk_group",
                                   "n_embd", "n_layer", "n_head", "n_inner", "n_positions", "decoder_sparse_step", "sliding_window_pattern",
                                   "num_nextn_predict_layers", "no_rope_layer_interval"};
constexpr const char* usual[] = {"1", "2", "3", "4", "5", "6", "7", "8", "12", "16", "24", "64", "80", "96", "128", "333", "1000", "4096"};
constexpr const char* odd[] = {"0", "null", "10000", "65536", "268435456", "1048576"};
constexpr const char* flags[] = {"tie_word_embeddings", "attention_bias", "mlp_bias", "use_sliding_window", "use_parallel_residual", "norm_topk_prob", "qkv_bias"};
constexpr const char* formats[] = {"fp32", "bf16", "fp16", "fp8", "int8", "int4"};

std::string random_config(Dice& dice, bool with_odd) {
  std::string config = "{\"model_type\": \"" + std::string(families()[dice.roll(families().size())]->model_types[0]) + "\", \"num_experts_per_tok\": 2";
  for (const char* key : counted)
    if (dice.roll(3) == 0) config += std::string(", \"") + key + "\": " + (with_odd && dice.roll(6) == 0 ? dice.one_of(odd) : dice.one_of(usual));
  for (const char* key : flags)
    if (dice.roll(3) == 0) config += std::string(", \"") + key + "\": " + (dice.roll(2) == 0 ? "true" : "false");
  return config + "}";
}

Ask random_request(Dice& dice, bool with_odd) {
  Ask asked = ask_config(random_config(dice, with_odd));
  asked.context(1 + dice.roll(3000)).sequences(1 + dice.roll(5)).weights(dice.one_of(formats)).cache(dice.one_of(formats));
  if (dice.roll(2) == 0) asked.prompt(1 + dice.roll(asked.plain_context()));
  if (dice.roll(2) == 0) asked.attention(AttentionImplementation::eager);
  if (dice.roll(3) == 0) asked.ranks(1 + dice.roll(8));
  return asked;
}

}  // namespace

TEST_CASE("three thousand random models are an error with a place, or a report that adds up", "[random_models]") {
  Dice dice;
  int reports = 0;
  for (int i = 0; i < 3000; ++i) {
    const Ask asked = random_request(dice, i % 2 == 1);
    INFO(asked.json_text());
    const auto model = load_model(asked.request.model, catalog());
    const auto plan = model.ok() ? make_plan(asked.request, model.value(), catalog()) : Result<Plan>(model.error());
    const auto report = plan.ok() ? make_report(plan.value()) : Result<Report>(plan.error());
    if (!report.ok()) {
      CHECK_FALSE(report.error().where.empty());
      CHECK_FALSE(report.error().hint.empty());
      continue;
    }
    check_totals(report.value());
    ++reports;
  }
  CHECK(reports > 500);
}

TEST_CASE("random models on random devices have a capacity that fits and advice that helps", "[random_models]") {
  Dice dice;
  int reports = 0;
  for (int i = 0; i < 1000; ++i) {
    Ask asked = random_request(dice, false);
    asked.request.parallel.tensor_parallel_size.reset();
    const std::string gpu(catalog().gpus()[dice.roll(catalog().gpus().size())].id);
    asked.sequences(1 + dice.roll(5000)).on(gpu);
    INFO(asked.json_text());
    const auto model = load_model(asked.request.model, catalog());
    if (!model.ok()) continue;
    const auto plan = make_plan(asked.request, model.value(), catalog());
    if (!plan.ok()) continue;
    const auto report = make_report(plan.value());
    REQUIRE(report.ok());
    ++reports;
    const u64 usable = report.value().verdict->usable_bytes;
    const auto need_of = [&](u64 context, u64 sequences) {
      Ask other = asked;
      return other.context(context).sequences(sequences).needed();
    };
    const u64 context = plan.value().inference().max_model_len;
    const u64 sequences = plan.value().inference().max_num_seqs;
    const Answer& most = report.value().capacity->most_sequences;
    if (most.value > 0) CHECK(need_of(context, most.value) <= usable);
    if (most.limit == Limit::memory) CHECK(need_of(context, most.value + 1) > usable);
    const Answer& longest = report.value().capacity->longest_context;
    if (longest.value > 0) CHECK(need_of(longest.value, sequences) <= usable);
    if (longest.limit == Limit::memory && longest.value >= plan.value().inference().prompt_tokens.value_or(1)) CHECK(need_of(longest.value + 1, sequences) > usable);
    for (const Change& change : report.value().advice) CHECK(change.outcome != Outcome::does_not_fit);
  }
  CHECK(reports > 200);
}
