#include <map>
#include <set>

#include "session.hpp"

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

Term weights_tree(const Ask& asked) {
  const Plan plan = asked.plan();
  return estimate_rank(plan, plan.ranks[0], true).tree.children.at(0);
}

u64 weights_of(const Ask& asked) {
  const Plan plan = asked.plan();
  return estimate_rank(plan, plan.ranks[0], false).weights_bytes;
}

/// Every leaf by the name of its tensor.
void add_leaves(const Term& term, std::map<std::string, u64>& leaves) {
  if (term.children.empty()) leaves[term.label] += term.bytes;
  for (const Term& child : term.children) add_leaves(child, leaves);
}

/// The modules that have a tensor beside the weight, biases apart.
std::set<std::string> quantised_modules(const Term& tree) {
  std::set<std::string> modules;
  for (const Term& group : tree.children)
    for (const Term& tensor : group.children)
      if (!tensor.children.empty()) modules.insert(tensor.label.substr(0, tensor.label.size() - std::string(".weight").size()));
  return modules;
}

/// A model whose MLP has one linear operator of `in` to `out` among others.
Ask around_linear(u64 in, u64 out, bool bias) {
  return ask_config(R"({"model_type": "llama", "dtype": "bfloat16", "num_hidden_layers": 1, "num_attention_heads": 1, "head_dim": 16, "vocab_size": 32,
      "max_position_embeddings": 64, "hidden_size": )" + digits(in) + ", \"intermediate_size\": " + digits(out) +
                    ", \"mlp_bias\": " + (bias ? "true}" : "false}"));
}

std::string text_of(JsonView value);

std::string object_text(JsonView object) {
  std::string out = "{";
  for (std::size_t i = 0; i < object.size(); ++i)
    out += (i > 0 ? ", \"" : "\"") + std::string(object.key_at(i)) + "\": " + text_of(object.at(i));
  return out + "}";
}

std::string text_of(JsonView value) {
  if (const auto string = value.string()) return '"' + std::string(*string) + '"';
  if (const auto truth = value.boolean()) return *truth ? "true" : "false";
  if (const auto number = value.whole()) return digits(*number);
  return "null";
}

}  // namespace

TEST_CASE("one linear operator has bitsandbytes' tensors, each to the byte", "[quantised_weights]") {
  const Cases cases("quantised_weights");
  int seen = 0;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const JsonView one = cases.at(i);
    if (!one["in"].present()) continue;
    ++seen;
    INFO(text(one["name"]));
    std::map<std::string, u64> leaves;
    add_leaves(weights_tree(around_linear(whole(one["in"]), whole(one["out"]), *one["bias"].boolean()).weights(text(one["weight_format"]))), leaves);
    u64 sum = 0;
    std::size_t tensors = 0;
    for (const auto& [label, bytes] : leaves) {
      if (label.find("mlp.gate_proj.") == std::string::npos) continue;
      sum += bytes;
      ++tensors;
    }
    CHECK(sum == whole(one["bytes"]));
    CHECK(tensors == one["tensors"].size());
    for (std::size_t t = 0; t < one["tensors"].size(); ++t) {
      const std::string name = "model.layers.*.mlp.gate_proj." + std::string(one["tensors"].key_at(t));
      CAPTURE(name);
      CHECK(leaves[name] == whole(one["tensors"].at(t)));
    }
  }
  CHECK(seen == 25);
}

TEST_CASE("whole models in bitsandbytes' formats have the bytes of its own modules", "[quantised_weights]") {
  const Cases cases("quantised_weights");
  int seen = 0;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const JsonView one = cases.at(i);
    if (!one["preset"].present()) continue;
    ++seen;
    INFO(text(one["name"]));
    CHECK(weights_of(ask(text(one["preset"])).weights(text(one["weight_format"]))) == whole(one["bytes"]));
  }
  CHECK(seen == 13);
}

TEST_CASE("in every family the modules that Transformers' quantiser replaces are quantised, and no other", "[quantised_weights]") {
  const Cases cases("quantised_weights");
  std::set<std::string> families;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const JsonView one = cases.at(i);
    if (!one["config"].present()) continue;
    INFO(text(one["name"]));
    families.insert(text(one["config"]["model_type"]));
    std::set<std::string> expected;
    for (std::size_t m = 0; m < one["quantised"].size(); ++m) expected.insert(text(one["quantised"].at(m)));
    for (std::size_t f = 0; f < one["bytes"].size(); ++f) {
      const Ask asked = ask_config(object_text(one["config"])).weights(std::string(one["bytes"].key_at(f)));
      CAPTURE(one["bytes"].key_at(f));
      CHECK(weights_of(asked) == whole(one["bytes"].at(f)));
      CHECK(quantised_modules(weights_tree(asked)) == expected);
    }
  }
  CHECK(families.size() == 18);
}

TEST_CASE("every part of a quantised tensor says how it is counted", "[quantised_weights]") {
  const Term tree = weights_tree(ask("meta-llama/Llama-3.1-8B-Instruct").weights("nf4_double_quant"));
  std::map<std::string, std::string> formulas;
  for (const Term& group : tree.children)
    for (const Term& tensor : group.children)
      for (const Term& part : tensor.children) {
        CHECK(part.id == group.id);
        CHECK(tensor.id == group.id);
        CHECK(tensor.combine == Combine::sum);
        REQUIRE(part.formula.has_value());
        CHECK(part.formula->source == "bitsandbytes-nn");
        formulas[part.label.substr(part.label.find("_proj.") + 6)] = part.formula->text;
      }
  CHECK(formulas["weight"] == "L * ceil_div(ceil_div(rows * cols, g_w) * bits_w, 8)");
  CHECK(formulas["weight.absmax"] == formulas["weight"]);
  CHECK(formulas["weight.nested_offset"] == "L * ceil_div(n_t * bits_w, 8)");
  CHECK(formulas.size() == 6);
  const Term int8 = weights_tree(ask("meta-llama/Llama-3.1-8B-Instruct").weights("bnb_int8"));
  std::set<std::string_view> ways;
  for (const Term& group : int8.children)
    for (const Term& tensor : group.children)
      for (const Term& part : tensor.children) ways.insert(part.formula->text);
  CHECK(ways == std::set<std::string_view>{"L * rows * cols * b_w", "L * ceil_div(rows * bits_w, 8)"});
}

TEST_CASE("what is not quantised has the model's type", "[quantised_weights]") {
  const std::string llama = R"({"model_type": "llama", "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2, "num_attention_heads": 4,
      "vocab_size": 160, "max_position_embeddings": 128)";
  const u64 outside = 2 * 160 * 64 + 5 * 64;  // embedding, head, norms
  const u64 half = weights_of(ask_config(llama + R"(, "dtype": "float16"})").weights("nf4"));
  CHECK(weights_of(ask_config(llama + R"(, "dtype": "bfloat16"})").weights("nf4")) == half);
  CHECK(weights_of(ask_config(llama + R"(, "dtype": "float32"})").weights("nf4")) == half + 2 * outside);
  const Plan plan = ask_config(llama + R"(, "dtype": "float16"})").weights("nf4").plan();
  CHECK(plan.weight_formats.of_others(Role::norm).id == "fp16");
  CHECK(plan.weight_formats.of_linear(Role::lm_head).id == "fp16");
  CHECK(plan.weight_formats.of_linear(Role::mlp_up).id == "nf4");
  CHECK(plan.weight_formats.of_others(Role::mlp_up).id == "fp16");
}

TEST_CASE("ranks share a quantised matrix, and each has tables of its own", "[quantised_weights]") {
  const auto of_rank = [](u64 ranks) {
    std::map<std::string, u64> leaves;
    add_leaves(weights_tree(ask("meta-llama/Llama-3.1-8B-Instruct").weights("nf4").ranks(ranks)), leaves);
    return leaves;
  };
  auto whole_one = of_rank(1), half = of_rank(2);
  for (const std::string name : {"self_attn.q_proj.weight", "mlp.down_proj.weight"}) {
    const std::string path = "model.layers.*." + name;
    CHECK(whole_one[path] == 2 * half[path]);
    CHECK(whole_one[path + ".absmax"] == 2 * half[path + ".absmax"]);
    CHECK(whole_one[path + ".quant_map"] == half[path + ".quant_map"]);
  }
}

TEST_CASE("fused experts that stay in 16 bit are said, with their bytes", "[quantised_weights]") {
  const auto said = [](const Ask& asked) {
    std::map<std::string, Notice> out;
    for (const Notice& notice : asked.plan().notices) out[notice.code] = notice;
    return out;
  };
  auto moe = said(ask("Qwen/Qwen3-30B-A3B").weights("nf4_double_quant"));
  REQUIRE(moe.count("experts_not_quantised") == 1);
  const u64 experts = 2ULL * 48 * 128 * 3 * 2048 * 768;
  CHECK(moe["experts_not_quantised"].message.find(digits(experts)) != std::string::npos);
  CHECK(moe["experts_not_quantised"].message_zh.find(digits(experts)) != std::string::npos);
  CHECK(moe.count("uniform_format") == 0);
  CHECK(said(ask("Qwen/Qwen3-8B").weights("nf4")).empty());
  CHECK(said(ask("Qwen/Qwen3-30B-A3B").weights("int4")).count("experts_not_quantised") == 0);
  CHECK(said(ask("Qwen/Qwen3-30B-A3B")).empty());
  CHECK(said(ask_config(R"({"model_type": "llama"})").weights("nf4")).count("dtype_assumed") == 1);
}

TEST_CASE("int8 products that Transformers' latent attention cannot ask for are said", "[quantised_weights]") {
  const auto says = [](const Ask& asked) {
    for (const Notice& notice : asked.plan().notices)
      if (notice.code == "int8_product_refuses") return true;
    return false;
  };
  CHECK(says(ask("deepseek-ai/DeepSeek-V2-Lite").weights("bnb_int8")));
  CHECK_FALSE(says(ask("deepseek-ai/DeepSeek-V2-Lite").weights("nf4")));
  CHECK_FALSE(says(ask("Qwen/Qwen3-8B").weights("bnb_int8")));
}

TEST_CASE("a format that is counted over whole tensors is none for a cache", "[quantised_weights]") {
  for (const char* format : {"nf4", "nf4_double_quant", "bnb_int8"}) {
    const auto made = ask("Qwen/Qwen3-8B").cache(format).try_plan();
    REQUIRE_FALSE(made.ok());
    CHECK(made.error().code == ErrorCode::unsupported_combination);
    CHECK(made.error().where == "request.workload.kv_cache_dtype");
    CHECK(made.error().hint.find("fp8") != std::string::npos);
    CHECK(made.error().hint.find("nf4") == std::string::npos);
  }
}
