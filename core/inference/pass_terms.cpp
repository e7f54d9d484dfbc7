#include "inference/pass_terms.hpp"

#include <algorithm>

namespace plimsoll {
namespace {

constexpr std::array<std::string_view, 3> account_ids = {"kv_cache", "activations", "logits"};
constexpr Formula plain_bytes{"m"};

/// Whether two lines are the same but for how many layers they stand for.
bool same_but_layers(const Ledger::Line& a, const Ledger::Line& b) {
  if (a.item != b.item) return false;
  bool layers = false, equal = true;
  a.item->formula.each_symbol([&](Symbol symbol) {
    layers = layers || symbol == Symbol::L;
    equal = equal && (symbol == Symbol::L || a.values[symbol] == b.values[symbol]);
  });
  return layers && equal;
}

/// The lines of an account in the order of being held; lines that differ in their layers alone are one.
std::vector<Ledger::Line> merged(const Ledger& ledger, u8 account) {
  std::vector<const Ledger::Line*> held;
  for (const Ledger::Line& line : ledger.lines_at_peak())
    if (line.item->account == account) held.push_back(&line);
  std::sort(held.begin(), held.end(), [](const Ledger::Line* a, const Ledger::Line* b) { return a->order < b->order; });

  std::vector<Ledger::Line> lines;
  for (const Ledger::Line* line : held) {
    const auto known = std::find_if(lines.begin(), lines.end(), [&](const Ledger::Line& other) { return same_but_layers(*line, other); });
    if (known == lines.end()) {
      lines.push_back(*line);
    } else {
      known->values[Symbol::L] += line->values[Symbol::L];
    }
  }
  return lines;
}

Basis basis_of(const Ledger::Line& line, const ForwardPass& pass, const RankShare& rank) {
  if (line.item->basis != Basis::exact) return line.item->basis;
  const bool of_cache_format = line.item->account == in_cache || line.item->source == source::cache;
  return rank.tensor_parallel_size > 1 || (of_cache_format && pass.kv_format != nullptr) ? Basis::assumed : Basis::exact;
}

}  // namespace

void add_peak(TermTree& tree, const Ledger& ledger, const ForwardPass& pass, const RankShare& rank) {
  tree.open(pass.id, Combine::sum);
  for (u8 account = 0; account < account_ids.size(); ++account) {
    if (ledger.peak_of(account) == 0) continue;
    tree.open(account_ids[account], Combine::sum);
    if (ledger.explains()) {
      for (const Ledger::Line& line : merged(ledger, account))
        tree.leaf(line.item->id, line.item->formula, line.values, {.source = line.item->source, .basis = basis_of(line, pass, rank)});
    } else {
      Values v;
      v[Symbol::m] = ledger.peak_of(account);
      tree.leaf(account_ids[account], plain_bytes, v, {});
    }
    tree.close();
  }
  tree.close();
}

}  // namespace plimsoll
