#include "checkpoint/stored_types.hpp"

#include <array>

namespace plimsoll {
namespace {

constexpr auto types = std::to_array<StoredType>({
    {"BF16", 1, 16}, {"F16", 1, 16},     {"F32", 1, 32},     {"F64", 1, 64},     {"F8_E4M3", 1, 8}, {"F8_E5M2", 1, 8}, {"F8_E8M0", 1, 8},
    {"F4", 1, 4},    {"F6_E2M3", 1, 6},  {"F6_E3M2", 1, 6},  {"I8", 1, 8},       {"I16", 1, 16},    {"I32", 1, 32},    {"I64", 1, 64},
    {"U8", 1, 8},    {"U16", 1, 16},     {"U32", 1, 32},     {"U64", 1, 64},     {"BOOL", 1, 8},    {"C64", 1, 64},
    {"F8_E4M3FNUZ", 1, 8}, {"F8_E5M2FNUZ", 1, 8},
});

}  // namespace

std::optional<StoredType> safetensors_type(std::string_view name) {
  for (const StoredType& type : types)
    if (type.name == name) return type;
  return std::nullopt;
}

Checked stored_bytes(const StoredType& type, Checked elements) {
  return ceil_div(ceil_div(elements, type.block_elements) * u64{type.block_bits}, 8);
}

}  // namespace plimsoll
