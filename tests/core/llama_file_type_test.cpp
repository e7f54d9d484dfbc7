#include "storage/llama_file_type.hpp"

#include "session.hpp"

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

constexpr std::pair<std::string_view, TensorClass> classes[] = {
    {"token_embd", TensorClass::embedding}, {"output", TensorClass::output}, {"attn_q", TensorClass::attention_q}, {"attn_k", TensorClass::attention_k},
    {"attn_v", TensorClass::attention_v}, {"attn_qkv", TensorClass::attention_v}, {"attn_output", TensorClass::attention_output},
    {"ffn_up", TensorClass::ffn_up}, {"ffn_gate", TensorClass::ffn_gate}, {"ffn_down", TensorClass::ffn_down}};

TensorClass class_of(std::string_view name) {
  for (const auto& [known, kind] : classes)
    if (known == name) return kind;
  return TensorClass::other;
}

QuantizedModel model_of(JsonView one) {
  QuantizedModel model;
  model.blocks = static_cast<u32>(whole(one["blocks"]));
  model.attention_v_tensors = model.blocks;
  model.query_groups = static_cast<u32>(whole(one["query_groups"]));
  model.falcon = text(one["architecture"]) == "falcon";
  model.tied = one["tied"].boolean().value_or(false);
  model.imatrix = one["imatrix"].boolean().value_or(false);
  return model;
}

}  // namespace

TEST_CASE("llama-quantize's choices for architectures that no family here has", "[llama_file_type]") {
  const Cases cases("llama_file_types");
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const JsonView one = cases.at(i);
    const std::string file = text(one["file_type"]);
    CAPTURE(file, text(one["model"]), one["imatrix"].shown());
    const auto recipe = catalog().quantization(file, "");
    REQUIRE(recipe.ok());
    const GgmlType base = *enum_from<GgmlType>(recipe.value()->base);
    LlamaTypeChooser chooser(*enum_from<LlamaFileType>(recipe.value()->file_type), base, model_of(one));
    const JsonView tensors = one["tensors"];
    for (std::size_t t = 0; t < tensors.size(); ++t) {
      const std::string name(tensors.key_at(t));
      const JsonView types = tensors.at(t);
      CAPTURE(name);
      LlamaTypeChooser alone = chooser;
      for (std::size_t block = 0; block < types.size(); ++block) {
        CAPTURE(block);
        const bool fits = one["width_fits"].boolean().value_or(true);
        CHECK(name_of(alone.next({class_of(name), static_cast<u32>(block), false}, fits)) == text(types.at(block)));
      }
    }
  }
}

TEST_CASE("a block that does not divide a row gives way to one of 32 elements, and that to 16 bit", "[llama_file_type]") {
  CHECK(type_for_odd_rows(GgmlType::q4_k, 256) == GgmlType::q5_0);
  CHECK(type_for_odd_rows(GgmlType::q6_k, 256) == GgmlType::q8_0);
  CHECK(type_for_odd_rows(GgmlType::iq4_xs, 256) == GgmlType::iq4_nl);
  CHECK(type_for_odd_rows(GgmlType::q2_0, 64) == GgmlType::q4_0);
  CHECK(type_for_odd_rows(GgmlType::q8_0, 32) == GgmlType::f16);
  CHECK(type_for_odd_rows(GgmlType::mxfp4, 32) == GgmlType::f16);
  CHECK_FALSE(type_for_odd_rows(GgmlType::q1_0, 128).has_value());
}

TEST_CASE("the narrowest types need an importance matrix, but not for the embedding or the output", "[llama_file_type]") {
  CHECK(needs_imatrix(GgmlType::iq2_xs, TensorClass::ffn_up, LlamaFileType::IQ2_XS));
  CHECK_FALSE(needs_imatrix(GgmlType::iq3_s, TensorClass::ffn_up, LlamaFileType::IQ3_M));
  CHECK_FALSE(needs_imatrix(GgmlType::iq2_xs, TensorClass::embedding, LlamaFileType::IQ2_XS));
  CHECK_FALSE(needs_imatrix(GgmlType::iq2_xs, TensorClass::output, LlamaFileType::IQ2_XS));
  CHECK(needs_imatrix(GgmlType::q2_k, TensorClass::ffn_up, LlamaFileType::Q2_K_S));
  CHECK_FALSE(needs_imatrix(GgmlType::q2_k, TensorClass::ffn_up, LlamaFileType::Q2_K));
}
