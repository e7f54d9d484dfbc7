// XRotaryEmbedding and the embeddings' scale of the model files; DataCollator's batch.
#include "training/training_buffers.hpp"

#include "training/tape.hpp"

namespace plimsoll {
namespace {

constexpr Formula frequencies{"n * 8 * ceil_div(d_rot, 2)"}, factor{"b_a"}, token_ids{"8 * B * T"}, mask{"B * T * T"};

u64 rotary_tables(const ModelSpec& model) {
  if (!model.rotary_table_per_kind) return 1;
  bool full = false, sliding = false;
  for (const LayerSpec& kind : model.decoder().kinds) {
    const auto* grouped = std::get_if<GroupedQueryAttention>(&kind.mixer.kind);
    (grouped != nullptr && grouped->sliding_window ? sliding : full) = true;
  }
  return u64{full} + u64{sliding};
}

}  // namespace

u64 add_buffers(TermTree& tree, const ModelSpec& model, const TrainingPass& pass) {
  Values v;
  v[Symbol::B] = pass.micro_batch_size;
  v[Symbol::T] = pass.sequence_length;
  v[Symbol::b_a] = pass.weight_bytes();
  const auto add = [&](std::string_view id, const Formula& formula) { tree.leaf(id, formula, v, {.source = source::training}); };
  tree.open("buffers", Combine::sum);
  if (model.rotary_dim != 0) {
    v[Symbol::d_rot] = model.rotary_dim;
    v[Symbol::n] = rotary_tables(model);
    add("buffers.rotary_frequencies", frequencies);
  }
  if (model.embedding_multiplier_tensor) add("buffers.embedding_factor", factor);
  add("buffers.input_ids", token_ids);
  add("buffers.labels", token_ids);
  if (pass.padded) add("buffers.mask", mask);
  return tree.close();
}

}  // namespace plimsoll
