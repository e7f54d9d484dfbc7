// XModel.forward and XForCausalLM.forward of the model files, ForCausalLMLoss, torch.utils.checkpoint.
#include "training/activations.hpp"

#include "training/loss.hpp"
#include "training/megatron_blocks.hpp"
#include "training/saved_lines.hpp"
#include "training/saved_blocks.hpp"

namespace plimsoll {
namespace {

constexpr LedgerItem layer_input = saved("saved.layer_input", "L * b_a * B * T * h");
constexpr LedgerItem hidden_state = saved("output.hidden_state", "L * b_a * B * T * h", source::proximal);
constexpr LedgerItem final_normed = saved("saved.head_input", "L * b_a * B * T * h");
constexpr LedgerItem offload_buffer = saved("saved.offload_buffer", "2 * b_a * B * T * h", source::unsloth);

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

/// Whether SDPA is handed a mask: a padded batch, or a window that the sequence outgrows.
bool masked(const LayerSpec& layer, const TrainingPass& pass) {
  if (pass.attention != TrainingAttention::sdpa) return false;
  const std::optional<u32> window = window_of(layer);
  return pass.padded || (window && pass.sequence_length >= *window);
}

void add(TermTree& tree, const LedgerItem& item, const Values& v) { tree.leaf(item.id, item.formula, v, {.source = item.source}); }

/// What comes into a layer is a hidden state of the output. Of 16 bits that autocast works on, that is a copy in FP32.
Traced run_layer(Tape& tape, const LayerSpec& layer, const TrainingPass& pass, bool input_gradient) {
  Traced input = tape.make(layer_input, pass.weight_bytes(), input_gradient);
  if (pass.returns_states()) {
    const bool copied = pass.autocast() && !pass.casts_weights() && pass.holds_output();
    tape.put_out(copied ? tape.make(hidden_state, 4, false) : input);
  }
  if (input_gradient) input.edge = Backward(tape, {}).out();
  return trace_layer(tape, layer, input, masked(layer, pass));
}

}  // namespace

std::optional<u32> window_of(const LayerSpec& layer) {
  const auto* grouped = std::get_if<GroupedQueryAttention>(&layer.mixer.kind);
  return grouped == nullptr ? std::nullopt : grouped->sliding_window;
}

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
    : model_(model), pass_(pass.in_rows()), values_(values_of(model, pass_)), units_(pass_, model.num_hidden_layers()),
      stream_(pass_, values_, pass_.training_outside()), head_(stream_) {
  pass_.attention = effective_attention(model, pass.attention);
  pass_.kernels = effective_kernels(model, pass.kernels);
  trace_stream();
  trace_outside();
}

/// Embeddings, layers, the final norm.
void SavedTrace::trace_stream() {
  const bool megatron = pass_.kernels == TrainingKernels::transformer_engine;
  const Stream stream = megatron ? Stream{stream_.make(layer_input, pass_.weight_bytes(), true)} : trace_embeddings(stream_, model_);
  trace_groups(stream.tensor.gradient);
  // A leaf stays as long as its graph, unless the first layer keeps it as its input anyway.
  const bool kept_as_input = stream.is_leaf && (units_.recomputed(0) || first_layer().lines().front().saved);
  if (stream.leaf.gradient && !kept_as_input) stream_.save(stream.leaf);
}

/// Whether a gradient flows to the layer's output.
bool SavedTrace::add_group(const LayerGroup& found) {
  Group& group = groups_.emplace_back(Group{.kind = found.kind, .input_gradient = found.input_gradient, .tape = Tape(pass_, values_, found.training)});
  group.out = run_layer(group.tape, model_.decoder().kinds[found.kind], pass_, found.input_gradient);
  return group.out.gradient;
}

void SavedTrace::trace_groups(bool gradient) {
  const LayerGroups found = group_layers(model_, pass_, gradient, [&](const LayerGroup& group) { return add_group(group); });
  group_of_layer_ = found.of_layer;
  reaches_layers_ = found.output_gradient;
  for (u64 layer = 0; layer < group_of_layer_.size(); ++layer) {
    Group& group = groups_[group_of(layer)];
    const bool again = units_.recomputed(layer);
    group.layers += 1;
    group.kept += again ? 0 : 1;
    group.inputs += again && units_.first_of(layer) == layer && unit_keeps_input(layer) ? 1 : 0;
  }
  trace_head(found.output_gradient);
}

/// The reentrant checkpoint has a backward only where a gradient is asked for its input; the other keeps its arguments where anything is saved.
bool SavedTrace::unit_keeps_input(u64 layer) const {
  if (pass_.reentrant) return groups_[group_of(layer)].input_gradient;
  for (u64 i = layer; i < units_.end_of(layer); ++i)
    if (groups_[group_of(i)].saves()) return true;
  return false;
}

/// The final norm.
void SavedTrace::trace_head(bool gradient) {
  Traced input = head_.make(layer_input, pass_.weight_bytes(), gradient);
  if (gradient) input.edge = Backward(head_, {}).out();
  const u64 tokens = (Checked{pass_.micro_batch_size} * pass_.sequence_length).value;
  if (pass_.kernels == TrainingKernels::transformer_engine) {
    megatron_norm(head_, model_.final_norm.kind, tokens, model_.hidden_size, input, final_normed);
    return;
  }
  head_out_ = trace_norm(head_, {model_.final_norm.kind, {Role::norm}, tokens, model_.hidden_size}, input, final_normed);
}

void SavedTrace::add_inputs(TermTree& tree, const Group& group, u64 count) const {
  if (count != 0) add_line(tree, group.tape, group.tape.lines().front(), count);
}

u64 SavedTrace::Group::output_bytes(bool apart) const {
  u64 bytes = 0;
  for (const Tape::Line& line : tape.lines()) bytes += line.of_output && !(apart && line.saved) ? line.bytes : 0;
  return bytes;
}

void SavedTrace::add_output(TermTree& tree, u64 from, Output which) const {
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    u64 layers = 0;
    for (u64 layer = from; layer < model_.num_hidden_layers(); ++layer) layers += group_of(layer) == i ? 1 : 0;
    for (const Tape::Line& line : groups_[i].tape.lines())
      if (layers != 0 && line.of_output && !(which == Output::apart && line.saved)) add_line(tree, groups_[i].tape, line, layers);
  }
}

/// Of the layers before one, the inputs of units and what the others saved.
void SavedTrace::add_layers(TermTree& tree, u64 before) const {
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    u64 inputs = 0, kept = 0, again = 0;
    for (u64 layer = 0; layer < before; ++layer) {
      if (group_of(layer) != i) continue;
      if (!units_.recomputed(layer)) ++kept;
      else ++again;
      if (units_.recomputed(layer) && units_.first_of(layer) == layer && unit_keeps_input(layer)) ++inputs;
    }
    const std::vector<Tape::Line>& lines = groups_[i].tape.lines();
    const bool output = pass_.holds_output();
    add_inputs(tree, groups_[i], output && lines.front().of_output ? again : inputs);
    for (std::size_t at = 0; at < lines.size() && again != 0; ++at)
      if ((lines[at].past_checkpoint && !pass_.reentrant) || (output && lines[at].of_output && at != 0)) add_line(tree, groups_[i].tape, lines[at], again);
    const u64 apart = output ? groups_[i].output_bytes(true) : 0;
    if (kept == 0 || groups_[i].tape.saved_bytes() + apart == 0) continue;
    tree.open("saved.layers", Combine::sum);
    for (const Tape::Line& line : lines)
      if (line.saved || (output && line.of_output)) add_line(tree, groups_[i].tape, line, kept);
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
