#pragma once
/// Why the weights in memory are not what the files are on disk.

#include <optional>
#include <string>
#include <vector>

#include "request.hpp"

namespace plimsoll {

struct Plan;

/// What changes between the files and the weights in memory, by its cause.
struct FileSizeStep {
  FileSizeCause cause{};
  i64 bytes = 0;  ///< never 0
};

/// From files to memory: `file_bytes` and all steps make `weights_bytes`.
struct FileSize {
  bool read = false;           ///< the files' own headers were read; else they are derived, without headers
  u64 file_bytes = 0;          ///< of the files that were read, or of all tensors in a checkpoint of the format
  u64 published_bytes = 0;     ///< of all tensors as the model is published: what is downloaded where it is quantised while it loads
  std::vector<FileSizeStep> steps;
  u64 weights_bytes = 0;       ///< in memory, all devices together
  u64 device_weights_bytes = 0;  ///< of the fullest device
  u64 device_count = 1;
  u64 kept_bytes = 0;          ///< of the weights, before devices share them: tensors left in 16 bit or more beside quantised ones
  u64 scales_bytes = 0;        ///< of the weights, likewise: scales, zero points and tables that are tensors of their own
  u64 tied_bytes = 0;          ///< the embedding's, where the output head uses it: held once
  std::vector<Segment> beside; ///< on the fullest device at the highest moment, what is not weights
  u64 needed_bytes = 0;        ///< of the fullest device
};

/// Sums over the tensors that the weights are made of; nothing is left over for a rest.
///
/// Units    bytes
/// Formula  file = sum of tensors as the file has them; each step is the difference that one cause makes; see FileSizeCause
/// Assumes  the checkpoint is as its method writes it, where its headers were not read
/// Errors   a request of training, whose weights have the format of the recipe; those of make_plan for the model as published; overflow
/// Tested   tests/core/file_size_test.cpp: the steps close, and each is what the model's shapes say
Result<FileSize> file_size(const Plan& plan);

}  // namespace plimsoll
