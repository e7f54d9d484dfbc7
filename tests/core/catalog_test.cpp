#include "catalog/catalog.hpp"

#include <set>

#include "session.hpp"

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

std::string with(std::string_view gpus) {
  return "{\"date\": \"2026-01-01\", \"memory_classes\": {}, \"formats\": {}, \"quantizations\": {}, \"engines\": {}, \"models\": [], \"gpus\": " + std::string(gpus) + "}";
}

}  // namespace

TEST_CASE("the built catalogue has what people run today", "[catalog]") {
  CHECK(catalog().gpus().size() >= 60);
  CHECK(catalog().presets().size() >= 30);
  CHECK(catalog().date().size() == 10);
  std::set<std::string_view> ids;
  for (const Gpu& gpu : catalog().gpus()) CHECK(ids.insert(gpu.id).second);
  for (const Preset& preset : catalog().presets()) CHECK(ids.insert(preset.id).second);
}

TEST_CASE("every entry finds itself by its id", "[catalog]") {
  for (const Gpu& gpu : catalog().gpus()) {
    const auto found = catalog().gpu(gpu.id, "");
    REQUIRE(found.ok());
    CHECK(found.value()->id == gpu.id);
    CHECK_FALSE(gpu.name.empty());
    CHECK_FALSE(gpu.vendor.empty());
    CHECK(catalog().memory_class(gpu.memory_class) != nullptr);
  }
  for (const Preset& preset : catalog().presets()) {
    const auto found = catalog().preset(preset.id, "");
    REQUIRE(found.ok());
    CHECK(found.value()->id == preset.id);
  }
}

TEST_CASE("a number comes with its basis and source, and one that nobody knows is absent", "[catalog]") {
  const auto gpu = catalog().gpu("nvidia/l4", "");
  REQUIRE(gpu.ok());
  REQUIRE(gpu.value()->driver_total_mib.has_value());
  CHECK(gpu.value()->driver_total_mib->value == 23034);
  CHECK(gpu.value()->driver_total_mib->basis == Basis::measured);
  CHECK(gpu.value()->driver_total_mib->source == "modal-nvml-totals");
  CHECK_FALSE(gpu.value()->process_total_mib.has_value());
  CHECK(gpu.value()->bandwidth_bytes_per_second == 300'000'000'000ULL);
  CHECK(gpu.value()->devices == 1);
}

TEST_CASE("a misspelt id is an error that offers the nearest", "[catalog]") {
  const auto missing = catalog().gpu("nvidia/h100", "request.device.gpu");
  REQUIRE_FALSE(missing.ok());
  CHECK(missing.error().code == ErrorCode::unknown_id);
  CHECK(missing.error().where == "request.device.gpu");
  CHECK(missing.error().hint.find("nvidia/h100") != std::string::npos);
  CHECK_FALSE(catalog().format("", "").ok());
  CHECK_FALSE(catalog().engine(std::string(100'000, 'x'), "").ok());
  CHECK(catalog().engine(std::string(100'000, 'x'), "").error().message.size() < 200);
}

TEST_CASE("an overhead is the vendor's own, else anybody's, else unknown", "[catalog]") {
  const Overhead overhead{"o", false, {{{"nvidia"}, 1, 1, 1, Basis::measured, "a"}, {{"amd", "intel"}, 2, 2, 2, Basis::measured, "b"}, {{"*"}, 3, 3, 3, Basis::assumed, "c"}}};
  CHECK(overhead.for_vendor("nvidia")->bytes == 1);
  CHECK(overhead.for_vendor("intel")->bytes == 2);
  CHECK(overhead.for_vendor("apple")->bytes == 3);
  CHECK(Overhead{"o", false, {{{"nvidia"}, 1, 1, 1, Basis::measured, "a"}}}.for_vendor("apple") == nullptr);
}

TEST_CASE("a catalogue with odd entries is read without harm", "[catalog]") {
  for (const char* gpus : {"[]", "{}", "[null, 7, [], {}]", R"([{"id": 7, "memory": "much", "devices": -1}])", R"([{"bandwidth_gb_per_second": {"value": "fast"}}])"}) {
    CAPTURE(gpus);
    const auto loaded = Catalog::load(with(gpus));
    REQUIRE(loaded.ok());
    for (const Gpu& gpu : loaded.value().gpus()) CHECK(gpu.devices >= 1);
  }
}

TEST_CASE("a bandwidth beyond counting is no bandwidth", "[catalog]") {
  for (const char* value : {"1e300", "-5"}) {
    CAPTURE(value);
    const auto loaded = Catalog::load(with(std::string("[{\"id\": \"x\", \"bandwidth_gb_per_second\": {\"value\": ") + value + "}}]"));
    REQUIRE(loaded.ok());
    CHECK_FALSE(loaded.value().gpus()[0].bandwidth_bytes_per_second.has_value());
  }
}
