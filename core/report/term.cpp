#include "report/term.hpp"

#include <algorithm>

namespace plimsoll {

void TermTree::open(std::string_view id, Combine combine, std::string label) {
  open_.push_back({{.id = id, .label = std::move(label), .combine = combine, .formula = {}, .children = {}}, {}});
}

u64 TermTree::leaf(std::string_view id, const Formula& formula, const Values& values, const Claim& claim) {
  const Checked bytes = formula.evaluate(values);
  Term term{.id = id, .label = {}, .bytes = bytes.value, .formula = {}, .children = {}};
  if (explain_) {
    Derivation derivation{formula.text(), {}, std::string(claim.source), claim.basis, claim.low, claim.high};
    formula.each_symbol([&](Symbol symbol) {
      derivation.inputs.push_back({text_of(symbol).symbol, text_of(symbol).name, values[symbol]});
    });
    term.label = claim.label;
    term.formula = std::move(derivation);
  }
  add(std::move(term), bytes);
  return bytes.value;
}

u64 TermTree::close() {
  Open done = std::move(open_.back());
  open_.pop_back();
  done.term.bytes = done.bytes.value;
  const u64 bytes = done.bytes.value;
  add(std::move(done.term), done.bytes);
  return bytes;
}

void TermTree::add(Term term, Checked bytes) {
  overflowed_ = overflowed_ || bytes.overflowed;
  if (open_.empty()) {
    root_ = std::move(term);
    return;
  }
  Open& parent = open_.back();
  if (parent.term.combine == Combine::peak) {
    parent.bytes = {std::max(parent.bytes.value, bytes.value), parent.bytes.overflowed || bytes.overflowed};
  } else {
    parent.bytes = parent.bytes + bytes;
  }
  if (explain_) parent.term.children.push_back(std::move(term));
}

namespace {

const Term& largest(const Term& peak) {
  return *std::max_element(peak.children.begin(), peak.children.end(), [](const Term& a, const Term& b) { return a.bytes < b.bytes; });
}

}  // namespace

Spread spread_of(const Term& term) {
  if (term.formula) return {term.formula->low.value_or(term.bytes), term.formula->high.value_or(term.bytes)};
  if (term.children.empty()) return {term.bytes, term.bytes};
  if (term.combine == Combine::peak) return spread_of(largest(term));
  Spread sum;
  for (const Term& child : term.children) {
    const Spread part = spread_of(child);
    sum.low += part.low;
    sum.high += part.high;
  }
  return sum;
}

void add_by_basis(const Term& term, ByBasis& sums) {
  if (term.formula) {
    switch (term.formula->basis) {
      case Basis::exact: sums.exact += term.bytes; break;
      case Basis::documented: sums.documented += term.bytes; break;
      case Basis::measured: sums.measured += term.bytes; break;
      case Basis::assumed: sums.assumed += term.bytes; break;
    }
  } else if (term.combine == Combine::peak && !term.children.empty()) {
    add_by_basis(largest(term), sums);
  } else {
    for (const Term& child : term.children) add_by_basis(child, sums);
  }
}

}  // namespace plimsoll
