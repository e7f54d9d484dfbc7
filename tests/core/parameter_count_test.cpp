#include "model/parameter_count.hpp"

#include "model/tensor_inventory.hpp"
#include "session.hpp"

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

u64 off_permille(u64 asked, u64 got) { return (asked > got ? asked - got : got - asked) * 1000 / asked; }

}  // namespace

TEST_CASE("a parameter count is read however people write it", "[parameter_count]") {
  const Cases cases("parameter_count_texts");
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const JsonView one = cases.at(i);
    INFO(text(one["text"]));
    const auto read = read_parameter_count(*one["text"].string());
    CHECK(read.ok() == one["parameter_count"].present());
    if (read.ok()) {
      CHECK(read.value() == whole(one["parameter_count"]));
    } else {
      CHECK(read.error().code == ErrorCode::out_of_range);
      CHECK(read.error().where == "request.model.parameter_count");
      CHECK_FALSE(read.error().hint_zh.empty());
    }
  }
}

TEST_CASE("an endless or foreign text is no parameter count", "[parameter_count]") {
  CHECK_FALSE(read_parameter_count(std::string(100'000, '9')).ok());
  CHECK_FALSE(read_parameter_count(std::string(100'000, ' ')).ok());
  CHECK_FALSE(read_parameter_count("1e" + std::string(100'000, '9')).ok());
  const auto long_text = read_parameter_count("七十亿参数的大型语言模型七十亿参数的大型语言模型");
  REQUIRE_FALSE(long_text.ok());
  CHECK(JsonDocument::parse('"' + long_text.error().message.substr(1, 39) + '"', "x").ok());
}

TEST_CASE("the typical model has the asked number of parameters within half a percent", "[parameter_count]") {
  for (u64 count = 100'000'000; count <= 1'000'000'000'000; count += count / 37) {
    CAPTURE(count);
    const TensorInventory list = inventory_of(spec_of(typical_config(count)));
    CHECK(off_permille(count, list.parameter_count) < 5);
  }
}

TEST_CASE("the round counts people ask for are met closely", "[parameter_count]") {
  for (const u64 count : {500'000'000ULL, 1'000'000'000ULL, 1'500'000'000ULL, 3'000'000'000ULL, 7'000'000'000ULL, 8'000'000'000ULL, 13'000'000'000ULL,
                          32'000'000'000ULL, 70'000'000'000ULL, 180'000'000'000ULL, 405'000'000'000ULL, 1'000'000'000'000ULL}) {
    CAPTURE(count);
    CHECK(off_permille(count, inventory_of(spec_of(typical_config(count))).parameter_count) < 3);
  }
}

TEST_CASE("the typical model of 7B looks like the models of that size", "[parameter_count]") {
  const ModelSpec spec = spec_of(typical_config(7'000'000'000));
  CHECK(spec.num_hidden_layers() >= 28);
  CHECK(spec.num_hidden_layers() <= 36);
  CHECK(spec.hidden_size >= 3584);
  CHECK(spec.hidden_size <= 4608);
  CHECK_FALSE(spec.tie_word_embeddings);
  CHECK(spec.dtype == "bf16");
  CHECK(spec.defaulted_keys.empty());
}

TEST_CASE("every typical model can be read, from the smallest to the largest count", "[parameter_count]") {
  for (u64 count = 100'000; count <= 100'000'000'000'000; count *= 3) {
    CAPTURE(count);
    CHECK(read_model(typical_config(count)).ok());
  }
}

TEST_CASE("a bare count says what it assumed", "[parameter_count]") {
  const auto model = model_of(ask_count("7B").request.model);
  CHECK(model->name == "7B");
  REQUIRE(model->notices.size() == 1);
  CHECK(model->notices[0].code == "typical_architecture");
  CHECK(model->notices[0].message.find("num_hidden_layers 3") != std::string::npos);
  CHECK(model->notices[0].message.find("vocab_size 32000") != std::string::npos);
}
