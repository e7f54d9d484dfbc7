#include "storage/storage_format.hpp"

namespace plimsoll {

u32 StorageFormat::whole_bytes() const {
  if (parts.size() != 1 || parts[0].elements_per_item != 1 || parts[0].item_bits % 8 != 0) return 0;
  return parts[0].item_bits / 8;
}

Checked row_bytes(u64 elements, const StorageFormat& format) {
  Checked bytes;
  for (const FormatPart& part : format.parts)
    bytes = bytes + ceil_div(ceil_div(elements, part.elements_per_item) * u64{part.item_bits}, 8);
  return bytes;
}

std::string_view QuantizationRecipe::format_for(std::string_view role) const {
  for (const RecipeRule& rule : rules)
    for (const std::string_view held : rule.roles)
      if (held == "*" || held == role) return rule.format;
  return {};
}

}  // namespace plimsoll
