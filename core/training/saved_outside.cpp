// XModel.forward of the model files: embeddings, positions, rotary tables, masks. Megatron-LM's LanguageModelEmbedding.
#include "training/activations.hpp"
#include "training/megatron_blocks.hpp"

namespace plimsoll {
namespace {

constexpr LedgerItem table = saved("saved.rotary_table", "n * 2 * b_a * T * d_rot", source::training);
constexpr LedgerItem complex_table = saved("saved.rotary_table", "4 * T * d_rot", source::training);
constexpr LedgerItem dropout_mask = saved("saved.embedding_dropout", "B * T * h"), position_ids = saved("saved.position_ids", "8 * T", source::training);
constexpr LedgerItem embeddings = saved("saved.embeddings", "b_a * B * T * h", source::training);
constexpr LedgerItem eager_mask = saved("saved.mask", "n * b_a * B * T * T", source::masking), bool_mask = saved("saved.mask", "T * T", source::masking);
constexpr LedgerItem angles = saved("saved.rotary_table", "4 * T * d_rot", source::megatron);

/// Whether any layer turns its queries and keys: tables that none saves are gone.
bool turns(const ModelSpec& model) {
  for (const LayerSpec& kind : model.decoder().kinds) {
    const auto* grouped = std::get_if<GroupedQueryAttention>(&kind.mixer.kind);
    if (grouped == nullptr || grouped->rotary_dim != 0) return true;
  }
  return false;
}

}  // namespace

/// Full and sliding attention among the layers that keep something, or that run again.
u64 SavedTrace::kinds_of_attention(bool recomputed) const {
  bool full = false, sliding = false;
  for (const Group& group : groups_)
    if (group.saves() && (!recomputed || group.layers != group.kept)) (window_of(model_.decoder().kinds[group.kind]) ? sliding : full) = true;
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
  const bool learned = !model_.position_name.empty(), asks_gradient = pass_.asks_input_gradient() && !pass_.trains_word_embeddings();
  const bool makes_positions = !pass_.packed;  // else they are of the batch
  const bool saves_positions = learned && makes_positions && pass_.training_outside().trains({Role::position_embedding});
  if (saves_positions) outside(position_ids, v, Outside::embeddings);
  if (model_.embedding_dropout && groups_[group_of(0)].input_gradient) outside(dropout_mask, v, Outside::embeddings);
  // With enable_input_require_grads the embeddings stay, unless they are what the first layer keeps as its input.
  const bool made_into_input = learned || model_.embedding_dropout || (model_.embedding_multiplier && !model_.embedding_multiplier_tensor);
  const bool kept_as_input = !made_into_input && (recomputes() || groups_[group_of(0)].tape.lines().front().saved);
  if (asks_gradient && !kept_as_input) outside(embeddings, v, Outside::embeddings);
  if (model_.rotary_dim != 0 && (recomputes() || turns(model_))) {
    const bool once = model_.rotary_style == RotaryStyle::split_tables, product = model_.rotary_style == RotaryStyle::complex_product;
    v[Symbol::d_rot] = ceil_div(model_.rotary_dim, 2).value * (once ? 1 : 2);
    v[Symbol::n] = model_.rotary_table_per_kind ? kinds_of_attention(false) : 1;
    outside(product ? complex_table : table, v, Outside::tables);
  }
  if (!recomputes()) return;
  if (!saves_positions && makes_positions) outside(position_ids, v, Outside::frame);
  if (pass_.padded) return;
  v[Symbol::n] = kinds_of_attention(true);
  if (pass_.attention == TrainingAttention::eager) outside(eager_mask, v, Outside::frame);
  if (pass_.attention != TrainingAttention::sdpa && pass_.attention != TrainingAttention::sdpa_math) return;
  for (const Group& group : groups_) {
    const std::optional<u32> window = window_of(model_.decoder().kinds[group.kind]);
    if (!group.saves() || group.layers == group.kept || !window || pass_.sequence_length < *window) continue;
    outside(bool_mask, v, Outside::frame);
    return;
  }
}

}  // namespace plimsoll
