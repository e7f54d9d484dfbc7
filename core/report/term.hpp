#pragma once
/// The tree of named terms that explains a total. A leaf has a formula, a node has children; a sum node equals its children
/// added and a peak node its largest child, because TermTree computes both.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "report/formula.hpp"
#include "vocabulary.hpp"

namespace plimsoll {

struct Input {
  std::string_view symbol, name;
  u64 value = 0;
};

/// How a leaf was computed. `low` and `high` are the published range of a measured number.
struct Derivation {
  std::string_view text;
  std::vector<Input> inputs;
  std::string source;
  Basis basis{};
  std::optional<u64> low, high;
};

struct Term {
  std::string_view id;   ///< stable dotted path: colours, help texts and tests hang on it
  std::string label;     ///< a tensor's name, where there is one
  u64 bytes = 0;
  Combine combine = Combine::leaf;
  std::optional<Derivation> formula;
  std::vector<Term> children;
};

/// Sums over all leaves that count towards the total, by how sure they are.
struct ByBasis {
  u64 exact = 0, documented = 0, measured = 0, assumed = 0;
};

/// What a leaf says besides its formula and values.
struct Claim {
  std::string_view source;
  Basis basis = Basis::exact;
  std::string label{};
  std::optional<u64> low{}, high{};
};

/// Builds a tree from the top: open a node, add leaves, close it. Without explanation it only adds numbers up, through the
/// same calls, so that a quick total cannot differ from an explained one.
class TermTree {
 public:
  explicit TermTree(bool explain) : explain_(explain) {}

  void open(std::string_view id, Combine combine, std::string label = {});
  u64 leaf(std::string_view id, const Formula& formula, const Values& values, const Claim& claim);
  /// Ends the innermost open node and returns its bytes.
  u64 close();

  [[nodiscard]] bool explains() const { return explain_; }
  [[nodiscard]] bool overflowed() const { return overflowed_; }
  /// The finished root. Without explanation it has its id and bytes only.
  [[nodiscard]] Term take() { return std::move(root_); }

 private:
  struct Open {
    Term term;
    Checked bytes;
  };
  void add(Term term, Checked bytes);

  bool explain_;
  bool overflowed_ = false;
  std::vector<Open> open_;
  Term root_;
};

/// Spread of a tree: the sum with every measured leaf at its low and at its high end.
struct Spread {
  u64 low = 0, high = 0;
};
Spread spread_of(const Term& term);
void add_by_basis(const Term& term, ByBasis& sums);

}  // namespace plimsoll
