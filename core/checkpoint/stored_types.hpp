#pragma once
/// The element types that a header can name, with their sizes.

#include <optional>
#include <string_view>

#include "units.hpp"

namespace plimsoll {

struct StoredType {
  std::string_view name;
  u32 block_elements = 1;  ///< elements that are stored together; rows are whole blocks
  u32 block_bits = 0;
  u32 id = 0;              ///< of ggml; otherwise unused
};

/// By the name in a safetensors header. Source  "safetensors-header"
std::optional<StoredType> safetensors_type(std::string_view name);
/// By the number in a GGUF header. Source  "ggml-blocks", through the catalogue
std::optional<StoredType> ggml_type(u32 id);

/// Bytes of rows of so many elements each. Rows are whole blocks in ggml's types, and every tensor of safetensors ends on a byte.
///
/// Formula  ceil(rows * elements / block_elements * block_bits / 8); overflow where no file could hold it
Checked stored_bytes(const StoredType& type, Checked elements);

}  // namespace plimsoll
