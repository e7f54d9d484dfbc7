#pragma once
/// The public face of the core: text in, text out. Everything the page, the programs and other users need; no state but what a
/// Session holds, and nothing throws.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "checkpoint/reading.hpp"
#include "request.hpp"

namespace plimsoll {

/// A catalogue, and the models read last: reading a config.json costs more than an estimate, so equal models are read once.
///
/// Every answer is JSON: {"ok": true, "value": ...} or {"ok": false, "error": ...}, as described in wire.hpp.
class Session {
 public:
  Session();
  ~Session();
  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;

  /// Text of build/catalog.json -> CatalogInfo. Must be called first; a failed load keeps the catalogue that was there.
  std::string load_catalog(std::string_view catalog);

  /// How a program reads the file of a request's model.path. Without it such a request is an error.
  using ReadFile = std::function<std::optional<std::string>(const std::string& path)>;
  void set_file_reader(ReadFile read);

  std::string report(std::string_view request);        ///< Request -> Report
  std::string totals(std::string_view request);        ///< Request -> Totals
  std::string rank_devices(std::string_view request);  ///< Request -> Ranking
  std::string format_matrix(std::string_view request); ///< FormatMatrixRequest -> FormatMatrix
  std::string file_size(std::string_view request);     ///< Request -> FileSize
  std::string read_model(std::string_view request);    ///< Request (its model alone matters) -> ModelSummary
  std::string inspect_model(std::string_view request); ///< Request (its model alone matters) -> Inspection
  std::string optimizer_states(std::string_view request);  ///< OptimizerStatesRequest -> OptimizerStates
  std::string rule_table();                            ///< -> RuleTable

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The text of one config.json -> Outcome<Inspection>; needs no catalogue.
std::string inspect_config(std::string_view config);

/// Headers of a checkpoint's files, read by the caller, beside the text of its config.json -> Outcome<CheckpointInspection>; needs no catalogue.
std::string inspect_checkpoint(HeaderReading& reading, const std::optional<std::string>& config);

/// An error of the caller's own, such as a file that cannot be read, in the same form.
std::string unreadable_file(std::string_view path);
std::string refused(const Error& error);
Error unreadable(std::string_view path);

std::string_view version();

}  // namespace plimsoll
