#pragma once
/// Which parts of a model something applies to: an adapter, a freeze, a copy that is trained whole. A part is what one module holds.

#include <initializer_list>
#include <utility>
#include <vector>

#include "units.hpp"
#include "vocabulary.hpp"

namespace plimsoll {

/// A role; `ordinal` tells apart the norms of one layer, in the order in which they run. Stacked experts have two parts, the roles
/// expert_gate_up and expert_down, however a checkpoint stores them.
struct Part {
  Role role{};
  u8 ordinal = 0;
  bool operator==(const Part&) const = default;
};

class PartSet {
 public:
  constexpr PartSet() = default;
  constexpr PartSet(std::initializer_list<Part> parts) {
    for (const Part& part : parts) add(part);
  }
  constexpr void add(Part part) { bits_ |= bit(part); }
  constexpr void remove(PartSet other) { bits_ &= ~other.bits_; }
  [[nodiscard]] constexpr bool has(Part part) const { return (bits_ & bit(part)) != 0; }
  [[nodiscard]] constexpr bool empty() const { return bits_ == 0; }
  constexpr PartSet operator|(PartSet other) const {
    other.bits_ |= bits_;
    return other;
  }
  constexpr bool operator==(const PartSet&) const = default;

 private:
  /// Roles first; norms take what is behind them.
  static constexpr u64 bit(Part part) {
    const u64 roles = EnumNames<Role>::names.size();
    const u64 norm = part.role == Role::norm ? 0 : 8;
    const bool apart = (part.role == Role::norm || part.role == Role::attention_norm) && part.ordinal != 0;
    return u64{1} << (apart ? roles + norm + part.ordinal : static_cast<u64>(part.role));
  }
  u64 bits_ = 0;
};
static_assert(EnumNames<Role>::names.size() + 16 <= 64);

/// Parts of every layer, of single layers besides, and of what is outside the layers.
struct PartsByLayer {
  PartSet every, outside;
  std::vector<std::pair<u32, PartSet>> single;  ///< number of a decoder layer, and what it has besides

  [[nodiscard]] PartSet of_layer(u64 layer) const {
    PartSet set = every;
    for (const auto& [number, parts] : single)
      if (number == layer) set = set | parts;
    return set;
  }
  void add(u32 layer, Part part) { add(layer, PartSet{part}); }
  void add(u32 layer, PartSet more) {
    for (auto& [number, parts] : single) {
      if (number != layer) continue;
      parts = parts | more;
      return;
    }
    single.push_back({layer, more});
  }
  [[nodiscard]] bool empty() const { return every.empty() && outside.empty() && single.empty(); }
};

}  // namespace plimsoll
