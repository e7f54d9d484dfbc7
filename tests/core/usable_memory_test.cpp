#include "hardware/usable_memory.hpp"

#include "session.hpp"

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

constexpr u64 mib = 1ULL << 20;

DeviceMemory memory(std::string_view gpu) {
  const auto found = catalog().gpu(gpu, "");
  INFO(gpu);
  REQUIRE(found.ok());
  const auto read = memory_of(*found.value(), catalog());
  REQUIRE(read.ok());
  return read.value();
}

/// A catalogue with one class of each kind, so that the arithmetic can be seen.
const Catalog& small_catalog() {
  static const auto loaded = Catalog::load(R"({"date": "", "gpus": [], "formats": {}, "quantizations": {}, "engines": {}, "models": [], "memory_classes": {
      "card": {"driver_loss": {"ppm_of_nominal": 1000, "mib": 5, "basis": "measured", "source": "loss"},
               "process_reserve": {"mib": 300, "basis": "documented", "source": "reserve"}},
      "guessed": {"driver_loss": {"ppm_of_nominal": 0, "basis": "assumed", "source": "none"}, "process_reserve": {"mib": 0, "basis": "measured", "source": "none"}},
      "unified": {"shares": [{"up_to_nominal_mib": 1000, "num": 2, "den": 3, "basis": "measured", "source": "small"},
                             {"num": 3, "den": 4, "basis": "documented", "source": "large"}]}}})");
  REQUIRE(loaded.ok());
  return loaded.value();
}

Fact fact(u64 value, Basis basis = Basis::measured) { return {value, basis, "reading"}; }

Gpu card(std::string_view memory_class) {
  Gpu gpu{};
  gpu.id = "maker/card";
  gpu.memory_class = memory_class;
  return gpu;
}

DeviceMemory of(const Gpu& gpu) {
  const auto read = memory_of(gpu, small_catalog());
  REQUIRE(read.ok());
  return read.value();
}

}  // namespace

TEST_CASE("devices offer what was read on them", "[usable_memory]") {
  const Cases cases("usable_memory");
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const JsonView one = cases.at(i);
    INFO(text(one["name"]));
    const DeviceMemory read = memory(text(one["gpu"]));
    CHECK(read.usable_bytes == whole(one["usable_mib"]) * mib);
    CHECK(read.nominal_bytes == whole(one["nominal_mib"]) * mib);
    CHECK(name_of(read.basis) == text(one["basis"]));
  }
}

TEST_CASE("a measured process total is taken as it is", "[usable_memory]") {
  Gpu gpu = card("card");
  gpu.nominal_mib = fact(10'000, Basis::documented);
  gpu.driver_total_mib = fact(9'900);
  gpu.process_total_mib = fact(9'500, Basis::measured);
  CHECK(of(gpu).usable_bytes == 9'500 * mib);
  CHECK(of(gpu).nominal_bytes == 10'000 * mib);
  CHECK(of(gpu).source == "reading");
}

TEST_CASE("of a driver's total a process loses the reserve of its class", "[usable_memory]") {
  Gpu gpu = card("card");
  gpu.nominal_mib = fact(10'000, Basis::documented);
  gpu.driver_total_mib = fact(9'900);
  CHECK(of(gpu).usable_bytes == 9'600 * mib);
  CHECK(of(gpu).basis == Basis::measured);
  gpu.driver_total_mib = fact(100);
  CHECK(of(gpu).usable_bytes == 0);
}

TEST_CASE("of a nominal size the class's usual loss goes first, rounded up", "[usable_memory]") {
  Gpu gpu = card("card");
  gpu.nominal_mib = fact(10'001, Basis::documented);
  CHECK(of(gpu).usable_bytes == (10'001 - 5 - 11 - 300) * mib);
  CHECK(of(gpu).basis == Basis::measured);
  CHECK(of(gpu).source == "loss");
}

TEST_CASE("a number is as sure as its least sure part", "[usable_memory]") {
  Gpu gpu = card("guessed");
  gpu.nominal_mib = fact(1'000, Basis::documented);
  CHECK(of(gpu).basis == Basis::assumed);
  gpu.driver_total_mib = fact(1'000, Basis::documented);
  CHECK(of(gpu).basis == Basis::measured);
  gpu.driver_total_mib = fact(1'000, Basis::assumed);
  CHECK(of(gpu).basis == Basis::assumed);
}

TEST_CASE("unified memory lends a share that depends on its size, rounded down to whole MiB", "[usable_memory]") {
  Gpu gpu = card("unified");
  gpu.nominal_mib = fact(1'000, Basis::documented);
  CHECK(of(gpu).usable_bytes == 666 * mib);
  CHECK(of(gpu).source == "small");
  gpu.nominal_mib = fact(1'001, Basis::documented);
  CHECK(of(gpu).usable_bytes == 750 * mib);
  CHECK(of(gpu).basis == Basis::documented);
}

TEST_CASE("a device of which nothing is known is an error that names it", "[usable_memory]") {
  for (const Gpu& gpu : {card("card"), card("unified"), card("unheard-of")}) {
    const auto read = memory_of(gpu, small_catalog());
    REQUIRE_FALSE(read.ok());
    CHECK(read.error().code == ErrorCode::unsupported_combination);
    CHECK(read.error().where == "request.device.gpu");
    CHECK(read.error().message == "The memory of \"maker/card\" is not known.");
  }
}

TEST_CASE("no device of the catalogue offers more than it has, or less than half of it", "[usable_memory]") {
  for (const Gpu& gpu : catalog().gpus()) {
    CAPTURE(gpu.id);
    const DeviceMemory read = memory(gpu.id);
    CHECK(read.usable_bytes <= read.nominal_bytes);
    CHECK(read.usable_bytes * 2 >= read.nominal_bytes);
    CHECK_FALSE(read.source.empty());
  }
}
