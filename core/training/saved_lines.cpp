#include "training/saved_lines.hpp"

namespace plimsoll {
namespace {

/// What a compiled layer keeps is not promised: public figures lie up to 15 % below and 10 % above.
Claim claim_of(const LedgerItem& item, const Values& v, const TrainingPass& pass) {
  if (!pass.compiled()) return {.source = item.source};
  const u64 bytes = item.formula.evaluate(v).value;
  return {.source = source::partitioner, .basis = Basis::assumed, .low = bytes - bytes / 100 * 15, .high = bytes + bytes / 100 * 10};
}

}  // namespace

void add_line(TermTree& tree, const Tape& tape, const Tape::Line& line, u64 layers) {
  if (line.bytes == 0) return;
  Values v = line.values;
  v[Symbol::L] = layers;
  tree.leaf(line.item->id, line.item->formula, v, claim_of(*line.item, v, tape.pass()));
}

void add_lines(TermTree& tree, const Tape& tape, u64 layers) {
  for (const Tape::Line& line : tape.lines())
    if (line.saved) add_line(tree, tape, line, layers);
}

}  // namespace plimsoll
