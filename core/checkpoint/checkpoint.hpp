#pragma once
/// What the headers of a checkpoint say: its tensors as they lie in the files, and the metadata that describe the model. Numbers of
/// parameters do not occur here: a packed tensor's elements are not those of the weight it stores.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "units.hpp"
#include "vocabulary.hpp"

namespace plimsoll {

/// One tensor of a file. Names and shapes of all tensors lie in two common buffers: an index names half a million.
struct StoredTensor {
  u64 name_at = 0;
  u32 name_size = 0;
  u32 shape_at = 0;
  u8 rank = 0;
  u32 file = 0;             ///< which of the files holds it
  std::string_view type{};  ///< "BF16", "q4_K"; empty: an index does not say
  u64 bytes = 0;            ///< without padding; an index does not say
  u64 offset = 0;           ///< from the beginning of its file
};

/// A metadata entry of a GGUF file as text: numbers in decimal digits, short lists as "[1,2]", long ones as their length alone.
struct GgufMetadata {
  std::string text;
  u64 length = 0;  ///< of a list
};

struct CheckpointFile {
  std::string name;
  u64 size = 0, read = 0;  ///< bytes of the file, and of it what was read
};

struct Checkpoint {
  CheckpointKind kind{};
  std::vector<CheckpointFile> files;     ///< that were read
  std::vector<std::string> named_files;  ///< that an index names
  std::vector<StoredTensor> tensors;
  std::string names;
  std::vector<u64> dimensions;
  u64 total_size = 0;                    ///< an index's own; 0: it does not say
  u64 alignment = 1;                     ///< of the tensors in a file
  std::map<std::string, GgufMetadata, std::less<>> metadata;

  [[nodiscard]] std::string_view name_of(const StoredTensor& tensor) const {
    return std::string_view(names).substr(static_cast<std::size_t>(tensor.name_at), tensor.name_size);
  }
  [[nodiscard]] const u64* shape_of(const StoredTensor& tensor) const { return dimensions.data() + tensor.shape_at; }
  [[nodiscard]] Checked tensor_bytes() const;

  /// Adds a tensor with its name; shape, type and place follow.
  StoredTensor& add(std::string_view name);
};

/// Longest header taken, as the safetensors library has it; a GGUF header with a large vocabulary has 16 MB.
/// Source  "safetensors-header"
inline constexpr u64 header_limit = 100'000'000;
/// Longest index taken: one of half a million tensors has 60 MB.
inline constexpr u64 index_limit = 512'000'000;
/// Most axes of a tensor, most bytes of a tensor's name.
inline constexpr u64 most_axes = 16, longest_name = 4096;

}  // namespace plimsoll
