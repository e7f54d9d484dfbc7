#pragma once
/// A ledger of live bytes: code that describes a computation holds and drops named storages in the order in which the real
/// code makes and loses them, and the ledger remembers its highest point. The peak is found, not claimed.

#include <array>
#include <string_view>
#include <vector>

#include "report/term.hpp"

namespace plimsoll {

/// One kind of storage. `account` groups items under one node of the tree, as the user of the ledger numbers them.
struct LedgerItem {
  std::string_view id;
  Formula formula;
  std::string_view source;
  u8 account = 0;
  Basis basis = Basis::exact;
};

inline constexpr std::size_t most_accounts = 4;

class Ledger {
 public:
  /// With `explain`, the items held at the peak are kept; without, only sums, and nothing is allocated.
  explicit Ledger(bool explain) : explain_(explain) {}
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;

  /// A storage that lives as long as this object. Assigning a new one drops the old one after the new one is there, as
  /// `x = f(x)` does in Python.
  class [[nodiscard]] Hold {
   public:
    Hold() = default;
    Hold(Hold&& other) noexcept : ledger_(other.ledger_), bytes_(other.bytes_), slot_(other.slot_), account_(other.account_) {
      other.ledger_ = nullptr;
    }
    Hold& operator=(Hold&& other) noexcept {
      if (this != &other) {
        drop();
        ledger_ = other.ledger_;
        bytes_ = other.bytes_;
        slot_ = other.slot_;
        account_ = other.account_;
        other.ledger_ = nullptr;
      }
      return *this;
    }
    ~Hold() { drop(); }
    /// Whether a storage is there.
    [[nodiscard]] bool holds() const { return ledger_ != nullptr; }
    void drop() {
      if (ledger_ != nullptr) ledger_->end(*this);
      ledger_ = nullptr;
    }

   private:
    friend class Ledger;
    Ledger* ledger_ = nullptr;
    u64 bytes_ = 0;
    u32 slot_ = 0;
    u8 account_ = 0;
  };

  /// `item` must outlive the ledger; `values` are copied only to explain.
  Hold hold(const LedgerItem& item, const Values& values);
  /// A storage that is gone when the call that made it returns.
  void spike(const LedgerItem& item, const Values& values) { Hold gone = hold(item, values); }

  struct Line {
    const LedgerItem* item = nullptr;
    Values values;
    u64 bytes = 0;
    u32 order = 0;  ///< of being held: the place in the vector depends on which slot was free
  };

  [[nodiscard]] u64 peak_bytes() const { return peak_; }
  [[nodiscard]] u64 peak_of(u8 account) const { return at_peak_[account]; }
  /// What was held at the peak; empty without `explain`.
  [[nodiscard]] const std::vector<Line>& lines_at_peak() const { return lines_at_peak_; }
  [[nodiscard]] bool explains() const { return explain_; }
  [[nodiscard]] bool overflowed() const { return overflowed_; }

 private:
  void end(const Hold& hold);
  void remember_peak();

  bool explain_;
  bool overflowed_ = false;
  u64 live_ = 0, peak_ = 0;
  std::array<u64, most_accounts> accounts_{}, at_peak_{};
  std::vector<Line> lines_, lines_at_peak_;
  std::vector<u32> free_;
  u32 held_so_far_ = 0;
};

using Hold = Ledger::Hold;

}  // namespace plimsoll
