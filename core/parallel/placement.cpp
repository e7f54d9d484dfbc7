#include "parallel/placement.hpp"

#include <algorithm>

#include "messages.hpp"

namespace plimsoll {
namespace {

const GroupedQueryAttention& attention_of(const Tensor& tensor, const ModelSpec& model) {
  return *std::get_if<GroupedQueryAttention>(&model.stacks[tensor.stack_index].kinds[tensor.kind].mixer.kind);
}

bool heads_split(const Mixer& mixer, u32 ranks) {
  return std::visit(Match{
      [&](const GroupedQueryAttention& a) {
        const u32 kv = a.num_key_value_heads;
        return a.num_attention_heads % ranks == 0 && (kv % ranks == 0 || ranks % kv == 0);
      },
      [&](const LatentAttention& a) { return a.num_attention_heads % ranks == 0; },
  }, mixer);
}

u32 query_heads(const Mixer& mixer) {
  return std::visit([](const auto& a) { return a.num_attention_heads; }, mixer);
}

Error cannot_split(const Mixer& mixer, u32 ranks) {
  std::string good;
  for (u32 n = 1; n <= 1024; ++n) {
    if (!heads_split(mixer, n)) continue;
    if (!good.empty()) good += ", ";
    good += digits(n);
  }
  return make_error(Say::heads_do_not_split, "request.parallel.tensor_parallel_size", {digits(query_heads(mixer)), digits(ranks), good});
}

/// Dimensions that ranks may share unevenly.
void add_dimensions(std::vector<u32>& out, const LayerSpec& layer) {
  std::visit(Match{
      [&](const Mlp& m) { out.push_back(m.intermediate_size); },
      [&](const MixtureOfExperts& e) {
        out.push_back(e.moe_intermediate_size);
        out.push_back(e.shared_intermediate_size);
      },
  }, layer.feed_forward.kind);
}

}  // namespace

u32 share_of(u32 dimension, const RankShare& rank) {
  const u64 chunk = ceil_div(dimension, rank.tensor_parallel_size).value;
  const u64 before = chunk * rank.rank;
  return before >= dimension ? 0 : static_cast<u32>(std::min<u64>(chunk, dimension - before));
}

u32 local_key_value_heads(u32 heads, u32 tensor_parallel_size) { return std::max(1U, heads / tensor_parallel_size); }

std::array<u32, 3> shape_on_rank(const Tensor& tensor, const ModelSpec& model, const RankShare& rank) {
  std::array<u32, 3> shape = tensor.shape;
  if (rank.tensor_parallel_size == 1) return shape;
  u32& out = shape[tensor.out_axis + (tensor.stacked != 0 && tensor.out_axis == 0 ? 1 : 0)];
  switch (tensor.cut) {
    case Cut::whole: break;
    case Cut::out: out = tensor.role == Role::expert_gate_up || tensor.role == Role::mlp_gate_up ? 2 * share_of(out / 2, rank) : share_of(out, rank); break;
    case Cut::in: {
      const std::size_t in_axis = tensor.stacked != 0 ? (tensor.out_axis == 2 ? 1 : 2) : (tensor.out_axis == 1 ? 0 : 1);
      shape[in_axis] = share_of(shape[in_axis], rank);
      break;
    }
    case Cut::kv_heads: out = attention_of(tensor, model).head_dim * local_key_value_heads(attention_of(tensor, model).num_key_value_heads, rank.tensor_parallel_size); break;
    case Cut::qkv_heads: {
      const GroupedQueryAttention& a = attention_of(tensor, model);
      out = a.head_dim * (a.num_attention_heads / rank.tensor_parallel_size + 2 * local_key_value_heads(a.num_key_value_heads, rank.tensor_parallel_size));
      break;
    }
  }
  return shape;
}

Result<std::vector<RankShare>> distinct_ranks(const ModelSpec& model, u32 ranks) {
  std::vector<u32> dimensions{model.vocab_size};
  for (const LayerSpec& layer : model.decoder().kinds) {
    if (!heads_split(layer.mixer.kind, ranks)) return cannot_split(layer.mixer.kind, ranks);
    add_dimensions(dimensions, layer);
  }
  // a dimension's share changes only after its last full chunk, and after the remainder
  std::vector<u32> starts{0};
  for (const u32 dimension : dimensions) {
    if (dimension % ranks == 0) continue;
    const u32 full = dimension / static_cast<u32>(ceil_div(dimension, ranks).value);
    for (const u32 start : {full, full + 1})
      if (start < ranks) starts.push_back(start);
  }
  std::sort(starts.begin(), starts.end());
  starts.erase(std::unique(starts.begin(), starts.end()), starts.end());
  std::vector<RankShare> out;
  for (std::size_t i = 0; i < starts.size(); ++i)
    out.push_back({ranks, starts[i], (i + 1 < starts.size() ? starts[i + 1] : ranks) - starts[i]});
  return out;
}

}  // namespace plimsoll
