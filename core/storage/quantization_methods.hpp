#pragma once
/// The methods of quantization_config.cpp, one reader each.

#include <array>
#include <initializer_list>

#include "messages.hpp"
#include "storage/quantization_config.hpp"

namespace plimsoll {

/// The settings of one method, with the first error that was met.
class Settings {
 public:
  Settings(JsonView json, std::string path) : json_(json), path_(std::move(path)) {}

  [[nodiscard]] JsonView operator[](std::string_view key) const { return json_[key]; }
  [[nodiscard]] bool has(std::string_view key) const { return json_[key].present(); }
  [[nodiscard]] bool flag(std::string_view key) const { return json_[key].boolean().value_or(false); }
  [[nodiscard]] std::string_view text(std::string_view key) const { return json_[key].string().value_or(""); }
  /// A positive whole number under the first of some names. Errors  missing_field, out_of_range
  u32 number(std::initializer_list<std::string_view> keys);
  u32 number(std::string_view key) { return number({key}); }
  /// The same; absent, null, zero and negative numbers are `otherwise`.
  u32 number_or(std::string_view key, u32 otherwise);
  /// Names of a list under the first of some names; nothing where none is there.
  [[nodiscard]] std::optional<std::vector<std::string>> names(std::initializer_list<std::string_view> keys) const;
  [[nodiscard]] Settings inside(std::string_view key) const { return {json_[key], path_ + "." + std::string(key)}; }
  [[nodiscard]] JsonView json() const { return json_; }
  [[nodiscard]] const std::string& path() const { return path_; }

  void fail(Error error) {
    if (!error_) error_ = std::move(error);
  }
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }

 private:
  JsonView json_;
  std::string path_;
  std::optional<Error> error_;
};

using MethodReader = void (*)(Settings& settings, CheckpointQuantization& out);
struct Method {
  std::string_view name;
  MethodReader read;
};

/// Leaves what a list names in the model's type; without a list, Transformers leaves the head.
void read_skip_list(const Settings& settings, CheckpointQuantization& out, std::initializer_list<std::string_view> keys);

void read_gptq(Settings& settings, CheckpointQuantization& out);
void read_awq(Settings& settings, CheckpointQuantization& out);
void read_auto_round(Settings& settings, CheckpointQuantization& out);
void read_compressed_tensors(Settings& settings, CheckpointQuantization& out);
void read_modelopt(Settings& settings, CheckpointQuantization& out);
void read_mlx(Settings& settings, CheckpointQuantization& out);
void read_hqq(Settings& settings, CheckpointQuantization& out);
void read_torchao(Settings& settings, CheckpointQuantization& out);
void read_sinq(Settings& settings, CheckpointQuantization& out);
void read_quark(Settings& settings, CheckpointQuantization& out);
void read_aqlm(Settings& settings, CheckpointQuantization& out);
void read_vptq(Settings& settings, CheckpointQuantization& out);
void read_spqr(Settings& settings, CheckpointQuantization& out);
void read_fp8(Settings& settings, CheckpointQuantization& out);

}  // namespace plimsoll
