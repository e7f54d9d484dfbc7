#include "vocabulary.hpp"

#include <set>

#include "catch.hpp"
#include "report/symbols.hpp"

using namespace plimsoll;

namespace {

/// Every name finds its own enumerator, no name occurs twice, and `last` has the last of them.
template <class E>
void check_names(E last) {
  constexpr auto& names = EnumNames<E>::names;
  CAPTURE(EnumNames<E>::type);
  CHECK(names.size() == static_cast<std::size_t>(last) + 1);
  CHECK(std::set<std::string_view>(names.begin(), names.end()).size() == names.size());
  for (const std::string_view name : names) {
    CAPTURE(name);
    const auto found = enum_from<E>(name);
    REQUIRE(found.has_value());
    CHECK(name_of(*found) == name);
    CHECK(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_0123456789") == std::string_view::npos);
  }
}

}  // namespace

TEST_CASE("every enumerator has one name, and the name leads back to it", "[vocabulary]") {
  check_names(ErrorCode::invalid_file);
  check_names(Basis::assumed);
  check_names(Combine::peak);
  check_names(Outcome::does_not_fit);
  check_names(Limit::model);
  check_names(AttentionImplementation::eager);
  check_names(ComputeDtype::fp16);
  check_names(TrainingPrecision::autocast_bf16);
  check_names(TrainingObjective::distillation);
  check_names(TrainingKernels::compiled);
  check_names(TrainingMethod::qlora);
  check_names(KeptLogits::output_fp32);
  check_names(RecomputeMethod::every_n_layers);
  check_names(RecomputeModule::mla_up_proj);
  check_names(ActivationOffloading::layer_inputs);
  check_names(LossImplementation::vocab_parallel);
  check_names(TrainingAttention::flash_attention_2);
  check_names(RecomputeGranularity::full);
  check_names(Role::buffer);
  check_names(Apart::tied);
  check_names(CheckpointKind::gguf);
  check_names(DifferenceKind::other_type);
  check_names(FileSizeCause::devices);
}

TEST_CASE("a word that is no name finds nothing", "[vocabulary]") {
  CHECK_FALSE(enum_from<Basis>("guessed").has_value());
  CHECK_FALSE(enum_from<Basis>("").has_value());
  CHECK_FALSE(enum_from<Basis>("Exact").has_value());
}

TEST_CASE("a name is spelled as its enumerator", "[vocabulary]") {
  CHECK(name_of(ErrorCode::does_not_divide) == "does_not_divide");
  CHECK(name_of(Basis::measured) == "measured");
  CHECK(name_of(Role::expert_gate_up) == "expert_gate_up");
  CHECK(name_of(Outcome::tight) == "tight");
}

TEST_CASE("the elements of a compute type have the bytes its name says", "[vocabulary]") {
  CHECK(bytes_of(ComputeDtype::fp32) == 4);
  CHECK(bytes_of(ComputeDtype::bf16) == 2);
  CHECK(bytes_of(ComputeDtype::fp16) == 2);
}

TEST_CASE("every symbol of a formula has a name and stands for one thing", "[symbols]") {
  std::set<std::string_view> symbols, names;
  for (const SymbolText& text : symbol_texts) {
    CAPTURE(text.symbol);
    CHECK_FALSE(text.symbol.empty());
    CHECK_FALSE(text.name.empty());
    CHECK(symbols.insert(text.symbol).second);
    CHECK(names.insert(text.name).second);
  }
  CHECK(text_of(Symbol::n_kv).symbol == "n_kv");
  CHECK(text_of(Symbol::m).symbol == "m");
}
