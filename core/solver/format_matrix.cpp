#include "solver/format_matrix.hpp"

#include <algorithm>

#include "estimate.hpp"
#include "messages.hpp"
#include "rules/reasons.hpp"
#include "rules/thumb.hpp"
#include "solver/capacity.hpp"

namespace plimsoll {
namespace {

/// The model in one data type, on one device and as asked: what savings are counted from.
struct Beside {
  u64 weights = 0, needed = 0;
};

i64 saved_permille(u64 part, u64 whole) { return 1000 - static_cast<i64>(permille_of(part, whole)); }

u64 millibits(u64 bytes, u64 parameters) {
  if (parameters == 0) return 0;
  return static_cast<u64>(static_cast<double>(bytes) * 8000.0 / static_cast<double>(parameters) + 0.5);
}

class Matrix {
 public:
  Matrix(const FormatMatrixRequest& asked, const std::shared_ptr<const LoadedModel>& model, const Catalog& catalog)
      : asked_(asked), model_(model), catalog_(catalog), thumb_(catalog.rules()) {}

  Result<FormatMatrix> make() {
    const ModelSpec& spec = model_->spec;
    const std::string dtype = spec.dtype && enum_from<ComputeDtype>(*spec.dtype) ? *spec.dtype : "bf16";
    PLIMSOLL_TRY(const FormatRow full, row("fp32", false));
    PLIMSOLL_TRY(const FormatRow own, row(dtype, false));
    fp32_ = {full.weights_bytes, full.needed_bytes};
    dtype_ = {own.weights_bytes, own.needed_bytes};
    FormatMatrix out{.parameter_count = model_->inventory.parameter_count, .dtype = dtype, .rows = {}};
    PLIMSOLL_TRY(FormatRow first, row(std::nullopt, true));
    out.rows.push_back(std::move(first));
    for (const std::string& format : formats()) {
      auto made = row(format, true);
      if (made.ok()) {
        out.rows.push_back(std::move(made.value()));
      } else {
        out.rows.push_back({.weight_format = format, .resolved = format, .engine_loads = loads(format), .claimed_permille = {}, .error = made.error(),
                            .cells = {}});
      }
    }
    return out;
  }

 private:
  [[nodiscard]] std::vector<std::string> formats() const {
    if (asked_.weight_formats) return *asked_.weight_formats;
    std::vector<std::string> all;
    for (const QuantizationRecipe& recipe : catalog_.quantizations()) all.emplace_back(recipe.id);
    return all;
  }

  /// The plan for a format, the whole model on one device.
  [[nodiscard]] Result<Plan> plan_for(const std::optional<std::string>& format) const {
    Request request = asked_.request;
    request.device.reset();
    request.parallel = {};
    if (format) request.weight_format = format;
    return make_plan(request, model_, catalog_);
  }

  Result<FormatRow> row(const std::optional<std::string>& format, bool with_cells) {
    PLIMSOLL_TRY(Plan plan, plan_for(format));
    FormatRow out{.weight_format = format ? format : asked_.request.weight_format, .resolved = plan.weight_format, .engine_loads = loads(plan.weight_format),
                  .claimed_permille = thumb_.quantization_claim(plan.weight_format), .error = {}, .cells = {}};
    const auto recipe = catalog_.quantization(plan.weight_format, "request.weight_format");
    out.idealised = recipe.ok() && recipe.value()->uniform() && recipe.value()->policy == RecipePolicy::roles && !enum_from<ComputeDtype>(plan.weight_format);
    out.weights_bytes = fixed_part(plan, plan.ranks.front()).weights_bytes;
    out.checkpoint_bytes = plan.checkpoint_bytes;
    out.millibits_per_parameter = millibits(out.weights_bytes, model_->inventory.parameter_count);
    out.saved_of_fp32_permille = saved_permille(out.weights_bytes, fp32_.weights);
    out.saved_of_dtype_permille = saved_permille(out.weights_bytes, dtype_.weights);
    if (asked_.request.device)
      if (auto error = place_on(plan, *asked_.request.device, asked_.request.parallel)) return *error;
    PLIMSOLL_TRY(const RankEstimate worst, estimate_worst(plan, false));
    out.needed_bytes = worst.needed_bytes;
    out.kv_cache_bytes = resting_cache_of(plan, plan.ranks.front());
    out.saved_of_needed_permille = saved_permille(out.needed_bytes, dtype_.needed);
    if (with_cells)
      for (const std::string& gpu : asked_.gpus) out.cells.push_back(cell(plan, gpu));
    return out;
  }

  /// The plan may lie on another device before; nothing of that is left.
  FormatCell cell(Plan& plan, const std::string& gpu) const {
    FormatCell out{.gpu = gpu, .longest_context = {}, .error = {}};
    const std::optional<u64> count = asked_.request.device ? asked_.request.device->device_count : std::nullopt;
    if ((out.error = place_on(plan, {gpu, count}, {}))) return out;
    out.usable_bytes = plan.memory.usable_bytes;
    out.longest_context = longest_context(plan);
    out.headroom_bytes = static_cast<i64>(out.usable_bytes) - static_cast<i64>(out.longest_context.needed_bytes);
    return out;
  }

  [[nodiscard]] std::optional<bool> loads(std::string_view format) const {
    const auto engine = catalog_.engine(asked_.request.engine, "request.engine");
    if (!engine.ok() || engine.value()->weight_formats.empty() || format == as_checkpoint) return std::nullopt;
    const auto& known = engine.value()->weight_formats;
    return std::find(known.begin(), known.end(), format) != known.end();
  }

  const FormatMatrixRequest& asked_;
  const std::shared_ptr<const LoadedModel>& model_;
  const Catalog& catalog_;
  Thumb thumb_;
  Beside fp32_, dtype_;
};

}  // namespace

Result<FormatMatrix> format_matrix(const FormatMatrixRequest& asked, const std::shared_ptr<const LoadedModel>& model, const Catalog& catalog) {
  if (std::holds_alternative<TrainingWorkload>(asked.request.workload))
    return make_error(Say::no_such_kind, "request.request.workload.kind", {"training", "inference"});
  for (std::size_t i = 0; i < asked.gpus.size(); ++i) {
    PLIMSOLL_TRY([[maybe_unused]] const Gpu* known, catalog.gpu(asked.gpus[i], "request.gpus[" + std::to_string(i) + "]"));
  }
  if (asked.weight_formats)
    for (std::size_t i = 0; i < asked.weight_formats->size(); ++i) {
      PLIMSOLL_TRY([[maybe_unused]] const QuantizationRecipe* known,
                   catalog.quantization((*asked.weight_formats)[i], "request.weight_formats[" + std::to_string(i) + "]"));
    }
  return Matrix(asked, model, catalog).make();
}

}  // namespace plimsoll
