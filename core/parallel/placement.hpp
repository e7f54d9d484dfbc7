#pragma once
/// Each rank's exact share of each tensor under tensor parallelism, cut as Megatron-LM and vLLM do: q, k, v, gate, up, experts,
/// embedding and head by output rows, o and down by input columns, the rest on every rank. Source: inference engines' own
/// sharding rules (vLLM: linear layers, vocabulary-parallel embedding, replicated key/value heads).

#include <array>
#include <vector>

#include "model/tensor_inventory.hpp"
#include "result.hpp"

namespace plimsoll {

/// A rank, and how many ranks hold exactly the same.
struct RankShare {
  u32 tensor_parallel_size = 1;
  u32 rank = 0;
  u32 count = 1;
};

/// Part of a dimension on a rank: ranks take ceil(n / t) each until none is left, as torch.chunk cuts.
u32 share_of(u32 dimension, const RankShare& rank);

/// Key/value heads on a rank. Where ranks exceed heads each rank keeps one head, and heads repeat.
u32 local_key_value_heads(u32 heads, u32 tensor_parallel_size);

/// Shape of a tensor on a rank.
std::array<u32, 3> shape_on_rank(const Tensor& tensor, const ModelSpec& model, const RankShare& rank);

/// The distinct ranks, the first ranks first.
///
/// Errors  does_not_divide  query heads that ranks do not divide, or key/value heads that neither divide nor are divided
/// Tested  tests/core/placement_test.cpp
Result<std::vector<RankShare>> distinct_ranks(const ModelSpec& model, u32 tensor_parallel_size);

}  // namespace plimsoll
