#pragma once
/// The built catalogue (catalog/build.mjs): devices, formats, engines, presets, rules of thumb. Views into one parsed document.

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "json.hpp"
#include "storage/quantization_recipe.hpp"
#include "training/optimizer.hpp"
#include "training/precision.hpp"
#include "units.hpp"

namespace plimsoll {

/// A number with its reason.
struct Fact {
  u64 value = 0;
  Basis basis{};
  std::string_view source;
};

struct Gpu {
  std::string_view id, name, vendor, marketed_memory, memory_class;
  u32 devices = 1;  ///< devices that software sees on one board; every number below is of one of them
  std::optional<Fact> nominal_mib, driver_total_mib, process_total_mib;
  std::optional<u64> bandwidth_bytes_per_second;
};

/// How much of a device's memory a process can get where nobody measured it.
struct MemoryShare {
  std::optional<u64> up_to_nominal_mib;
  u32 num = 1, den = 1;
  Basis basis{};
  std::string_view source;
};
struct MemoryClass {
  std::string_view id;
  u64 driver_loss_ppm = 0, driver_loss_mib = 0;
  Fact driver_loss, process_reserve_mib;  ///< of driver_loss only basis and source
  std::vector<MemoryShare> shares;        ///< unified memory: the first that covers the size; empty elsewhere
};

struct OverheadValue {
  std::vector<std::string_view> vendors;
  u64 bytes = 0, low_bytes = 0, high_bytes = 0;
  Basis basis{};
  std::string_view source;
};
struct Overhead {
  std::string_view id;
  bool tensor_parallel_only = false;
  std::vector<OverheadValue> values;

  /// The first value for a vendor; "*" is any. Null when none is known.
  [[nodiscard]] const OverheadValue* for_vendor(std::string_view vendor) const;
};
/// What torch's caching allocator holds beyond what it handed out, as a share of that.
struct AllocatorReserve {
  u64 permille = 0, low_permille = 0, high_permille = 0;
  std::string_view source;
};
struct Engine {
  std::string_view id, name;
  std::vector<Overhead> overheads;
  AllocatorReserve training_reserve;
  std::vector<std::string_view> weight_formats;  ///< recipes that it runs as they are stored; empty: not said
};

/// A training program: its defaults hang under the names of a training workload's fields.
struct TrainingStack {
  std::string_view id, name, source;
  JsonView defaults;
  JsonView by_method;  ///< what a method sets apart from the others
  bool linear_names = false;  ///< of "all-linear" it makes the list of linear modules' names, and PEFT is given that
  JsonView launch;     ///< how its configuration names the models that it has; absent where it takes any

  /// What the program sets a field to: the method's own value, or that of all methods; absent where it sets none.
  [[nodiscard]] JsonView value(TrainingMethod method, std::string_view field) const;
};

struct Preset {
  std::string_view id, name, source;
  JsonView config;
};

class Catalog {
 public:
  /// Errors  invalid_json, wrong_type, missing_field with the place; a built and linted catalogue has none
  static Result<Catalog> load(std::string_view text);

  [[nodiscard]] std::string_view date() const { return date_; }
  [[nodiscard]] std::span<const Gpu> gpus() const { return gpus_; }
  [[nodiscard]] std::span<const Preset> presets() const { return presets_; }
  [[nodiscard]] std::span<const StorageFormat> formats() const { return formats_; }  ///< those without parameters
  [[nodiscard]] std::span<const QuantizationRecipe> quantizations() const { return quantizations_; }
  [[nodiscard]] std::span<const Optimizer> optimizers() const { return optimizers_; }
  [[nodiscard]] std::span<const TrainingStack> stacks() const { return stacks_; }
  [[nodiscard]] JsonView rules() const { return document_.root()["rules"]["thumb"]; }

  /// Look-ups by id.  Errors  unknown_id with the nearest id as the hint
  [[nodiscard]] Result<const Gpu*> gpu(std::string_view id, std::string where) const;
  [[nodiscard]] Result<const Preset*> preset(std::string_view id, std::string where) const;
  [[nodiscard]] Result<const StorageFormat*> format(std::string_view id, std::string where) const;
  [[nodiscard]] Result<const FormatTemplate*> format_template(std::string_view id, std::string where) const;
  [[nodiscard]] Result<const QuantizationRecipe*> quantization(std::string_view id, std::string where) const;
  [[nodiscard]] Result<const Engine*> engine(std::string_view id, std::string where) const;
  [[nodiscard]] Result<const PrecisionRecipe*> precision(std::string_view id, std::string where) const;
  [[nodiscard]] Result<const TrainingStack*> stack(std::string_view id, std::string where) const;
  [[nodiscard]] Result<const Optimizer*> optimizer(std::string_view id, std::string where) const;
  /// The format that ggml, and so a GGUF file, gives this number; null where it has none or had it once.
  [[nodiscard]] const StorageFormat* ggml_format(u64 number) const;
  [[nodiscard]] const MemoryClass* memory_class(std::string_view id) const;

 private:
  explicit Catalog(JsonDocument document) : document_(std::move(document)) {}

  JsonDocument document_;
  std::string_view date_;
  std::vector<Gpu> gpus_;
  std::vector<MemoryClass> memory_classes_;
  std::vector<FormatTemplate> templates_;
  std::vector<StorageFormat> formats_;  ///< of the templates, those without parameters
  std::vector<QuantizationRecipe> quantizations_;
  std::vector<Engine> engines_;
  std::vector<Preset> presets_;
  std::vector<Optimizer> optimizers_;
  std::vector<PrecisionRecipe> precisions_;
  std::vector<TrainingStack> stacks_;
};

}  // namespace plimsoll
