#pragma once
/// What every block needs to run on the ledger: the ledger, the values of the symbols, and how the pass computes.

#include "inference/forward_pass.hpp"
#include "model/blocks.hpp"
#include "parallel/placement.hpp"
#include "report/ledger.hpp"

namespace plimsoll {

/// Accounts of the ledger: the three nodes under a pass.
inline constexpr u8 in_cache = 0, in_activations = 1, in_logits = 2;

/// Catalogue sources of the items.
namespace source {
inline constexpr std::string_view generation = "transformers-generation", cache = "transformers-cache-utils",
                                  masking = "transformers-masking", attention = "transformers-attention",
                                  kernels = "torch-attention-kernels", experts = "transformers-moe", products = "bitsandbytes-products";
}

struct PassContext {
  Ledger& ledger;
  const ForwardPass& pass;
  const RankShare& rank;
  Values values;

  Hold hold(const LedgerItem& item) { return ledger.hold(item, values); }
  void spike(const LedgerItem& item) { ledger.spike(item, values); }
  /// fp32 compute makes no fp32 copies: `.to(float32)` gives the tensor itself.
  [[nodiscard]] bool widens() const { return pass.dtype != ComputeDtype::fp32; }
  [[nodiscard]] bool eager() const { return pass.attention == AttentionImplementation::eager; }
};

/// An item of the activations account.
consteval LedgerItem activation(const char* id, const char* formula, std::string_view from = source::generation) {
  return {id, Formula(formula), from, in_activations};
}

}  // namespace plimsoll
