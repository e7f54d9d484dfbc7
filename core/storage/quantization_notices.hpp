#pragma once
/// What a reader must know of a quantised model beside its bytes.

#include <vector>

#include "result.hpp"
#include "storage/weight_bytes.hpp"

namespace plimsoll {

/// A quantisation, decided for memory and for the file.
struct DecidedQuantization {
  const CheckpointQuantization& method;
  const ModelSpec& model;
  const TensorInventory& inventory;
  const PrecisionPlan &loaded, &stored;
  std::string_view dtype;       ///< format id of what is left
  u32 dtype_bytes = 2;
  bool own = true;              ///< the checkpoint's own, not one that was asked for
};

/// Everything that Transformers 5.23 does to these weights that the file does not say, each with its bytes.
///
/// Source  transformers-quantization-config, and the source of each format
/// Tested  tests/core/quantization_notices_test.cpp
std::vector<Notice> quantization_notices(const DecidedQuantization& decided, const std::string& where);

}  // namespace plimsoll
