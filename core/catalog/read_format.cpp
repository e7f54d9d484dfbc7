#include "catalog/read_format.hpp"

namespace plimsoll {
namespace {

std::string_view text(JsonView value) { return value.string().value_or(""); }

/// A number as it is written, or the name of a parameter.
Amount amount(JsonView value, u32 otherwise = 1) {
  if (const auto name = value.string()) return {otherwise, *name};
  return {static_cast<u32>(value.whole().value_or(otherwise))};
}

AxisOf<Amount> read_axis(JsonView json) {
  if (!json.present()) return {};
  return {.one = false, .group = amount(json["group"]), .drops_rest = text(json["rest"]) == "dropped", .pack_bits = amount(json["pack_bits"]),
          .word_bits = amount(json["word_bits"]), .drops_word = text(json["last_word"]) == "dropped"};
}

PartTemplate read_part(JsonView json) {
  PartTemplate part;
  part.name = text(json["name"]);
  part.item_bits = amount(json["item_bits"]);
  part.elements_per_item = amount(json["elements_per_item"]);
  part.counted = enum_from<Counted>(text(json["counted"])).value_or(Counted::row);
  part.items = amount(json["items"]);
  part.tensor = text(json["tensor"]);
  part.outputs = read_axis(json["outputs"]);
  part.inputs = read_axis(json[part.counted == Counted::flat ? "elements" : "inputs"]);
  part.held = enum_from<Held>(text(json["held"])).value_or(Held::everywhere);
  part.second_of_pair = json["second_of_pair"].boolean().value_or(false);
  part.joined = json["joined"].boolean().value_or(false);
  part.when = text(json["when"]);
  part.unless = text(json["unless"]);
  return part;
}

Product read_product(JsonView json) {
  return {.way = enum_from<ProductWay>(text(json["way"])).value_or(ProductWay::direct), .fused_rows = json["fused_rows"].whole().value_or(0),
          .unfused_rows = json["unfused_rows"].whole().value_or(0), .fused_multiple = json["fused_multiple"].whole().value_or(1),
          .scale_elements = json["scale_elements"].whole().value_or(0), .source = text(json["source"])};
}

}  // namespace

FormatTemplate read_format(std::string_view id, JsonView json) {
  FormatTemplate format{.id = id, .name = text(json["name"]), .source = text(json["source"]), .parts = {}, .product = read_product(json["product"]),
                        .ggml_type = {}, .kv_cache = json["kv_cache"].boolean().value_or(false), .bias = text(json["bias"]),
                        .bounded = json["bounded"].boolean().value_or(false), .limits = {}, .group_choice = {},
                        .halves_groups = json["halves_groups"].boolean().value_or(false)};
  if (const auto number = json["ggml_type"].whole()) format.ggml_type = static_cast<u32>(*number);
  format.limits = {amount(json["inputs_multiple"]), amount(json["outputs_multiple"])};
  for (std::size_t i = 0; i < json["parts"].size(); ++i) format.parts.push_back(read_part(json["parts"].at(i)));
  for (std::size_t i = 0; i < json["group_choice"].size(); ++i) format.group_choice.push_back(static_cast<u32>(json["group_choice"].at(i).whole().value_or(1)));
  return format;
}

Result<QuantizationRecipe> read_recipe(std::string_view id, JsonView json) {
  QuantizationRecipe recipe{.id = id, .name = text(json["name"]), .source = text(json["source"]), .rules = {}};
  if (const JsonView settings = json["quantization_config"]; settings.present()) {
    PLIMSOLL_TRY(recipe.as_checkpoint, read_quantization(settings, "catalog.quantizations." + std::string(id)));
  }
  for (std::size_t i = 0; i < json["rules"].size(); ++i) {
    const JsonView rule = json["rules"].at(i);
    RecipeRule read{.roles = {}, .format = text(rule["format"]), .only = enum_from<RecipeTensors>(text(rule["only"])).value_or(RecipeTensors::every)};
    for (std::size_t r = 0; r < rule["roles"].size(); ++r) read.roles.push_back(text(rule["roles"].at(r)));
    recipe.rules.push_back(std::move(read));
  }
  if (const JsonView file = json["llama_file_type"]; file.present()) {
    recipe.policy = RecipePolicy::llama_file_type;
    recipe.file_type = text(file["name"]);
    recipe.base = text(file["base"]);
    recipe.rules.push_back({.roles = {"*"}, .format = models_dtype});
  }
  return recipe;
}

}  // namespace plimsoll
