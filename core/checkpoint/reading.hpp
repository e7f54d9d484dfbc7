#pragma once
/// Reading the headers of one or many files, one after another, for whoever has the files: a program or a page's worker.

#include <memory>
#include <vector>

#include "checkpoint/header_reader.hpp"
#include "request.hpp"

namespace plimsoll {

class HeaderReading {
 public:
  /// Begins a file. Errors  invalid_file  a name that promises no kind of header
  std::optional<Error> open(std::string_view name, u64 size);
  /// The bytes wanted next of the file that was opened last; nothing when its header is whole.
  [[nodiscard]] std::optional<Slice> wanted() const;
  /// Takes exactly those; fewer where the file ends.
  std::optional<Error> feed(std::string_view bytes);
  /// All files together. Errors  those of join_headers and summary_of
  Result<CheckpointSummary> finish();

 private:
  std::unique_ptr<HeaderReader> reader_;
  std::vector<Checkpoint> parts_;
};

}  // namespace plimsoll
