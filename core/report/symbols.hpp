#pragma once
/// The symbols that formulas are written in, fixed once. `name` is the configuration key or option behind a symbol where
/// there is one; the page explains each name in its language tables.

#include <array>
#include <cstddef>
#include <string_view>

#include "units.hpp"

namespace plimsoll {

enum class Symbol : u8 {
  // model
  L, h, n_q, n_kv, d_head, d_v, d_rot, f, f_moe, f_shared, E, k, V, r_q, r_kv, d_nope, d_rope, n_group, topk_group,
  // tensors
  n, n_exp, rows, cols, n_file, b_file, e_all, e_rank,
  // workload
  B, T, c, S, K, C,
  // formats, in bytes (b_); row_ is the bytes of one row
  b_w, b_kv, b_a, b_r, row_w, row_k, row_r, bits_w, g_w, g_o, bits_p, word_w,
  // optimizer states
  numel, b_s, n_s, g_s, n_t, r_s,
  // training
  P_t, P_a, P_l, b_g, b_m, r,
  // runtime
  m, p_r,
  count_
};

struct SymbolText {
  std::string_view symbol, name;
};

inline constexpr auto symbol_texts = std::to_array<SymbolText>({
    {"L", "layers"}, {"h", "hidden_size"}, {"n_q", "num_attention_heads"}, {"n_kv", "num_key_value_heads"}, {"d_head", "head_dim"},
    {"d_v", "v_head_dim"}, {"d_rot", "rotary_dim"}, {"f", "intermediate_size"}, {"f_moe", "moe_intermediate_size"},
    {"f_shared", "shared_intermediate_size"}, {"E", "num_experts"}, {"k", "num_experts_per_tok"}, {"V", "vocab_size"},
    {"r_q", "q_lora_rank"}, {"r_kv", "kv_lora_rank"}, {"d_nope", "qk_nope_head_dim"}, {"d_rope", "qk_rope_head_dim"},
    {"n_group", "n_group"}, {"topk_group", "topk_group"},
    {"n", "tensors"}, {"n_exp", "experts"}, {"rows", "rows"}, {"cols", "columns"},
    {"n_file", "tensors_in_file"}, {"b_file", "bytes_in_file"}, {"e_all", "elements"}, {"e_rank", "elements_on_rank"},
    {"B", "sequences"}, {"T", "tokens"}, {"c", "tokens_per_chunk"}, {"S", "cached_tokens"}, {"K", "attended_tokens"}, {"C", "tokens_kept"},
    {"b_w", "bytes_per_weight"}, {"b_kv", "bytes_per_cache_element"}, {"b_a", "bytes_per_activation"}, {"b_r", "bytes_per_routing_weight"},
    {"row_w", "bytes_per_row"}, {"row_k", "bytes_per_key_row"}, {"row_r", "bytes_per_rotary_key_row"},
    {"bits_w", "bits_per_item"}, {"g_w", "elements_per_item"}, {"g_o", "outputs_per_item"}, {"bits_p", "packed_bits"}, {"word_w", "word_bits"},
    {"numel", "elements_per_tensor"}, {"b_s", "bytes_per_state_element"}, {"n_s", "moments_per_state"}, {"g_s", "elements_per_block"},
    {"n_t", "table_entries"}, {"r_s", "projection_rank"},
    {"P_t", "trained_parameters"}, {"P_a", "parameters_ahead"}, {"P_l", "linear_parameters"}, {"b_g", "bytes_per_gradient"}, {"b_m", "bytes_per_master_weight"}, {"r", "lora_rank"},
    {"m", "bytes"}, {"p_r", "reserve_permille"},
});
static_assert(symbol_texts.size() == static_cast<std::size_t>(Symbol::count_));

constexpr const SymbolText& text_of(Symbol symbol) { return symbol_texts[static_cast<std::size_t>(symbol)]; }

/// The values of symbols while a term is computed. A copy is cheap: change what differs and hand it on.
class Values {
 public:
  constexpr u64& operator[](Symbol symbol) { return values_[static_cast<std::size_t>(symbol)]; }
  constexpr u64 operator[](Symbol symbol) const { return values_[static_cast<std::size_t>(symbol)]; }

 private:
  std::array<u64, static_cast<std::size_t>(Symbol::count_)> values_{};
};

}  // namespace plimsoll
