#pragma once
/// From the text of a config.json to a ModelSpec.

#include <string_view>

#include "json.hpp"
#include "model/model_spec.hpp"
#include "result.hpp"

namespace plimsoll {

/// Reads the text of a config.json.
///
/// Assumes  keys that are absent have the defaults of the model class in Transformers 5; they are listed in `defaulted_keys`
/// Errors   empty_input, too_large, invalid_json, wrong_type, missing_field, out_of_range, does_not_divide, unknown_model_type
/// Tested   tests/core/read_model_test.cpp, tests/core/errors_test.cpp
Result<ModelSpec> read_model(std::string_view config_text);
/// The same from a value inside a larger document; `path` begins the `where` of every error.
Result<ModelSpec> read_model(JsonView config, std::string path);

}  // namespace plimsoll
