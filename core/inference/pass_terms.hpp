#pragma once
/// The node of a pass in the tree, from what its ledger held at the peak.

#include "inference/pass_context.hpp"
#include "report/term.hpp"

namespace plimsoll {

/// Adds `pass.id` with the accounts "kv_cache", "activations" and "logits" as children. Equal layers in the same state are one leaf.
void add_peak(TermTree& tree, const Ledger& ledger, const ForwardPass& pass, const RankShare& rank);

}  // namespace plimsoll
