#pragma once
/// What most tests start from: the built catalogue, read once; worked examples; requests that differ in one thing each.

#include <cstdio>
#include <map>
#include <string>

#include "answer.hpp"
#include "catch.hpp"
#include "estimate.hpp"
#include "model/read_model.hpp"
#include "plimsoll.hpp"
#include "messages.hpp"
#include "wire_json.hpp"

namespace plimsoll::test {

inline std::string file_text(const std::string& path) {
  INFO(path);
  std::FILE* file = std::fopen(path.c_str(), "rb");
  REQUIRE(file != nullptr);
  std::string text;
  char buffer[65536];
  for (std::size_t read = 0; (read = std::fread(buffer, 1, sizeof buffer, file)) > 0;) text.append(buffer, read);
  std::fclose(file);
  return text;
}

/// A parsed text that must be JSON.
inline JsonDocument json(std::string_view text) {
  auto document = JsonDocument::parse(text, "text", 100'000'000);
  REQUIRE(document.ok());
  return std::move(document.value());
}

/// The worked examples of tests/cases/NAME.json: {"what", "cases": [...]}.
class Cases {
 public:
  explicit Cases(const std::string& name) : document_(json(file_text(std::string(PLIMSOLL_SOURCE_DIR) + "/tests/cases/" + name + ".json"))) {
    REQUIRE(size() > 0);
  }
  [[nodiscard]] std::size_t size() const { return document_.root()["cases"].size(); }
  [[nodiscard]] JsonView at(std::size_t index) const { return document_.root()["cases"].at(index); }

 private:
  JsonDocument document_;
};

inline std::string text(JsonView value) { return std::string(value.string().value_or("")); }
inline u64 whole(JsonView value) {
  INFO(value.shown());
  REQUIRE(value.whole().has_value());
  return *value.whole();
}

inline const std::string& catalog_text() {
  static const std::string text = file_text(PLIMSOLL_CATALOG);
  return text;
}

inline const Catalog& catalog() {
  static const Result<Catalog> loaded = Catalog::load(catalog_text());
  REQUIRE(loaded.ok());
  return loaded.value();
}

/// A session with the catalogue, as the page has it.
inline Session& session() {
  static Session* const one = [] {
    auto* made = new Session;  // lives as long as the program
    made->load_catalog(catalog_text());
    return made;
  }();
  return *one;
}

inline std::shared_ptr<const LoadedModel> model_of(const ModelChoice& choice) {
  const auto loaded = load_model(choice, catalog());
  INFO((loaded.ok() ? "" : loaded.error().message));
  REQUIRE(loaded.ok());
  return loaded.value();
}

/// A model of the catalogue. Each is read once: reading is the slow part.
inline std::shared_ptr<const LoadedModel> preset_model(const std::string& id) {
  static std::map<std::string, std::shared_ptr<const LoadedModel>> known;
  auto& entry = known[id];
  if (!entry) {
    ModelChoice choice;
    choice.preset = id;
    entry = model_of(choice);
  }
  return entry;
}

/// A request under construction: `ask("Qwen/Qwen3-8B").on("nvidia/l4").context(4096).plan()`.
class Ask {
 public:
  Request request;

  Ask& on(std::string gpu, std::optional<u64> count = std::nullopt) { return request.device = DeviceChoice{std::move(gpu), count}, *this; }
  Ask& context(u64 tokens) { return workload().max_model_len = tokens, *this; }
  Ask& sequences(u64 count) { return workload().max_num_seqs = count, *this; }
  Ask& prompt(u64 tokens) { return workload().prompt_tokens = tokens, *this; }
  Ask& values(std::string format) { return workload().value_cache_dtype = std::move(format), *this; }
  Ask& cache(std::string format) { return workload().kv_cache_dtype = std::move(format), *this; }
  Ask& attention(AttentionImplementation which) { return workload().attention = which, *this; }
  Ask& weights(std::string format) { return request.weight_format = std::move(format), *this; }
  Ask& imatrix(bool with) { return request.importance_matrix = with, *this; }
  Ask& train(TrainingWorkload workload) { return request.workload = std::move(workload), *this; }
  Ask& ranks(u64 count) { return request.parallel.tensor_parallel_size = count, *this; }

  [[nodiscard]] u64 plain_context() const { return std::get_if<InferenceWorkload>(&request.workload)->max_model_len.value_or(0); }
  [[nodiscard]] Result<Plan> try_plan() const { return make_plan(request, model(), catalog()); }
  [[nodiscard]] Plan plan() const {
    auto made = try_plan();
    INFO((made.ok() ? "" : made.error().where + ": " + made.error().message));
    REQUIRE(made.ok());
    return std::move(made.value());
  }
  [[nodiscard]] Report report() const {
    auto made = make_report(plan());
    REQUIRE(made.ok());
    return std::move(made.value());
  }
  [[nodiscard]] u64 needed() const {
    const auto totals = make_totals(plan());
    REQUIRE(totals.ok());
    return totals.value().needed_bytes;
  }
  /// The request as it crosses the boundary.
  [[nodiscard]] std::string json_text() const {
    JsonWriter out;
    write_json(out, request);
    return out.take();
  }

 private:
  InferenceWorkload& workload() { return *std::get_if<InferenceWorkload>(&request.workload); }
  [[nodiscard]] std::shared_ptr<const LoadedModel> model() const {
    return request.model.preset ? preset_model(*request.model.preset) : model_of(request.model);
  }
};

inline Ask ask(std::string preset) {
  Ask made;
  made.request.model.preset = std::move(preset);
  return made;
}
inline Ask ask_config(std::string config) {
  Ask made;
  made.request.model.config = std::move(config);
  return made;
}
inline Ask ask_count(std::string parameters) {
  Ask made;
  made.request.model.parameter_count = std::move(parameters);
  return made;
}

inline ModelSpec spec_of(std::string_view config) {
  const auto read = read_model(config);
  INFO((read.ok() ? "" : read.error().where + ": " + read.error().message));
  REQUIRE(read.ok());
  return read.value();
}

}  // namespace plimsoll::test
