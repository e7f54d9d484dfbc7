#include "storage/name_pattern.hpp"

#include "catch.hpp"

using namespace plimsoll;

TEST_CASE("a regular expression matches from the start, as Python's re.match", "[name_pattern]") {
  CHECK(regex_matches("model", "model.layers.0"));
  CHECK_FALSE(regex_matches("layers", "model.layers.0"));
  CHECK(regex_matches(".*layers", "model.layers.0"));
  CHECK(regex_matches(R"(.*\.self_attn\.q_proj$)", "model.layers.0.self_attn.q_proj"));
  CHECK_FALSE(regex_matches(R"(.*\.self_attn\.q_proj$)", "model.layers.0.self_attn.q_proj_a"));
  CHECK(regex_matches(R"(.*mlp\.(gate|up|gate_up|down)_proj.*)", "model.layers.3.mlp.gate_up_proj"));
  CHECK_FALSE(regex_matches(R"(.*mlp\.(gate|up|gate_up|down)_proj.*)", "model.layers.3.mlp.experts.5.gate_proj"));
  CHECK(regex_matches(R"(model\.layers\.(0|1|2[0-9])\..*)", "model.layers.27.mlp.up_proj"));
  CHECK_FALSE(regex_matches(R"(model\.layers\.(0|1|2[0-9])\..*)", "model.layers.37.mlp.up_proj"));
  CHECK(regex_matches(R"(^(?!.*experts).*$)", "model.layers.3.mlp.up_proj"));
  CHECK_FALSE(regex_matches(R"(^(?!.*experts).*$)", "model.layers.3.mlp.experts.0.up_proj"));
  CHECK(regex_matches(R"(layers\.\d{1,2}\.)", "layers.12.x"));
  CHECK_FALSE(regex_matches(R"(layers\.\d{1,2}\.)", "layers.123.x"));
  CHECK(regex_matches("a{2,}?b", "aaab"));
  CHECK(regex_matches("[^.]+[.]x", "abc.x"));
  CHECK(regex_matches("(?:ab)*c", "ababc"));
  CHECK(regex_matches("(a*)*c", "aaac"));
  CHECK(regex_matches("", "anything"));
  CHECK(regex_matches("a|", "b"));
  CHECK(regex_matches("a{x}", "a{x}"));
}

TEST_CASE("an entry of a skip list ends where a module's name ends", "[name_pattern]") {
  CHECK(regex_matches("model.layers.1", "model.layers.1.mlp", true));
  CHECK_FALSE(regex_matches("model.layers.1", "model.layers.11.mlp", true));
  CHECK(regex_matches("model.layers.*.self_attn", "model.layers.11.self_attn.q_proj", true));
  CHECK(regex_matches("lm_head", "lm_head", true));
  CHECK(regex_matches("model.layers.1.", "model.layers.1.mlp", true));
  CHECK_FALSE(regex_matches("visual", "model.visual.blocks.0", true));
  CHECK(regex_matches("model.layers.1|model.layers.2", "model.layers.2.mlp", true));
}

TEST_CASE("a glob holds a whole name", "[name_pattern]") {
  CHECK(glob_matches("model.layers.0*", "model.layers.0.self_attn.q_proj"));
  CHECK(glob_matches("model.layers.1.*", "model.layers.1.mlp"));
  CHECK_FALSE(glob_matches("model.layers.1.*", "model.layers.11.mlp"));
  CHECK(glob_matches("*router*", "model.layers.1.mlp.router"));
  CHECK(glob_matches("lm_head", "lm_head"));
  CHECK_FALSE(glob_matches("lm_head", "lm_head.x"));
  CHECK(glob_matches("layer.?[0-4]", "layer.13"));
  CHECK_FALSE(glob_matches("layer.[!0-4]", "layer.3"));
  CHECK(glob_matches("a+b", "a+b"));
  CHECK_FALSE(glob_matches("[", "x"));
}

TEST_CASE("broken and hostile patterns hold nothing, and cost little", "[name_pattern]") {
  for (const char* broken : {"(", ")", "[", "a(b", "\\", "*", "+a", "(*)", "a)b("}) {
    CAPTURE(broken);
    CHECK_FALSE(regex_matches(broken, "a"));
  }
  const std::string text(60, 'a');
  CHECK_FALSE(regex_matches("(a+)+b", text));
  CHECK_FALSE(regex_matches("(a|aa|aaa)*b", text));
  CHECK_FALSE(regex_matches(std::string(5000, '('), text));
  std::string stars;
  for (int i = 0; i < 200; ++i) stars += ".*";
  CHECK_FALSE(regex_matches(stars + "b", text));
  CHECK_FALSE(glob_matches(std::string(3000, '?'), text));
}
