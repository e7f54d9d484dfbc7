#include "catalog/catalog.hpp"

#include <algorithm>

#include "catalog/read_format.hpp"
#include "catalog/read_optimizer.hpp"
#include "messages.hpp"
#include "nearest.hpp"

namespace plimsoll {
namespace {

std::string_view text(JsonView value) { return value.string().value_or(""); }
u64 whole(JsonView value) { return value.whole().value_or(0); }
Basis basis(JsonView value) { return enum_from<Basis>(text(value["basis"])).value_or(Basis::assumed); }

std::optional<Fact> fact(JsonView value) {
  if (!value.present()) return std::nullopt;
  return Fact{whole(value["value"]), basis(value), text(value["source"])};
}

Gpu read_gpu(JsonView json) {
  Gpu gpu{.id = text(json["id"]), .name = text(json["name"]), .vendor = text(json["vendor"]),
          .marketed_memory = text(json["marketed_memory"]), .memory_class = text(json["memory_class"]), .nominal_mib = {},
          .driver_total_mib = {}, .process_total_mib = {}, .bandwidth_bytes_per_second = {}};
  gpu.devices = static_cast<u32>(std::clamp<u64>(json["devices"].whole().value_or(1), 1, 64));
  gpu.nominal_mib = fact(json["memory"]["nominal_mib"]);
  gpu.driver_total_mib = fact(json["memory"]["driver_total_mib"]);
  gpu.process_total_mib = fact(json["memory"]["process_total_mib"]);
  constexpr double fastest = 1e6;  // GB/s; beyond it is a mistake
  if (const auto bandwidth = json["bandwidth_gb_per_second"]["value"].number(); bandwidth && *bandwidth > 0 && *bandwidth < fastest)
    gpu.bandwidth_bytes_per_second = static_cast<u64>(*bandwidth * 1e9 + 0.5);
  return gpu;
}

MemoryClass read_memory_class(std::string_view id, JsonView json) {
  MemoryClass c{.id = id, .driver_loss = {}, .process_reserve_mib = {}, .shares = {}};
  const JsonView loss = json["driver_loss"];
  c.driver_loss_ppm = whole(loss["ppm_of_nominal"]);
  c.driver_loss_mib = whole(loss["mib"]);
  c.driver_loss = {0, basis(loss), text(loss["source"])};
  const JsonView reserve = json["process_reserve"];
  c.process_reserve_mib = {whole(reserve["mib"]), basis(reserve), text(reserve["source"])};
  const JsonView shares = json["shares"];
  for (std::size_t i = 0; i < shares.size(); ++i) {
    const JsonView share = shares.at(i);
    c.shares.push_back({share["up_to_nominal_mib"].whole(), static_cast<u32>(whole(share["num"])), static_cast<u32>(whole(share["den"])),
                        basis(share), text(share["source"])});
  }
  return c;
}

std::vector<std::string_view> texts(JsonView list) {
  std::vector<std::string_view> out;
  for (std::size_t i = 0; i < list.size(); ++i) out.push_back(text(list.at(i)));
  return out;
}

Engine read_engine(std::string_view id, JsonView json) {
  Engine engine{.id = id, .name = text(json["name"]), .overheads = {}, .training_reserve = {}, .weight_formats = texts(json["weight_formats"]["values"])};
  const JsonView overheads = json["overheads"];
  for (std::size_t i = 0; i < overheads.size(); ++i) {
    Overhead overhead{.id = text(overheads.at(i)["id"]), .values = {}};
    overhead.tensor_parallel_only = text(overheads.at(i)["applies"]) == "tensor_parallel";
    const JsonView values = overheads.at(i)["values"];
    for (std::size_t j = 0; j < values.size(); ++j) {
      const JsonView v = values.at(j);
      overhead.values.push_back({texts(v["vendors"]), whole(v["bytes"]), whole(v["low_bytes"]), whole(v["high_bytes"]), basis(v), text(v["source"])});
    }
    engine.overheads.push_back(std::move(overhead));
  }
  const JsonView reserve = json["training_reserve"];
  engine.training_reserve = {whole(reserve["permille"]), whole(reserve["low_permille"]), whole(reserve["high_permille"]), text(reserve["source"])};
  return engine;
}

PrecisionRecipe read_precision(std::string_view id, JsonView json) {
  return {.id = id, .name = text(json["name"]), .source = text(json["source"]), .basis = basis(json),
          .compute = enum_from<TrainingPrecision>(text(json["compute"])).value_or(TrainingPrecision::bf16), .weights = text(json["weights"]),
          .gradients = text(json["gradients"]), .master_weights = text(json["master_weights"]), .master_gradients = text(json["master_gradients"]),
          .gradients_stay = json["gradients_stay"].boolean().value_or(false)};
}

TrainingStack read_stack(std::string_view id, JsonView json) {
  return {.id = id, .name = text(json["name"]), .source = text(json["source"]), .defaults = json["defaults"],
          .by_method = json["by_method"], .linear_names = json["linear_names"].present(), .launch = json["launch"]};
}

template <class T, class Read>
void read_all(std::vector<T>& out, JsonView object, Read read) {
  out.reserve(object.size());
  for (std::size_t i = 0; i < object.size(); ++i) out.push_back(read(object.key_at(i), object.at(i)));
}

template <class T>
Result<const T*> look_up(const std::vector<T>& entries, std::string_view id, std::string where, std::string_view kind) {
  Nearest nearest(id);
  for (const T& entry : entries)
    if (entry.id == id) return &entry;
  for (const T& entry : entries) nearest.offer(entry.id);
  return make_error(Say::unknown_id, std::move(where), {kind, cut(id, 80), nearest.best()});
}

}  // namespace

const OverheadValue* Overhead::for_vendor(std::string_view vendor) const {
  for (const OverheadValue& value : values)
    for (const std::string_view known : value.vendors)
      if (known == vendor || known == "*") return &value;
  return nullptr;
}

JsonView TrainingStack::value(TrainingMethod method, std::string_view field) const {
  const JsonView own = by_method[name_of(method)][field]["value"];
  return own.present() ? own : defaults[field]["value"];
}

Result<Catalog> Catalog::load(std::string_view text_of_catalog) {
  PLIMSOLL_TRY(JsonDocument document, JsonDocument::parse(text_of_catalog, "catalog", 4 * json_text_limit));
  Catalog catalog(std::move(document));
  const JsonView root = catalog.document_.root();
  if (root.kind() != JsonView::Kind::object) return make_error(Say::not_an_object, "catalog", {root.shown()});
  for (const std::string_view key : {"gpus", "memory_classes", "formats", "quantizations", "engines", "models"})
    if (!root[key].present()) return make_error(Say::field_missing, "catalog." + std::string(key), {key});
  catalog.date_ = text(root["date"]);
  for (std::size_t i = 0; i < root["gpus"].size(); ++i) catalog.gpus_.push_back(read_gpu(root["gpus"].at(i)));
  for (std::size_t i = 0; i < root["models"].size(); ++i) {
    const JsonView model = root["models"].at(i);
    catalog.presets_.push_back({text(model["id"]), text(model["name"]), text(model["source"]), model["config"]});
  }
  read_all(catalog.memory_classes_, root["memory_classes"], read_memory_class);
  read_all(catalog.templates_, root["formats"], read_format);
  for (const FormatTemplate& format : catalog.templates_) {
    if (!format.plain()) continue;
    PLIMSOLL_TRY(StorageFormat bound, bind_format(format, {}, "catalog.formats"));
    catalog.formats_.push_back(std::move(bound));
  }
  for (std::size_t i = 0; i < root["quantizations"].size(); ++i) {
    PLIMSOLL_TRY(QuantizationRecipe recipe, read_recipe(root["quantizations"].key_at(i), root["quantizations"].at(i)));
    catalog.quantizations_.push_back(std::move(recipe));
  }
  read_all(catalog.engines_, root["engines"], read_engine);
  read_all(catalog.optimizers_, root["optimizers"], read_optimizer);
  read_all(catalog.precisions_, root["precisions"], read_precision);
  read_all(catalog.stacks_, root["stacks"], read_stack);
  return catalog;
}

Result<const Gpu*> Catalog::gpu(std::string_view id, std::string where) const { return look_up(gpus_, id, std::move(where), "GPU"); }
Result<const Preset*> Catalog::preset(std::string_view id, std::string where) const { return look_up(presets_, id, std::move(where), "model"); }
Result<const StorageFormat*> Catalog::format(std::string_view id, std::string where) const { return look_up(formats_, id, std::move(where), "format"); }
Result<const FormatTemplate*> Catalog::format_template(std::string_view id, std::string where) const {
  return look_up(templates_, id, std::move(where), "format");
}
const StorageFormat* Catalog::ggml_format(u64 number) const {
  for (const StorageFormat& format : formats_)
    if (format.ggml_type == number) return &format;
  return nullptr;
}
Result<const QuantizationRecipe*> Catalog::quantization(std::string_view id, std::string where) const {
  return look_up(quantizations_, id, std::move(where), "format");
}
Result<const Engine*> Catalog::engine(std::string_view id, std::string where) const { return look_up(engines_, id, std::move(where), "engine"); }
Result<const PrecisionRecipe*> Catalog::precision(std::string_view id, std::string where) const {
  return look_up(precisions_, id, std::move(where), "precision");
}
Result<const TrainingStack*> Catalog::stack(std::string_view id, std::string where) const { return look_up(stacks_, id, std::move(where), "stack"); }
Result<const Optimizer*> Catalog::optimizer(std::string_view id, std::string where) const {
  return look_up(optimizers_, id, std::move(where), "optimizer");
}

const MemoryClass* Catalog::memory_class(std::string_view id) const {
  for (const MemoryClass& c : memory_classes_)
    if (c.id == id) return &c;
  return nullptr;
}

}  // namespace plimsoll
