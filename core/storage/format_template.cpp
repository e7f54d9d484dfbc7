#include "storage/format_template.hpp"

#include <algorithm>
#include <array>

#include "messages.hpp"

namespace plimsoll {
namespace {

/// Binds numbers and remembers the first parameter that has no value.
class Binder {
 public:
  explicit Binder(std::span<const Parameter> parameters) : parameters_(parameters) {}

  u32 operator()(const Amount& amount) {
    if (amount.parameter.empty()) return amount.value;
    if (const auto bound = value_of(parameters_, amount.parameter)) return *bound;
    if (missing.empty()) missing = amount.parameter;
    return 0;
  }
  AxisOf<u32> operator()(const AxisOf<Amount>& axis) {
    return {axis.one, (*this)(axis.group), axis.drops_rest, (*this)(axis.pack_bits), (*this)(axis.word_bits), axis.drops_word};
  }
  bool holds(const PartTemplate& part) {
    if (!part.when.empty() && (*this)(Amount{1, part.when}) == 0) return false;
    return part.unless.empty() || (*this)(Amount{1, part.unless}) == 0;
  }

  std::string_view missing;

 private:
  std::span<const Parameter> parameters_;
};

bool written(const AxisOf<Amount>& axis) {
  return axis.group.parameter.empty() && axis.pack_bits.parameter.empty() && axis.word_bits.parameter.empty();
}

}  // namespace

std::optional<u32> value_of(std::span<const Parameter> parameters, std::string_view name) {
  for (const Parameter& parameter : parameters)
    if (parameter.name == name) return parameter.value;
  return std::nullopt;
}

bool FormatTemplate::plain() const {
  return std::all_of(parts.begin(), parts.end(), [](const PartTemplate& part) {
    const auto words = {part.item_bits.parameter, part.elements_per_item.parameter, part.items.parameter, part.when, part.unless};
    return written(part.outputs) && written(part.inputs) && std::all_of(words.begin(), words.end(), [](std::string_view used) { return used.empty(); });
  });
}

Result<StorageFormat> bind_format(const FormatTemplate& format, std::span<const Parameter> parameters, const std::string& where) {
  Binder bind(parameters);
  StorageFormat bound{.id = format.id, .name = format.name, .source = format.source, .parts = {}, .product = format.product,
                      .ggml_type = format.ggml_type, .kv_cache = format.kv_cache, .bias = format.bias, .bounded = format.bounded};
  for (const PartTemplate& part : format.parts) {
    if (!bind.holds(part)) continue;
    bound.parts.push_back({part.name, bind(part.item_bits), bind(part.elements_per_item), part.counted, bind(part.items), part.tensor,
                           bind(part.outputs), bind(part.inputs), part.held, part.second_of_pair, part.joined});
  }
  if (!bind.missing.empty()) return make_error(Say::field_missing, where, {bind.missing});
  return bound;
}

}  // namespace plimsoll
