#pragma once
/// A format of the catalogue before its parameters are known: one entry serves every bit width and group size of a method.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "result.hpp"
#include "storage/storage_format.hpp"

namespace plimsoll {

/// A value for a name that a format uses: bits, group_size, or a part's condition (0: the part is not there).
struct Parameter {
  std::string_view name;
  u32 value = 0;
  bool operator==(const Parameter&) const = default;
};
using Parameters = std::vector<Parameter>;

std::optional<u32> value_of(std::span<const Parameter> parameters, std::string_view name);

/// Bits of the type that a model was loaded in: every format may use it.
inline constexpr std::string_view dtype_bits = "dtype_bits";

struct PartTemplate : PartOf<Amount> {
  std::string_view when{}, unless{};  ///< parameters: there where the first is not 0, and where the second is 0
};

/// What a method asks of a matrix; one that has it not stays in the model's type.
struct ShapeLimits {
  Amount inputs_multiple{}, outputs_multiple{};
};

struct FormatTemplate {
  std::string_view id, name, source;
  std::vector<PartTemplate> parts;
  Product product{};
  std::optional<u32> ggml_type{};
  bool kv_cache = false;
  std::string_view bias{};
  bool bounded = false;
  ShapeLimits limits{};
  std::vector<u32> group_choice{};  ///< group_size is the first of these that divides the inputs, if they are more than it; else 0
  bool halves_groups = false;       ///< group_size is halved until it divides the inputs

  /// Whether every number is written down: a format without parameters is bound as it is.
  [[nodiscard]] bool plain() const;
};

/// A format with every number known.
///
/// Errors  missing_field for a parameter that has no value, at `where`
/// Tested  tests/core/format_template_test.cpp
Result<StorageFormat> bind_format(const FormatTemplate& format, std::span<const Parameter> parameters, const std::string& where);

}  // namespace plimsoll
