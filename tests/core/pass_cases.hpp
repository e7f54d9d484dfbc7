#pragma once
/// Reading the recorded passes of tests/cases, for the tests that compare with them.

#include <fstream>
#include <iterator>
#include <string>

#include "catch.hpp"
#include "inference/pass.hpp"
#include "json.hpp"
#include "model/read_model.hpp"

namespace plimsoll::testing {

inline JsonDocument case_file(const std::string& name) {
  std::ifstream file(std::string(PLIMSOLL_SOURCE_DIR) + "/tests/cases/" + name);
  REQUIRE(file.good());
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  Result<JsonDocument> document = JsonDocument::parse(text, name);
  REQUIRE(document.ok());
  return std::move(document.value());
}

inline ModelSpec model_of(JsonView config) {
  Result<ModelSpec> model = read_model(config, "config");
  INFO((model.ok() ? "" : model.error().where + ": " + model.error().message));
  REQUIRE(model.ok());
  return std::move(model.value());
}

/// A pass without a tree: its numbers alone.
inline PassPeak peak_of(const ModelSpec& model, const ForwardPass& pass, u32 ranks = 1) {
  TermTree tree(false);
  tree.open("test", Combine::sum);
  const PassPeak peak = add_pass(tree, model, RankShare{.tensor_parallel_size = ranks}, pass);
  CHECK(tree.close() == peak.bytes);
  return peak;
}

inline ForwardPass prompt_pass(u64 sequences, u64 tokens) {
  return {.id = "moment.prefill", .max_num_seqs = sequences, .tokens = tokens};
}

/// The pass of one more token after `past` of them.
inline ForwardPass decode_pass(u64 sequences, u64 past, bool after_prompt) {
  return {.id = "moment.decode", .max_num_seqs = sequences, .tokens = 1, .past_tokens = past, .after_prompt = after_prompt};
}

}  // namespace plimsoll::testing
