#pragma once
/// Reads the headers of one file: says which bytes it wants, takes them, and never asks for a tensor's data. Whoever calls does the
/// reading, so that a program and a page use the same code.

#include <memory>
#include <optional>

#include "checkpoint/checkpoint.hpp"
#include "result.hpp"

namespace plimsoll {

struct Slice {
  u64 offset = 0, size = 0;
};

class HeaderReader {
 public:
  virtual ~HeaderReader() = default;
  /// The bytes wanted next; nothing when the header is whole.
  [[nodiscard]] virtual std::optional<Slice> wanted() const = 0;
  /// Takes exactly the bytes wanted. An error ends the reading.
  virtual std::optional<Error> feed(std::string_view bytes) = 0;
  /// What the header says; once `wanted` gives nothing.
  virtual Checkpoint take() = 0;
};

/// Which kind of file a name promises: model.safetensors, model.safetensors.index.json, pytorch_model.bin.index.json, model.gguf.
std::optional<CheckpointKind> checkpoint_kind(std::string_view file_name);

/// A reader for a file of so many bytes.
///
/// Assumes  little-endian files, as both formats are
/// Errors   invalid_file, invalid_json, too_large, wrong_type, out_of_range, overflow; `where` is the file's name and the place in it
/// Source   "safetensors-header" for the layout and what is refused; "gguf-format" for GGUF
/// Tested   tests/core/safetensors_test.cpp, tests/core/gguf_test.cpp, tests/core/checkpoint_index_test.cpp, fuzz/
std::unique_ptr<HeaderReader> safetensors_reader(std::string name, u64 size);
std::unique_ptr<HeaderReader> index_reader(CheckpointKind kind, std::string name, u64 size);
std::unique_ptr<HeaderReader> gguf_reader(std::string name, u64 size);
std::unique_ptr<HeaderReader> header_reader(CheckpointKind kind, std::string name, u64 size);

/// One checkpoint of the headers of its files: shards in any order, with their index or without, or the parts of a split GGUF file.
///
/// Errors  unsupported_combination (files of different checkpoints), missing_field (shards are missing), out_of_range (a name twice)
Result<Checkpoint> join_headers(std::vector<Checkpoint> parts);

/// The error of a name that occurs twice, if one does.
std::optional<Error> check_names(const Checkpoint& checkpoint, std::string_view file);

}  // namespace plimsoll
