#include "inference/masks.hpp"

#include "pass_cases.hpp"

using namespace plimsoll;
using namespace plimsoll::testing;

namespace {

ModelSpec alternating(u32 window) {
  const std::string text = R"({"model_type": "gemma3_text", "vocab_size": 100, "hidden_size": 64, "intermediate_size": 64, "num_hidden_layers": 4,
    "num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 32, "sliding_window_pattern": 2, "sliding_window": )" + std::to_string(window) + "}";
  return read_model(text).value();
}

u64 mask_bytes(const ModelSpec& model, const ForwardPass& pass) {
  Ledger ledger(false);
  const RankShare rank;
  PassContext context{ledger, pass, rank, {}};
  context.values[Symbol::B] = pass.max_num_seqs;
  context.values[Symbol::T] = pass.tokens;
  context.values[Symbol::b_a] = bytes_of(pass.dtype);
  const Masks masks = make_masks(context, model);
  return ledger.peak_bytes();
}

}  // namespace

TEST_CASE("sdpa makes a mask only where a window is shorter than the keys", "[masks]") {
  CHECK(mask_bytes(alternating(64), prompt_pass(3, 63)) == 0);
  CHECK(mask_bytes(alternating(64), prompt_pass(3, 64)) == 64 * 64);  // of bool, once for all sequences
  CHECK(mask_bytes(alternating(64), decode_pass(3, 100, true)) == 64);
}

TEST_CASE("eager makes every mask, in the compute dtype and for every sequence", "[masks]") {
  ForwardPass pass = prompt_pass(3, 50);
  pass.attention = AttentionImplementation::eager;
  CHECK(mask_bytes(alternating(64), pass) == 2 * (2 * 3 * 50 * 50));
  pass = decode_pass(3, 100, true);
  pass.attention = AttentionImplementation::eager;
  CHECK(mask_bytes(alternating(64), pass) == 2 * 3 * 101 + 2 * 3 * 64);
}

TEST_CASE("a mask nobody uses is still made where the class makes both", "[masks]") {
  const ModelSpec model = read_model(R"({"model_type": "qwen2_moe", "num_hidden_layers": 2, "use_sliding_window": false})").value();
  CHECK(mask_bytes(model, prompt_pass(2, 40)) == 40 * 40);
}
