// XRotaryEmbedding and the embeddings' scale of the model files; DataCollator's batch. Megatron-LM: get_batch of pretrain_gpt.py,
// models/common/embeddings/rotary_pos_embedding.py.
#include "training/training_buffers.hpp"

#include "training/megatron_blocks.hpp"

namespace plimsoll {
namespace {

constexpr Formula frequencies{"n * 8 * ceil_div(d_rot, 2)"}, factor{"b_a"}, token_ids{"8 * B * T"}, mask{"B * T * T"};
constexpr Formula frequencies_once{"4 * ceil_div(d_rot, 2)"}, loss_mask{"4 * B * T"};

u64 rotary_tables(const ModelSpec& model) {
  if (!model.rotary_table_per_kind) return 1;
  bool full = false, sliding = false;
  for (const LayerSpec& kind : model.decoder().kinds) {
    const auto* grouped = std::get_if<GroupedQueryAttention>(&kind.mixer.kind);
    (grouped != nullptr && grouped->sliding_window ? sliding : full) = true;
  }
  return u64{full} + u64{sliding};
}

/// The batch that Megatron-LM's data loader makes, with its mask unless create_attention_mask_in_dataloader is off.
void add_megatron_batch(TermTree& tree, const Values& v) {
  for (const char* id : {"buffers.input_ids", "buffers.labels", "buffers.position_ids"}) tree.leaf(id, token_ids, v, {.source = source::megatron});
  tree.leaf("buffers.loss_mask", loss_mask, v, {.source = source::megatron});
  tree.leaf("buffers.mask", mask, v, {.source = source::megatron});
}

}  // namespace

void add_model_buffers(TermTree& tree, const ModelSpec& model, const TrainingPass& pass) {
  Values v;
  v[Symbol::b_a] = pass.weight_bytes();
  v[Symbol::d_rot] = model.rotary_dim;
  v[Symbol::n] = rotary_tables(model);
  if (model.rotary_dim != 0) tree.leaf("buffers.rotary_frequencies", frequencies, v, {.source = source::training});
  if (model.embedding_multiplier_tensor) tree.leaf("buffers.embedding_factor", factor, v, {.source = source::training});
}

u64 add_buffers(TermTree& tree, const ModelSpec& model, const TrainingPass& asked) {
  const TrainingPass pass = asked.in_rows();
  Values v;
  v[Symbol::B] = pass.micro_batch_size;
  v[Symbol::T] = pass.sequence_length;
  v[Symbol::b_a] = pass.weight_bytes();
  const auto add = [&](std::string_view id, const Formula& formula) { tree.leaf(id, formula, v, {.source = source::training}); };
  tree.open("buffers", Combine::sum);
  const bool megatron = pass.kernels == TrainingKernels::transformer_engine;
  if (model.rotary_dim != 0) v[Symbol::d_rot] = model.rotary_dim;
  if (megatron) {
    if (model.rotary_dim != 0) tree.leaf("buffers.rotary_frequencies", frequencies_once, v, {.source = source::megatron});
    add_megatron_batch(tree, v);
    return tree.close();
  }
  add_model_buffers(tree, model, pass);
  add("buffers.input_ids", token_ids);
  add("buffers.labels", token_ids);
  if (pass.packed || pass.ppo()) add("buffers.position_ids", token_ids);
  if (pass.padded) add("buffers.mask", mask);
  return tree.close();
}

}  // namespace plimsoll
