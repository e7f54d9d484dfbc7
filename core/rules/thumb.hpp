#pragma once
/// The popular rules of thumb, computed as they are taught. They stand beside the exact answer and are never a fallback for it.

#include "catalog/catalog.hpp"
#include "rules/rule_comparison.hpp"

namespace plimsoll {

/// The rules' own numbers, from catalog/rules/thumb.json. Every function gives decimal bytes, as the rules count.
class Thumb {
 public:
  explicit Thumb(JsonView rules) : rules_(rules) {}

  /// R1 and R6: parameters * bytes of the data type, which a recipe of its width may stand for. Nothing for a type that the rules do not name.
  [[nodiscard]] std::optional<u64> load(u64 parameters, std::string_view format) const;
  /// Which of the two rules names the data type: "R1" or "R6".
  [[nodiscard]] std::string_view rule_of(std::string_view format) const;
  /// R2: parameters * (FP32 weights + Adam's two FP32 states).
  [[nodiscard]] u64 optimizer(u64 parameters) const;
  /// R2 and R3: bytes of one parameter that Adam is said to keep.
  [[nodiscard]] u64 optimizer_bytes() const;
  /// R2: bytes of one parameter that its weight is said to take in training.
  [[nodiscard]] u64 weight_bytes() const;
  /// R3: parameters * (weights of the data type + optimizer) * safety factor; `factor` counts from 0, the default.
  [[nodiscard]] std::optional<u64> training(u64 parameters, std::string_view format, std::size_t factor) const;
  /// R4: a share of a total; "low" or "high".
  [[nodiscard]] u64 activations(u64 total, std::string_view end) const;
  [[nodiscard]] u64 activation_permille(std::string_view end) const;
  /// T2, O3, O4: what is left of an amount after a claimed reduction; "flash_attention", "int8", ...
  [[nodiscard]] std::optional<u64> after_claim(std::string_view id, u64 amount) const;
  /// O3, O4: the claimed reduction in thousandths.
  [[nodiscard]] std::optional<u64> claimed_permille(std::string_view id) const;
  /// T2: the reduction against FP32 that is claimed for weights of the bits of this data type, or of the one that a recipe stands for.
  [[nodiscard]] std::optional<u64> quantization_claim(std::string_view format) const;
  /// T4: the nominal parameter count of the row whose worked model this is.
  [[nodiscard]] std::optional<u64> nominal_of(std::string_view preset) const;

  [[nodiscard]] JsonView rules() const { return rules_; }

 private:
  [[nodiscard]] JsonView data_type(std::string_view format) const;
  [[nodiscard]] JsonView reduction(std::string_view id) const;
  JsonView rules_;
};

/// Table T4 and its data types: each worked model in each type, the rule beside the exact weights, and what training it allocates.
///
/// Assumes  training: one sequence of 2048 tokens, torch's AdamW, SDPA, nothing computed twice; adapters of rank 16 on all linear
///          layers, QLoRA's base in NF4 with double quantisation
/// Source   intro-article
/// Tested   tests/core/thumb_test.cpp
Result<RuleTable> rule_table(const Catalog& catalog);

}  // namespace plimsoll
