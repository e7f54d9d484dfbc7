// XModel.forward and XForCausalLM.forward of the model files, ForCausalLMLoss, torch.utils.checkpoint.
#include "training/activations.hpp"

#include "training/loss.hpp"
#include "training/megatron_blocks.hpp"
#include "training/saved_lines.hpp"
#include "training/saved_blocks.hpp"

namespace plimsoll {
namespace {

constexpr LedgerItem layer_input = saved("saved.layer_input", "L * b_a * B * T * h");
constexpr LedgerItem final_normed = saved("saved.head_input", "L * b_a * B * T * h");
constexpr LedgerItem offload_buffer = saved("saved.offload_buffer", "2 * b_a * B * T * h", source::unsloth);

constexpr LedgerItem table = saved("saved.rotary_table", "n * 2 * b_a * T * d_rot", source::training);
constexpr LedgerItem complex_table = saved("saved.rotary_table", "4 * T * d_rot", source::training);
constexpr LedgerItem dropout_mask = saved("saved.embedding_dropout", "B * T * h"), position_ids = saved("saved.position_ids", "8 * T", source::training);
constexpr LedgerItem embeddings = saved("saved.embeddings", "b_a * B * T * h", source::training);
constexpr LedgerItem eager_mask = saved("saved.mask", "n * b_a * B * T * T", source::masking), bool_mask = saved("saved.mask", "T * T", source::masking);
constexpr LedgerItem angles = saved("saved.rotary_table", "4 * T * d_rot", source::megatron);

Values values_of(const ModelSpec& model, const TrainingPass& pass) {
  Values v;
  v[Symbol::B] = pass.micro_batch_size;
  v[Symbol::T] = pass.sequence_length;
  v[Symbol::h] = model.hidden_size;
  v[Symbol::V] = model.vocab_size;
  v[Symbol::b_a] = pass.weight_bytes();
  v[Symbol::L] = 1;
  return v;
}

std::optional<u32> window_of(const LayerSpec& layer) {
  const auto* grouped = std::get_if<GroupedQueryAttention>(&layer.mixer.kind);
  return grouped == nullptr ? std::nullopt : grouped->sliding_window;
}

/// Whether SDPA is handed a mask: a padded batch, or a window that the sequence outgrows.
bool masked(const LayerSpec& layer, const TrainingPass& pass) {
  if (pass.attention != TrainingAttention::sdpa) return false;
  const std::optional<u32> window = window_of(layer);
  return pass.padded || (window && pass.sequence_length >= *window);
}

/// Whether any layer turns its queries and keys: tables that none saves are gone.
bool turns(const ModelSpec& model) {
  for (const LayerSpec& kind : model.decoder().kinds) {
    const auto* grouped = std::get_if<GroupedQueryAttention>(&kind.mixer.kind);
    if (grouped == nullptr || grouped->rotary_dim != 0) return true;
  }
  return false;
}

/// Full and sliding layers among the kinds.
u64 kinds_of_attention(const ModelSpec& model) {
  bool full = false, sliding = false;
  for (const LayerSpec& kind : model.decoder().kinds) (window_of(kind) ? sliding : full) = true;
  return u64{full} + u64{sliding};
}

void add(TermTree& tree, const LedgerItem& item, const Values& v) { tree.leaf(item.id, item.formula, v, {.source = item.source}); }

Traced run_layer(Tape& tape, const LayerSpec& layer, const TrainingPass& pass, bool input_gradient) {
  Traced input = tape.make(layer_input, pass.weight_bytes(), input_gradient);
  if (input_gradient) input.edge = Backward(tape, {}).out();
  return trace_layer(tape, layer, input, masked(layer, pass));
}

}  // namespace

TrainingAttention effective_attention(const ModelSpec& model, TrainingAttention asked) {
  const bool sdpa = asked == TrainingAttention::sdpa || asked == TrainingAttention::sdpa_math;
  for (const LayerSpec& kind : model.decoder().kinds) {
    const auto* grouped = std::get_if<GroupedQueryAttention>(&kind.mixer.kind);
    if (grouped != nullptr && grouped->eager_only && sdpa) return TrainingAttention::eager;
  }
  return asked;
}

TrainingKernels effective_kernels(const ModelSpec& model, TrainingKernels asked) {
  return asked == TrainingKernels::liger && !model.liger ? TrainingKernels::transformers : asked;
}

SavedTrace::SavedTrace(const ModelSpec& model, const TrainingPass& pass)
    : model_(model), pass_(pass), values_(values_of(model, pass)), units_(pass, model.num_hidden_layers()),
      head_(pass_, values_, pass.training_outside()) {
  pass_.attention = effective_attention(model, pass.attention);
  pass_.kernels = effective_kernels(model, pass.kernels);
  trace_groups();
  trace_head();
  trace_outside();
}

void SavedTrace::add_group(const LayerSpec& layer, bool input_gradient) {
  Group& group = groups_.emplace_back(Group{.input_gradient = input_gradient, .tape = Tape(pass_, values_, pass_.training_of(0))});
  group.out = run_layer(group.tape, layer, pass_, input_gradient);
}

void SavedTrace::trace_groups() {
  const Stack& stack = model_.decoder();
  const u16 first_kind = stack.kind_of_layer.front();
  const bool first_apart = pass_.lora && !pass_.lora->input_gradients;
  groups_.reserve(stack.kinds.size() + 1);
  for (std::size_t kind = 0; kind < stack.kinds.size(); ++kind) add_group(stack.kinds[kind], true);
  if (first_apart) add_group(stack.kinds[first_kind], false);
  first_ = first_kind;
  for (u64 layer = 0; layer < stack.kind_of_layer.size(); ++layer) {
    Group& group = groups_[group_of(layer)];
    const bool again = units_.recomputed(layer);
    group.layers += 1;
    group.kept += again ? 0 : 1;
    group.inputs += again && units_.first_of(layer) == layer ? 1 : 0;
  }
}

/// The first layer of a frozen model is apart where no gradient flows to its input.
std::size_t SavedTrace::group_of(u64 layer) const {
  return layer == 0 && groups_.size() > model_.decoder().kinds.size() ? groups_.size() - 1 : model_.decoder().kind_of_layer[layer];
}

/// The final norm.
void SavedTrace::trace_head() {
  Traced input = head_.make(layer_input, pass_.weight_bytes(), true);
  input.edge = Backward(head_, {}).out();
  const u64 tokens = (Checked{pass_.micro_batch_size} * pass_.sequence_length).value;
  if (pass_.kernels == TrainingKernels::transformer_engine) {
    megatron_norm(head_, model_.final_norm.kind, tokens, model_.hidden_size, input, final_normed);
    return;
  }
  head_out_ = trace_norm(head_, {model_.final_norm.kind, {Role::norm}, tokens, model_.hidden_size}, input, final_normed);
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
  const bool learned = !model_.position_name.empty(), asks_gradient = pass_.lora && pass_.lora->input_gradients;
  if (learned) outside(position_ids, v, Outside::embeddings);
  if (model_.embedding_dropout) outside(dropout_mask, v, Outside::embeddings);
  // With enable_input_require_grads the embeddings stay, unless the first layer keeps them as its input.
  if (asks_gradient && !recomputes() && !first_layer().lines().front().saved) outside(embeddings, v, Outside::embeddings);
  if (model_.rotary_dim != 0 && (recomputes() || turns(model_))) {
    const bool once = model_.rotary_style == RotaryStyle::split_tables, product = model_.rotary_style == RotaryStyle::complex_product;
    v[Symbol::d_rot] = ceil_div(model_.rotary_dim, 2).value * (once ? 1 : 2);
    v[Symbol::n] = model_.rotary_table_per_kind ? kinds_of_attention(model_) : 1;
    outside(product ? complex_table : table, v, Outside::tables);
  }
  if (!recomputes()) return;
  if (!learned) outside(position_ids, v, Outside::frame);
  if (pass_.padded) return;
  v[Symbol::n] = kinds_of_attention(model_);
  if (pass_.attention == TrainingAttention::eager) outside(eager_mask, v, Outside::frame);
  if (pass_.attention != TrainingAttention::sdpa && pass_.attention != TrainingAttention::sdpa_math) return;
  for (const LayerSpec& kind : model_.decoder().kinds) {
    const std::optional<u32> window = window_of(kind);
    if (!window || pass_.sequence_length < *window) continue;
    outside(bool_mask, v, Outside::frame);
    return;
  }
}

void SavedTrace::add_inputs(TermTree& tree, const Group& group, u64 count) const {
  const bool asked = !pass_.reentrant || group.input_gradient;  // else nothing asks for the first layer's backward
  if (count != 0 && asked) add_line(tree, group.tape, group.tape.lines().front(), count);
}

/// Of the layers before one, the inputs of units and what the others saved.
void SavedTrace::add_layers(TermTree& tree, u64 before) const {
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    u64 inputs = 0, kept = 0;
    for (u64 layer = 0; layer < before; ++layer) {
      if (group_of(layer) != i) continue;
      if (!units_.recomputed(layer)) ++kept;
      else if (units_.first_of(layer) == layer) ++inputs;
    }
    add_inputs(tree, groups_[i], inputs);
    if (kept == 0) continue;
    tree.open("saved.layers", Combine::sum);
    add_lines(tree, groups_[i].tape, kept);
    tree.close();
  }
}

/// With offloading, the last five tensors that were saved wait beside their copies: those of the final norm, then of the last layers.
void SavedTrace::add_stash(TermTree& tree) const {
  constexpr u64 stashed = 5, smallest = 1024;
  u64 left = stashed;
  const auto take = [&](const Tape& tape) {
    for (std::size_t i = tape.lines().size(); i-- > 0 && left > 0;) {
      const Tape::Line& line = tape.lines()[i];
      if (!line.saved || line.bytes < smallest) continue;
      add_line(tree, tape, line, 1);
      --left;
    }
  };
  take(head_);
  for (u64 layer = model_.num_hidden_layers(); layer-- > 0 && left > 0;) {
    const Tape& tape = groups_[group_of(layer)].tape;
    if (!units_.recomputed(layer)) {
      take(tape);
    } else if (units_.first_of(layer) == layer) {
      add_line(tree, tape, tape.lines().front(), 1);
      --left;
    }
  }
}

/// With offloading, what waits on the device all the same.
void SavedTrace::add_waiting(TermTree& tree) const {
  switch (pass_.offloading) {
    case ActivationOffloading::none: break;
    case ActivationOffloading::saved_tensors: add_stash(tree); break;
    case ActivationOffloading::layer_inputs:
      add_inputs(tree, groups_[group_of(model_.num_hidden_layers() - 1)], 1);  // the last layer's stays
      add(tree, offload_buffer, values_);
      break;
  }
}

void SavedTrace::add_kept(TermTree& tree, FinalNorm norm) const {
  if (pass_.offloading == ActivationOffloading::none) add_layers(tree, model_.num_hidden_layers());
  else add_waiting(tree);
  if (norm == FinalNorm::kept && pass_.offloading != ActivationOffloading::saved_tensors) add_lines(tree, head_, 1);
  for (const Outside part : {Outside::embeddings, Outside::tables, Outside::frame}) add_outside(tree, part);
}

void SavedTrace::add_offloaded(TermTree& tree) const {
  if (pass_.offloading == ActivationOffloading::none) return;
  if (pass_.offloading == ActivationOffloading::saved_tensors) {
    add_layers(tree, model_.num_hidden_layers());
    add_lines(tree, head_, 1);
    return;
  }
  const std::size_t last = group_of(model_.num_hidden_layers() - 1);
  for (std::size_t i = 0; i < groups_.size(); ++i) add_inputs(tree, groups_[i], groups_[i].inputs - (i == last ? 1 : 0));
}

void SavedTrace::add_outside(TermTree& tree, Outside part) const {
  for (const OutsideLine& line : outside_)
    if (line.part == part) add(tree, *line.item, line.values);
}

void SavedTrace::add_layer_weight_copies(TermTree& tree) const {
  for (const Group& group : groups_)
    for (const Tape::Line& line : group.tape.lines())
      if (line.weight_copy && group.layers != group.kept) add_line(tree, group.tape, line, group.layers - group.kept);
}

Checked saved_per_layer(const ModelSpec& model, const TrainingPass& asked, std::size_t layer, bool input_gradient) {
  TrainingPass pass = asked;
  pass.attention = effective_attention(model, asked.attention);
  pass.kernels = effective_kernels(model, asked.kernels);
  const Values values = values_of(model, pass);
  if (pass.recompute == RecomputeGranularity::full) return layer_input.formula.evaluate(values);
  Tape tape(pass, values, pass.training_of(layer));
  run_layer(tape, model.decoder().kinds[model.decoder().kind_of_layer[layer]], pass, input_gradient);
  return {tape.saved_bytes() - tape.weight_copy_bytes(), tape.overflowed()};
}

u64 add_saved_activations(TermTree& tree, const ModelSpec& model, const TrainingPass& pass) {
  const SavedTrace trace(model, pass);
  const LossTrace loss(model, trace.pass(), trace.values());
  tree.open("saved_activations", Combine::sum);
  trace.add_kept(tree);
  for (const LossNode node : {LossNode::activations, LossNode::loss}) loss.add(tree, During::kept, node);
  return tree.close();
}

}  // namespace plimsoll
