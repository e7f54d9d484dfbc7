#pragma once
/// Formats and recipes of the built catalogue.

#include "json.hpp"
#include "storage/quantization_recipe.hpp"

namespace plimsoll {

/// One entry of formats/. Assumes a linted catalogue: what is left out has its default.
FormatTemplate read_format(std::string_view id, JsonView json);

/// One entry of quantizations/.
///
/// Errors  those of read_quantization, where it is written as a checkpoint's config
Result<QuantizationRecipe> read_recipe(std::string_view id, JsonView json);

}  // namespace plimsoll
