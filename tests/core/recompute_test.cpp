#include "training/recompute.hpp"

#include <vector>

#include "catch.hpp"

using namespace plimsoll;

namespace {

TrainingPass pass_with(RecomputeMethod method, u64 layers) {
  TrainingPass pass;
  pass.recompute = RecomputeGranularity::full;
  pass.recompute_method = method;
  pass.recompute_num_layers = layers;
  return pass;
}

std::vector<u64> recomputed(const RecomputeUnits& units, u64 layers) {
  std::vector<u64> out;
  for (u64 layer = 0; layer < layers; ++layer)
    if (units.recomputed(layer)) out.push_back(layer);
  return out;
}

}  // namespace

TEST_CASE("uniform recomputation cuts all layers into units, the last one shorter", "[training]") {
  const RecomputeUnits units(pass_with(RecomputeMethod::uniform, 4), 10);
  CHECK(recomputed(units, 10).size() == 10);
  CHECK(units.first_of(3) == 0);
  CHECK(units.first_of(4) == 4);
  CHECK(units.end_of(4) == 8);
  CHECK(units.end_of(9) == 10);
}

TEST_CASE("block recomputes the first layers, every each n-th", "[training]") {
  CHECK(recomputed(RecomputeUnits(pass_with(RecomputeMethod::block, 3), 6), 6) == std::vector<u64>{0, 1, 2});
  CHECK(recomputed(RecomputeUnits(pass_with(RecomputeMethod::every, 2), 6), 6) == std::vector<u64>{1, 3, 5});
}

TEST_CASE("nothing is recomputed unless it is asked for", "[training]") {
  CHECK_FALSE(RecomputeUnits(TrainingPass{}, 6).any());
  CHECK(recomputed(RecomputeUnits(TrainingPass{}, 6), 6).empty());
}
