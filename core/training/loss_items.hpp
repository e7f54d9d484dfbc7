#pragma once
/// What several losses hold alike.

#include "training/loss.hpp"

namespace plimsoll {

namespace source {
inline constexpr std::string_view liger_loss = "liger-fused-linear", trl_head = "trl-fused-head", chunked_loss = "torchtune-chunked",
                                  unsloth_loss = "unsloth-fused-loss", cut_loss = "cut-cross-entropy", preference = "trl-dpo", policy = "trl-grpo",
                                  distillation = "trl-gkd";
}

namespace loss_items {

inline constexpr u8 forward = static_cast<u8>(During::forward), kept = static_cast<u8>(During::kept), backward = static_cast<u8>(During::backward);

inline constexpr LedgerItem final_norm = saved("activations.final_norm", "b_a * B * T * h", source::training);
inline constexpr LedgerItem head_input = saved("saved.head_input", "b_a * B * T * h", source::training);
inline constexpr LedgerItem head_copy = saved("saved.weight_copy", "b_a * V * h");
inline constexpr LedgerItem value = saved("loss.value", "n * b_a", source::training);

inline u64 tokens(const Values& v) { return (Checked{v[Symbol::B]} * v[Symbol::T]).value; }

}  // namespace loss_items
}  // namespace plimsoll
