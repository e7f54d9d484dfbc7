#include "storage/precision_plan.hpp"

#include "messages.hpp"

namespace plimsoll {
Result<PrecisionPlan> precision_plan(const QuantizationRecipe& recipe, std::string_view dtype, const Catalog& catalog, const std::string& where) {
  PrecisionPlan plan;
  PLIMSOLL_TRY(const StorageFormat* own, catalog.format(dtype, where));
  PLIMSOLL_TRY(const StorageFormat* full, catalog.format("fp32", where));
  std::vector<const StorageFormat*> of_rule;
  for (const RecipeRule& rule : recipe.rules) {
    if (rule.format == models_dtype) {
      of_rule.push_back(own);
      continue;
    }
    PLIMSOLL_TRY(const StorageFormat* format, catalog.format(rule.format, where));
    of_rule.push_back(format);
  }
  for (std::size_t role = 0; role < plan.linear.size(); ++role) {
    for (const bool is_linear : {true, false}) {
      const RecipeRule* rule = recipe.rule_for(EnumNames<Role>::names[role], is_linear);
      if (rule == nullptr) return make_error(Say::unknown_id, where, {"format", EnumNames<Role>::names[role], models_dtype});
      const StorageFormat* format = of_rule[static_cast<std::size_t>(rule - recipe.rules.data())];
      (is_linear ? plan.linear : plan.others)[role] = static_cast<Role>(role) == Role::buffer ? full : format;
    }
  }
  return plan;
}

}  // namespace plimsoll
