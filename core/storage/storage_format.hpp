#pragma once
/// How a tensor is stored: a list of parts, each `item_bits` for `elements_per_item` elements. Fractions of a byte per weight
/// cannot be written; block formats with scales are two parts, or one part with larger items.

#include <string_view>
#include <vector>

#include "units.hpp"

namespace plimsoll {

struct FormatPart {
  std::string_view name;
  u32 item_bits = 0;
  u32 elements_per_item = 1;
};

struct StorageFormat {
  std::string_view id, name, source;
  std::vector<FormatPart> parts;

  /// Bytes of one element where every element takes the same whole number of bytes; 0 elsewhere.
  [[nodiscard]] u32 whole_bytes() const;
};

/// Bytes of one row (the last axis of a tensor) in a format.
///
/// Formula  sum over parts of ceil(ceil(elements / elements_per_item) * item_bits / 8): items are padded for each row, as the
///          block formats store them, and bytes for each part
/// Tested   tests/core/storage_format_test.cpp
Checked row_bytes(u64 elements, const StorageFormat& format);

/// Which tensor gets which format. The first rule whose roles hold the tensor's role wins; "*" holds every role.
struct RecipeRule {
  std::vector<std::string_view> roles;
  std::string_view format;
};
struct QuantizationRecipe {
  std::string_view id, name, source;
  std::vector<RecipeRule> rules;

  /// Format id for a role; empty when no rule holds it (lint rule recipe-is-total prevents that).
  [[nodiscard]] std::string_view format_for(std::string_view role) const;
};

}  // namespace plimsoll
