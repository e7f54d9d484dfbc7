#include "checkpoint/reading.hpp"

#include "checkpoint/summary.hpp"
#include "messages.hpp"

namespace plimsoll {

std::optional<Error> HeaderReading::open(std::string_view name, u64 size) {
  const auto kind = checkpoint_kind(name);
  if (!kind) return make_error(Say::file_kind_unknown, std::string(name), {cut(name, 120)});
  reader_ = header_reader(*kind, std::string(name), size);
  return std::nullopt;
}

std::optional<Slice> HeaderReading::wanted() const { return reader_ == nullptr ? std::nullopt : reader_->wanted(); }

std::optional<Error> HeaderReading::feed(std::string_view bytes) {
  if (reader_ == nullptr) return std::nullopt;
  if (auto error = reader_->feed(bytes)) return error;
  if (!reader_->wanted()) {
    parts_.push_back(reader_->take());
    reader_.reset();
  }
  return std::nullopt;
}

Result<CheckpointSummary> HeaderReading::finish() {
  PLIMSOLL_TRY(const Checkpoint all, join_headers(std::move(parts_)));
  parts_.clear();
  return summary_of(all);
}

}  // namespace plimsoll
