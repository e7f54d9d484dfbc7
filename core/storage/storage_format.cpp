#include "storage/storage_format.hpp"

#include <algorithm>

#include "storage/quantization_recipe.hpp"

namespace plimsoll {

u32 StorageFormat::whole_bytes() const {
  if (parts.size() != 1 || !by_rows() || parts[0].elements_per_item != 1 || parts[0].item_bits % 8 != 0) return 0;
  return parts[0].item_bits / 8;
}

bool StorageFormat::by_rows() const {
  return std::all_of(parts.begin(), parts.end(), [](const FormatPart& part) { return part.counted == Counted::row; });
}

Checked row_bytes(u64 elements, const StorageFormat& format) {
  Checked bytes;
  for (const FormatPart& part : format.parts)
    bytes = bytes + ceil_div(ceil_div(elements, part.elements_per_item) * u64{part.item_bits}, 8);
  return bytes;
}

const RecipeRule* QuantizationRecipe::rule_for(std::string_view role, bool is_linear) const {
  for (const RecipeRule& rule : rules) {
    if (rule.only == RecipeTensors::linear && !is_linear) continue;
    for (const std::string_view held : rule.roles)
      if (held == "*" || held == role) return &rule;
  }
  return nullptr;
}

std::string_view QuantizationRecipe::format_for(std::string_view role, bool is_linear) const {
  const RecipeRule* rule = rule_for(role, is_linear);
  return rule == nullptr ? std::string_view{} : rule->format;
}

}  // namespace plimsoll
