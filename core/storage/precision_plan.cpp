#include "storage/precision_plan.hpp"

namespace plimsoll {

Result<PrecisionPlan> precision_plan(const QuantizationRecipe& recipe, std::string_view dtype, const Catalog& catalog, const std::string& where) {
  PrecisionPlan plan;
  for (std::size_t role = 0; role < plan.linear.size(); ++role) {
    for (const bool is_linear : {true, false}) {
      std::string_view id = recipe.format_for(EnumNames<Role>::names[role], is_linear);
      if (id == models_dtype) id = dtype;
      if (static_cast<Role>(role) == Role::buffer) id = "fp32";
      PLIMSOLL_TRY(const StorageFormat* format, catalog.format(id, where));
      (is_linear ? plan.linear : plan.others)[role] = format;
    }
  }
  return plan;
}

}  // namespace plimsoll
