#include "rules/thumb.hpp"

namespace plimsoll {
namespace {

u64 times(u64 amount, JsonView ratio) {
  return (Checked{amount} * ratio["num"].whole().value_or(0) / ratio["den"].whole().value_or(1)).value;
}

JsonView entry(JsonView list, std::string_view key, std::string_view value) {
  for (std::size_t i = 0; i < list.size(); ++i)
    if (list.at(i)[key].string() == value) return list.at(i);
  return {};
}

}  // namespace

JsonView Thumb::data_type(std::string_view format) const {
  const JsonView types = rules_["data_types"];
  for (std::size_t i = 0; i < types.size(); ++i) {
    if (types.at(i)["format"].string() == format) return types.at(i);
    const JsonView others = types.at(i)["stands_for"];
    for (std::size_t j = 0; j < others.size(); ++j)
      if (others.at(j).string() == format) return types.at(i);
  }
  return {};
}

JsonView Thumb::reduction(std::string_view id) const {
  for (const std::string_view list : {"quantization_claims", "optimization_claims"}) {
    const JsonView found = entry(rules_[list], "id", id)["claimed_reduction"];
    if (found.present()) return found;
  }
  return {};
}

std::optional<u64> Thumb::load(u64 parameters, std::string_view format) const {
  const JsonView type = data_type(format);
  if (!type.present()) return std::nullopt;
  return times(parameters, type["bytes_per_parameter"]);
}

std::string_view Thumb::rule_of(std::string_view format) const { return data_type(format)["rule"].string().value_or(""); }

u64 Thumb::optimizer_bytes() const { return rules_["optimizer_bytes_per_parameter"].whole().value_or(0); }
u64 Thumb::weight_bytes() const { return rules_["training_weight_bytes_per_parameter"].whole().value_or(0); }
u64 Thumb::optimizer(u64 parameters) const { return (Checked{parameters} * (weight_bytes() + optimizer_bytes())).value; }

std::optional<u64> Thumb::training(u64 parameters, std::string_view format, std::size_t factor) const {
  const auto weights = load(parameters, format);
  if (!weights) return std::nullopt;
  const u64 states = (Checked{parameters} * optimizer_bytes()).value;
  return times(*weights + states, rules_["safety_factors"].at(factor));
}

u64 Thumb::activations(u64 total, std::string_view end) const { return times(total, rules_["activation_share"][end]); }
u64 Thumb::activation_permille(std::string_view end) const { return times(1000, rules_["activation_share"][end]); }

std::optional<u64> Thumb::after_claim(std::string_view id, u64 amount) const {
  const JsonView claimed = reduction(id);
  if (!claimed.present()) return std::nullopt;
  return amount - times(amount, claimed);
}

std::optional<u64> Thumb::claimed_permille(std::string_view id) const {
  const JsonView claimed = reduction(id);
  if (!claimed.present()) return std::nullopt;
  return times(1000, claimed);
}

std::optional<u64> Thumb::quantization_claim(std::string_view format) const {
  const auto bits = data_type(format)["bits"].whole();
  const JsonView claims = rules_["quantization_claims"];
  for (std::size_t i = 0; bits && i < claims.size(); ++i)
    if (claims.at(i)["weight_bits"].whole() == bits) return times(1000, claims.at(i)["claimed_reduction"]);
  return std::nullopt;
}

std::optional<u64> Thumb::nominal_of(std::string_view preset) const {
  return entry(rules_["recommendations"], "counterpart", preset)["parameter_count"].whole();
}

}  // namespace plimsoll
