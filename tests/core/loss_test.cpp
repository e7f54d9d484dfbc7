#include "training/loss.hpp"

#include "training_cases.hpp"

using namespace plimsoll;
using namespace plimsoll::testing;

namespace {

struct LossCase {
  ModelSpec model;
  TrainingPass pass;
  Values values;

  LossCase(LossImplementation loss, TrainingPrecision precision, bool trained, u64 sequences, u64 tokens, u32 hidden, u32 vocabulary) {
    model.hidden_size = hidden;
    model.vocab_size = vocabulary;
    pass.micro_batch_size = sequences;
    pass.sequence_length = tokens;
    pass.precision = precision;
    pass.loss = loss;
    if (!trained) pass.lora = LoraSetting{};
    values[Symbol::B] = sequences;
    values[Symbol::T] = tokens;
    values[Symbol::h] = hidden;
    values[Symbol::V] = vocabulary;
  }
  [[nodiscard]] u64 bytes(During when, bool explain = false) const {
    const LossTrace loss(model, pass, values);
    TermTree tree(explain);
    tree.open("test", Combine::sum);
    for (const LossNode node : {LossNode::activations, LossNode::loss, LossNode::head_gradient}) loss.add(tree, when, node);
    CHECK_FALSE(loss.overflowed());
    return tree.close();
  }
};

}  // namespace

TEST_CASE("what losses hold is what the functions themselves held", "[training][loss]") {
  const JsonDocument document = case_file("losses.json");
  const JsonView rows = document.root()["rows"];
  REQUIRE(rows.size() > 100);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const JsonView row = rows.at(i);
    const auto number = [&](std::size_t column) { return *row.at(column).whole(); };
    INFO(i << ": " << *row.at(0).string() << " " << *row.at(1).string());
    const LossCase one(*enum_from<LossImplementation>(*row.at(0).string()), *enum_from<TrainingPrecision>(*row.at(1).string()), *row.at(2).boolean(),
                       number(3), number(4), static_cast<u32>(number(5)), static_cast<u32>(number(6)));
    CHECK(one.bytes(During::forward) == number(7));
    CHECK(one.bytes(During::kept) == number(8));
    CHECK(one.bytes(During::backward) == number(9));
    CHECK(one.bytes(During::backward, true) == number(9));
  }
}
