// What is saved outside the layers: XModel.forward of the model files, torch.utils.checkpoint, Megatron-LM's LanguageModelEmbedding.
#include "training/activations.hpp"
#include "training/megatron_blocks.hpp"
#include "training/saved_blocks.hpp"

namespace plimsoll {
namespace {

constexpr LedgerItem table = saved("saved.rotary_table", "n * 2 * b_a * T * d_rot", source::training);
constexpr LedgerItem row_tables = saved("saved.rotary_table", "n * 2 * b_a * B * T * d_rot", source::proximal);  // each row has positions of its own
constexpr LedgerItem complex_row_tables = saved("saved.rotary_table", "4 * B * T * d_rot", source::proximal);
constexpr LedgerItem complex_table = saved("saved.rotary_table", "4 * T * d_rot", source::training);
constexpr LedgerItem dropout_mask = saved("saved.embedding_dropout", "B * T * h"), position_ids = saved("saved.position_ids", "8 * T", source::training);
constexpr LedgerItem eager_mask = saved("saved.mask", "n * b_a * B * T * T", source::masking), bool_mask = saved("saved.mask", "T * T", source::masking);
constexpr LedgerItem angles = saved("saved.rotary_table", "4 * T * d_rot", source::megatron);


}  // namespace

/// Full and sliding attention among the layers that run again.
u64 SavedTrace::kinds_run_again() const {
  bool full = false, sliding = false;
  for (const Group& group : groups_)
    if (group.saves() && group.layers != group.kept) (window_of(model_.decoder().kinds[group.kind]) ? sliding : full) = true;
  return u64{full} + u64{sliding};
}

/// LanguageModelEmbedding, the rotary angles, which stay from step to step.
void SavedTrace::trace_megatron_outside() {
  Values v = values_;
  if (model_.embedding_dropout) outside(dropout_mask, v, Outside::embeddings);
  v[Symbol::d_rot] = model_.rotary_dim;
  const bool latent = std::holds_alternative<LatentAttention>(model_.decoder().kinds.front().mixer.kind);  // has angles of its own
  if (model_.rotary_dim != 0 && !latent) outside(angles, v, Outside::tables);
}

void SavedTrace::trace_outside() {
  if (pass_.kernels == TrainingKernels::transformer_engine) return trace_megatron_outside();
  Values v = values_;
  bool learned = false;
  for (const Tape::Line& line : stream_.lines()) {
    if (line.saved) outside(*line.item, line.values, Outside::embeddings);
    learned = learned || (line.saved && line.item->id == position_ids.id);
  }
  if (model_.rotary_dim != 0) {
    const bool once = model_.rotary_style == RotaryStyle::split_tables, product = model_.rotary_style == RotaryStyle::complex_product;
    v[Symbol::d_rot] = ceil_div(model_.rotary_dim, 2).value * (once ? 1 : 2);
    v[Symbol::n] = tables_used();
    const LedgerItem& of_rows = product ? complex_row_tables : row_tables;
    const LedgerItem& of_all = product ? complex_table : table;
    if (v[Symbol::n] != 0) outside(pass_.ppo() ? of_rows : of_all, v, Outside::tables);
  }
  if (!recomputes()) return;
  if (!learned && !pass_.packed && !pass_.ppo()) outside(position_ids, v, Outside::frame);  // of packed sequences they are of the batch
  if (pass_.padded) return;
  v[Symbol::n] = kinds_run_again();
  if (pass_.attention == TrainingAttention::eager) outside(eager_mask, v, Outside::frame);
  if (pass_.attention != TrainingAttention::sdpa && pass_.attention != TrainingAttention::sdpa_math) return;
  for (const Group& group : groups_) {
    const std::optional<u32> window = window_of(model_.decoder().kinds[group.kind]);
    if (!group.saves() || group.layers == group.kept || !window || pass_.sequence_length < *window) continue;
    outside(bool_mask, v, Outside::frame);
    return;
  }
}

/// Layers of one kind of attention share a table; a checkpoint holds it as an argument.
u64 SavedTrace::tables_used() const {
  bool full = false, sliding = false;
  for (u64 layer = 0; layer < group_of_layer_.size(); ++layer) {
    const Group& group = groups_[group_of(layer)];
    if (units_.recomputed(layer) ? !unit_keeps_input(units_.first_of(layer)) : !group.tape.uses_tables()) continue;
    (window_of(model_.decoder().kinds[model_.decoder().kind_of_layer[layer]]) ? sliding : full) = true;
  }
  return model_.rotary_table_per_kind ? u64{full} + u64{sliding} : u64{full || sliding};
}

}  // namespace plimsoll
