#include "model/read_model.hpp"

#include <array>

#include "model/family.hpp"
#include "nearest.hpp"

namespace plimsoll {
namespace {

/// The checkpoint's own data type, as Transformers writes it ("dtype", before version 5 "torch_dtype").
std::optional<std::string> read_dtype(JsonView config) {
  struct Word {
    std::string_view torch, format;
  };
  static constexpr auto words = std::to_array<Word>(
      {{"bfloat16", "bf16"}, {"float16", "fp16"}, {"float32", "fp32"}, {"half", "fp16"}, {"float", "fp32"}, {"float8_e4m3fn", "fp8"}});
  for (const std::string_view key : {"dtype", "torch_dtype"}) {
    std::string_view name = config[key].string().value_or("");
    if (name.starts_with("torch.")) name.remove_prefix(6);
    for (const Word& word : words)
      if (word.torch == name) return std::string(word.format);
  }
  return std::nullopt;
}

RotaryScaling read_rotary_scaling(JsonView config) {
  for (const std::string_view key : {"rope_parameters", "rope_scaling"}) {
    for (const std::string_view kind : {"rope_type", "type"}) {
      const std::string_view word = config[key][kind].string().value_or("");
      if (word == "llama3") return RotaryScaling::llama3;
      if (word == "longrope" || word == "su") return RotaryScaling::longrope;
    }
  }
  return RotaryScaling::none;
}

}  // namespace

const Family* find_family(std::string_view model_type) {
  for (const Family* family : families())
    for (const std::string_view claimed : family->model_types)
      if (claimed == model_type) return family;
  return nullptr;
}

std::string_view nearest_model_type(std::string_view model_type) {
  Nearest nearest(model_type);
  for (const Family* family : families())
    for (const std::string_view claimed : family->model_types) nearest.offer(claimed);
  return nearest.best();
}

Result<ModelSpec> read_model(std::string_view config_text) {
  PLIMSOLL_TRY(const JsonDocument document, JsonDocument::parse(config_text, "config"));
  return read_model(document.root(), "config");
}

Result<ModelSpec> read_model(JsonView config, std::string path) {
  if (config.kind() != JsonView::Kind::object) return make_error(Say::not_an_object, std::move(path), {config.shown()});
  const JsonView type = config["model_type"];
  if (!type.present()) return make_error(Say::no_model_type, path + ".model_type");
  const auto model_type = type.string();
  if (!model_type) return make_error(Say::wrong_kind, path + ".model_type", {"\"llama\"", type.shown()});
  const Family* family = find_family(*model_type);
  if (family == nullptr) return make_error(Say::unknown_family, path + ".model_type", {cut(*model_type, 64), nearest_model_type(*model_type)});

  const std::string place = path;
  ConfigReader reader(config, std::move(path), family->aliases);
  Decoder decoder = read_decoder(reader, family->defaults);
  if (family->depart != nullptr) family->depart(reader, decoder);
  ModelSpec model = assemble(reader, decoder);
  if (reader.error()) return *reader.error();
  model.model_type = std::string(*model_type);
  model.family = family->id;
  model.liger = family->liger;
  model.gguf = family->gguf;
  model.rotary_scaling = read_rotary_scaling(config);
  model.source = family->source;
  model.dtype = read_dtype(config);
  PLIMSOLL_TRY(model.quantization, find_quantization(config, place));
  model.defaulted_keys = reader.take_defaulted();
  return model;
}

}  // namespace plimsoll
