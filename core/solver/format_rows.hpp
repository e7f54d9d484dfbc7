#pragma once
/// Weight formats beside devices, as they cross the boundary.

#include <optional>
#include <string>
#include <vector>

#include "request.hpp"

namespace plimsoll {

/// Which formats are asked about on which devices, everything else as in the request, which is one of serving.
struct FormatMatrixRequest {
  Request request;
  std::optional<std::vector<std::string>> weight_formats;  ///< ids of recipes; absent: every recipe of the catalogue
  std::vector<std::string> gpus;                           ///< ids; as many of each as the request asks for, one where it names no device
};

/// One format on one device.
struct FormatCell {
  std::string gpu;
  u64 usable_bytes = 0;          ///< of one device; 0 beside an error
  Answer longest_context;        ///< value 0: it fits at no length; needed_bytes is then what the shortest needs
  i64 headroom_bytes = 0;        ///< usable less needed, at that length
  std::optional<Error> error;    ///< the device's memory is unknown, or its ranks cannot share the model
};

/// One format for the model. The row of what the request itself would take has no id and comes first.
struct FormatRow {
  std::optional<std::string> weight_format;  ///< what a request would ask for; absent: what it takes when nothing is asked for
  std::string resolved;                      ///< the recipe that is: "bf16", "checkpoint"
  std::optional<bool> engine_loads;          ///< absent: the catalogue does not say for this engine, or not for this format
  bool idealised = false;                    ///< one quantised format for every tensor: no program stores a model so
  u64 weights_bytes = 0;                     ///< in memory, the whole model on one device
  u64 checkpoint_bytes = 0;                  ///< of all tensors in a checkpoint of this format, as in Report
  u64 millibits_per_parameter = 0;           ///< weights_bytes * 8000 / parameters that run, rounded
  i64 saved_of_fp32_permille = 0;            ///< of the weights in FP32; below zero where there are more
  i64 saved_of_dtype_permille = 0;           ///< of the weights in the model's own data type
  std::optional<u64> claimed_permille;       ///< what the rules of thumb say is saved of FP32
  u64 needed_bytes = 0;                      ///< for the request's own length and device, fullest rank
  u64 kv_cache_bytes = 0;                    ///< of that, between steps
  i64 saved_of_needed_permille = 0;          ///< of what is needed in the model's own data type
  std::optional<Error> error;                ///< the format cannot hold this model; every number is then 0
  std::vector<FormatCell> cells;             ///< in the order of `gpus`
};

struct FormatMatrix {
  u64 parameter_count = 0;  ///< that run
  std::string dtype;        ///< the model's own data type, which savings are counted from
  std::vector<FormatRow> rows;
};

}  // namespace plimsoll
