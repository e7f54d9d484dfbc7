#pragma once
/// One entry of catalog/optimizers.

#include "json.hpp"
#include "training/optimizer.hpp"

namespace plimsoll {

/// Reads an entry; the catalogue's schema and lint rules have checked it.
Optimizer read_optimizer(std::string_view id, JsonView json);

}  // namespace plimsoll
