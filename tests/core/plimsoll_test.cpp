/// The public face: text in, text out, nothing half-applied.

#include "plimsoll.hpp"

#include "session.hpp"
#include "version.hpp"

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

bool ok(std::string_view answer) { return json(answer).root()["ok"].boolean() == true; }

std::string where(std::string_view answer) { return text(json(answer).root()["error"]["where"]); }

const std::string llama = R"({"model": {"preset": "meta-llama/Llama-3.1-8B"}, "device": {"gpu": "nvidia/rtx-4090"}})";

}  // namespace

TEST_CASE("a session without a catalogue says so to every question", "[plimsoll]") {
  Session empty;
  for (const std::string& answer : {empty.report(llama), empty.totals(llama), empty.rank_devices(llama), empty.format_matrix(llama), empty.file_size(llama), empty.read_model(llama), empty.inspect_model(llama), empty.rule_table()}) {
    CHECK_FALSE(ok(answer));
    CHECK(where(answer) == "catalog");
  }
}

TEST_CASE("loading a catalogue tells what is in it", "[plimsoll]") {
  Session fresh;
  const JsonDocument answer = json(fresh.load_catalog(catalog_text()));
  CHECK(answer.root()["ok"].boolean() == true);
  CHECK(whole(answer.root()["value"]["gpus"]) == catalog().gpus().size());
  CHECK(whole(answer.root()["value"]["models"]) == catalog().presets().size());
}

TEST_CASE("a catalogue that cannot be read leaves the one before in place", "[plimsoll]") {
  Session kept;
  REQUIRE(ok(kept.load_catalog(catalog_text())));
  const std::string before = kept.report(llama);
  REQUIRE(ok(before));
  for (const std::string_view bad : {"", "{", "[]", "{\"gpus\": []}", "null"}) {
    CHECK_FALSE(ok(kept.load_catalog(bad)));
    CHECK(kept.report(llama) == before);
  }
}

TEST_CASE("an error leaves nothing behind: the next answer is as if it had not been", "[plimsoll]") {
  Session one;
  REQUIRE(ok(one.load_catalog(catalog_text())));
  const std::string before = one.report(llama);
  CHECK_FALSE(ok(one.report(R"({"model": {"config": "{\"model_type\": \"llama\", \"hidden_size\": -1}"}})")));
  CHECK_FALSE(ok(one.report(R"({"model": {"preset": "nobody/nothing"}})")));
  CHECK(one.report(llama) == before);
}

TEST_CASE("the same question has the same answer, byte for byte", "[plimsoll]") {
  Session other;
  REQUIRE(ok(other.load_catalog(catalog_text())));
  for (const Preset& preset : catalog().presets()) {
    CAPTURE(preset.id);
    const std::string request = ask(std::string(preset.id)).on("nvidia/l4").json_text();
    const std::string first = session().report(request);
    CHECK(first == session().report(request));
    CHECK(first == other.report(request));
    CHECK(ok(first));
  }
}

TEST_CASE("models are remembered without being confused", "[plimsoll]") {
  const auto parameters = [](const std::string& layers) {
    const std::string request = R"({"model": {"config": "{\"model_type\": \"llama\", \"num_hidden_layers\": )" + layers + R"(}"}})";
    return whole(json(session().read_model(request)).root()["value"]["num_hidden_layers"]);
  };
  for (int round = 0; round < 2; ++round)
    for (const char* layers : {"1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11"}) CHECK(parameters(layers) == static_cast<u64>(std::stoi(layers)));
  CHECK(ok(session().read_model(R"({"model": {"parameter_count": "7B"}})")));
  CHECK_FALSE(ok(session().read_model(R"({"model": {"preset": "7B"}})")));
}

TEST_CASE("totals are those of the report", "[plimsoll]") {
  const JsonDocument report = json(session().report(llama));
  const JsonDocument totals = json(session().totals(llama));
  const JsonView value = totals.root()["value"];
  CHECK(whole(value["needed_bytes"]) == whole(report.root()["value"]["needed_bytes"]));
  CHECK(text(value["worst_moment"]) == text(report.root()["value"]["worst_moment"]));
  CHECK(text(value["outcome"]) == text(report.root()["value"]["verdict"]["outcome"]));
  CHECK(whole(value["weights_bytes"]) == 16060522496);
}

TEST_CASE("a report is JSON whose numbers are whole and within 2^53", "[plimsoll]") {
  const JsonDocument report = json(session().report(llama));
  const auto check = [](JsonView view, const auto& self) -> void {
    if (const auto number = view.number()) {
      INFO(view.shown());
      CHECK((view.whole().has_value() || *number < 0));
    }
    for (std::size_t i = 0; i < view.size(); ++i) self(view.at(i), self);
  };
  check(report.root(), check);
  CHECK(text(report.root()["value"]["version"]) == version());
  CHECK(text(report.root()["value"]["catalog_date"]) == catalog().date());
}

TEST_CASE("a path is read by the program that has files, and refused where there are none", "[plimsoll]") {
  const std::string request = R"({"model": {"path": "some/config.json"}})";
  CHECK(where(session().report(request)) == "request.model.path");
  Session program;
  REQUIRE(ok(program.load_catalog(catalog_text())));
  program.set_file_reader([](const std::string& path) -> std::optional<std::string> {
    if (path != "some/config.json") return std::nullopt;
    return R"({"model_type": "gpt2"})";
  });
  CHECK(whole(json(program.read_model(request)).root()["value"]["parameter_count"]) == 124439808);
  CHECK(where(program.report(R"({"model": {"path": "other.json"}})")) == "request.model.path");
  CHECK(where(program.report(R"({"model": {"path": "some/config.json", "preset": "openai-community/gpt2"}})")) == "request.model");
}

TEST_CASE("inspecting a config needs no catalogue and lists every tensor", "[plimsoll]") {
  const JsonDocument answer = json(inspect_config(R"({"model_type": "gpt2"})"));
  const JsonView value = answer.root()["value"];
  CHECK(text(value["model_type"]) == "gpt2");
  CHECK(text(value["family"]) == "gpt2");
  CHECK(whole(value["parameter_count"]) == 124439808);
  CHECK(whole(value["tied_parameter_count"]) == 50257ULL * 768);
  CHECK(value["tensors"].size() == 17);
  CHECK(json(session().inspect_model(R"({"model": {"config": "{\"model_type\": \"gpt2\"}"}})")).root()["value"]["tensors"].size() == 17);
  CHECK(where(unreadable_file("missing.json")) == "missing.json");
}

TEST_CASE("what a checkpoint holds beside the model is marked in an inspection", "[plimsoll]") {
  const JsonDocument answer = json(session().inspect_model(R"({"model": {"preset": "deepseek-ai/DeepSeek-V3"}})"));
  const JsonView tensors = answer.root()["value"]["tensors"];
  u64 mtp = 0;
  u64 buffers = 0;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    mtp += text(tensors.at(i)["apart"]) == "mtp" ? 1 : 0;
    buffers += text(tensors.at(i)["role"]) == "buffer" ? 1 : 0;
  }
  CHECK(mtp > 10);
  CHECK(buffers >= 1);
  CHECK(whole(answer.root()["value"]["mtp_parameter_count"]) == 13463426048);
}
