#include "plimsoll.hpp"

#include <deque>

#include "messages.hpp"
#include "model/read_model.hpp"
#include "answer.hpp"
#include "file_size.hpp"
#include "rules/thumb.hpp"
#include "solver/format_matrix.hpp"
#include "solver/ranking.hpp"
#include "training/optimizer_states.hpp"
#include "version.hpp"
#include "wire_json.hpp"

namespace plimsoll {
namespace {

constexpr std::size_t models_kept = 8;
constexpr std::size_t request_text_limit = 3 * json_text_limit;  // it may carry a config, escaped

struct KnownModel {
  ModelChoice choice;
  std::shared_ptr<const LoadedModel> model;
};

bool same(const ModelChoice& a, const ModelChoice& b) {
  return a.preset == b.preset && a.parameter_count == b.parameter_count && a.config == b.config &&
         a.quantization_config == b.quantization_config && a.checkpoint == b.checkpoint;
}

}  // namespace

struct Session::State {
  std::optional<Catalog> catalog;
  std::deque<KnownModel> models;  ///< newest first
  ReadFile read_file;

  Result<std::shared_ptr<const LoadedModel>> model(const ModelChoice& choice) {
    for (const KnownModel& known : models)
      if (same(known.choice, choice)) return known.model;
    PLIMSOLL_TRY(auto loaded, load_model(choice, *catalog));
    models.push_front({choice, loaded});
    if (models.size() > models_kept) models.pop_back();
    return loaded;
  }

  /// What was asked, described in wire.hpp.
  template <class Asked>
  Result<Asked> read(std::string_view text) const {
    if (!catalog) return make_error(Say::field_missing, "catalog", {"catalog"});
    PLIMSOLL_TRY(const JsonDocument document, JsonDocument::parse(text, "request", request_text_limit));
    Asked asked;
    if (auto error = read_json(document.root(), "request", asked)) return *error;
    return asked;
  }

  Result<Request> request(std::string_view text) const {
    PLIMSOLL_TRY(Request request, read<Request>(text));
    if (auto error = read_path(request.model)) return *error;
    return request;
  }

  /// A path becomes the text of its file.
  std::optional<Error> read_path(ModelChoice& choice) const {
    if (!choice.path || choice.config) return std::nullopt;  // both at once is load_model's error
    auto text = read_file ? read_file(*choice.path) : std::nullopt;
    if (!text) return make_error(Say::file_unreadable, "request.model.path", {*choice.path});
    choice.config = std::move(text);
    choice.path.reset();
    return std::nullopt;
  }

  Result<std::shared_ptr<const LoadedModel>> asked_model(std::string_view text) {
    PLIMSOLL_TRY(const Request asked, request(text));
    return model(asked.model);
  }

  Result<FormatMatrix> matrix(std::string_view text) {
    PLIMSOLL_TRY(FormatMatrixRequest asked, read<FormatMatrixRequest>(text));
    if (auto error = read_path(asked.request.model)) return *error;
    PLIMSOLL_TRY(const auto loaded, model(asked.request.model));
    return plimsoll::format_matrix(asked, loaded, *catalog);
  }

  Result<Plan> plan(std::string_view text) {
    PLIMSOLL_TRY(const Request asked, request(text));
    PLIMSOLL_TRY(auto loaded, model(asked.model));
    return make_plan(asked, std::move(loaded), *catalog);
  }
};

namespace {

/// Applies a function to a value, or hands its error on.
template <class T, class Then>
auto then(const Result<T>& result, Then next) -> decltype(next(result.value())) {
  if (!result.ok()) return result.error();
  return next(result.value());
}

using SharedModel = std::shared_ptr<const LoadedModel>;

}  // namespace

Session::Session() : state_(std::make_unique<State>()) {}
Session::~Session() = default;
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;

std::string Session::load_catalog(std::string_view catalog) {
  auto loaded = Catalog::load(catalog);
  if (!loaded.ok()) return outcome_json(Result<CatalogInfo>(loaded.error()));
  state_->models.clear();
  state_->catalog = std::move(loaded.value());
  return outcome_json(Result<CatalogInfo>(CatalogInfo{std::string(state_->catalog->date()), state_->catalog->gpus().size(), state_->catalog->presets().size()}));
}

void Session::set_file_reader(ReadFile read) { state_->read_file = std::move(read); }

std::string Session::report(std::string_view request) { return outcome_json(then(state_->plan(request), make_report)); }
std::string Session::totals(std::string_view request) { return outcome_json(then(state_->plan(request), make_totals)); }
std::string Session::rank_devices(std::string_view request) { return outcome_json(then(state_->plan(request), plimsoll::rank_devices)); }
std::string Session::file_size(std::string_view request) { return outcome_json(then(state_->plan(request), plimsoll::file_size)); }
std::string Session::format_matrix(std::string_view request) { return outcome_json(state_->matrix(request)); }

std::string Session::read_model(std::string_view request) {
  return outcome_json(then(state_->asked_model(request), [](const SharedModel& model) { return Result<ModelSummary>(summary_of(*model)); }));
}

std::string Session::inspect_model(std::string_view request) {
  return outcome_json(then(state_->asked_model(request), [](const SharedModel& model) { return Result<Inspection>(inspection_of(model->spec, model->inventory)); }));
}

std::string Session::optimizer_states(std::string_view text) {
  if (!state_->catalog) return outcome_json(Result<OptimizerStates>(make_error(Say::field_missing, "catalog", {"catalog"})));
  const auto document = JsonDocument::parse(text, "request", request_text_limit);
  if (!document.ok()) return outcome_json(Result<OptimizerStates>(document.error()));
  OptimizerStatesRequest request;
  if (auto error = read_json(document.value().root(), "request", request)) return outcome_json(Result<OptimizerStates>(*error));
  return outcome_json(plimsoll::optimizer_states(request, *state_->catalog));
}

std::string Session::rule_table() {
  if (!state_->catalog) return outcome_json(Result<RuleTable>(make_error(Say::field_missing, "catalog", {"catalog"})));
  return outcome_json(plimsoll::rule_table(*state_->catalog));
}

std::string inspect_config(std::string_view config) {
  return outcome_json(then(plimsoll::read_model(config), [](const ModelSpec& spec) -> Result<Inspection> {
    const TensorInventory inventory = inventory_of(spec);
    if (inventory.overflowed) return make_error(Say::too_big, "config");
    return inspection_of(spec, inventory);
  }));
}

std::string inspect_checkpoint(HeaderReading& reading, const std::optional<std::string>& config) {
  return outcome_json(then(reading.finish(), [&](const CheckpointSummary& checkpoint) { return inspection_of(checkpoint, config); }));
}

std::string refused(const Error& error) { return outcome_json(Result<CheckpointInspection>(error)); }

Error unreadable(std::string_view path) { return make_error(Say::file_unreadable, std::string(path), {path}); }

std::string unreadable_file(std::string_view path) { return outcome_json(Result<Inspection>(unreadable(path))); }

std::string_view version() { return version_text; }

}  // namespace plimsoll
