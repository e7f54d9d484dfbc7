// XModel.forward and XForCausalLM.forward of the model files, ForCausalLMLoss, torch.utils.checkpoint.
#include "training/activations.hpp"

#include "training/megatron_blocks.hpp"
#include "training/saved_blocks.hpp"

namespace plimsoll {
namespace {

constexpr LedgerItem layer_input = saved("saved.layer_input", "L * b_a * B * T * h");
constexpr LedgerItem final_normed = saved("saved.head_input", "L * b_a * B * T * h");
constexpr LedgerItem head_weight = saved("saved.weight_copy", "L * b_a * V * h");

constexpr LedgerItem log_probabilities = saved("loss.log_probabilities", "4 * V * B * T", source::training);
constexpr LedgerItem labels = saved("loss.labels", "8 * B * T", source::training), labels_of_one = saved("loss.labels", "8 * (T + 1)", source::training);
constexpr LedgerItem tanh_of_logits = saved("loss.logits_capped", "b_a * V * B * T", source::training);
constexpr LedgerItem loss_and_count = saved("loss.value", "n * 4", source::training);
constexpr LedgerItem table = saved("saved.rotary_table", "n * 2 * b_a * T * d_rot", source::training);
constexpr LedgerItem complex_table = saved("saved.rotary_table", "4 * T * d_rot", source::training);
constexpr LedgerItem dropout_mask = saved("saved.embedding_dropout", "B * T * h"), position_ids = saved("saved.position_ids", "8 * T", source::training);
constexpr LedgerItem embeddings = saved("saved.embeddings", "b_a * B * T * h", source::training);
constexpr LedgerItem eager_mask = saved("saved.mask", "n * b_a * B * T * T", source::masking), bool_mask = saved("saved.mask", "T * T", source::masking);
constexpr LedgerItem normalised_logits = saved("loss.probabilities", "4 * V * B * T", source::megatron);
constexpr LedgerItem targets = saved("loss.targets", "9 * B * T", source::megatron);  // each a whole number, and whether it lies outside
constexpr LedgerItem labels_turned = saved("loss.labels", "8 * B * T", source::megatron);
constexpr LedgerItem angles = saved("saved.rotary_table", "4 * T * d_rot", source::megatron);
constexpr LedgerItem score_gradients = saved("backward.score_gradients", "2 * b_a * B * n_q * T * T");
constexpr LedgerItem value_gradient = saved("backward.value_gradient", "b_a * B * T * n_kv * d_v");
constexpr LedgerItem repeated_value_gradient = saved("backward.value_gradient", "b_a * B * T * n_q * d_v");

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

Tape traced(const LayerSpec& layer, const TrainingPass& pass, const Values& values, const LayerTraining& training, bool input_gradient) {
  Tape tape(pass, values, training);
  const Traced input = tape.make(layer_input, pass.weight_bytes(), input_gradient);
  trace_layer(tape, layer, input, masked(layer, pass));
  return tape;
}

/// Full and sliding layers among the kinds.
u64 kinds_of_attention(const ModelSpec& model) {
  bool full = false, sliding = false;
  for (const LayerSpec& kind : model.decoder().kinds) (window_of(kind) ? sliding : full) = true;
  return u64{full} + u64{sliding};
}

void add(TermTree& tree, const LedgerItem& item, const Values& v) { tree.leaf(item.id, item.formula, v, {.source = item.source}); }

/// What a compiled layer keeps is not promised: public figures lie up to 15 % below and 10 % above.
Claim claim_of(const LedgerItem& item, const Values& v, const TrainingPass& pass) {
  if (!pass.compiled()) return {.source = item.source};
  const u64 bytes = item.formula.evaluate(v).value;
  return {.source = source::partitioner, .basis = Basis::assumed, .low = bytes - bytes / 100 * 15, .high = bytes + bytes / 100 * 10};
}

void add_line(TermTree& tree, const Tape& tape, const Tape::Line& line, u64 layers) {
  if (line.bytes == 0) return;
  Values v = line.values;
  v[Symbol::L] = layers;
  tree.leaf(line.item->id, line.item->formula, v, claim_of(*line.item, v, tape.pass()));
}

void add_lines(TermTree& tree, const Tape& tape, u64 layers) {
  for (const Tape::Line& line : tape.lines())
    if (line.saved) add_line(tree, tape, line, layers);
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
    : model_(model), pass_(pass), values_(values_of(model, pass)), head_(pass_, values_, pass.training_outside()) {
  pass_.attention = effective_attention(model, pass.attention);
  pass_.kernels = effective_kernels(model, pass.kernels);
  trace_groups();
  trace_head();
  trace_outside();
  find_softmax();
}

void SavedTrace::trace_groups() {
  const Stack& stack = model_.decoder();
  const u16 first_kind = stack.kind_of_layer.front();
  const bool first_apart = pass_.lora && !pass_.lora->input_gradients;
  groups_.reserve(stack.kinds.size() + 1);
  if (first_apart) groups_.push_back({1, false, traced(stack.kinds[first_kind], pass_, values_, pass_.training_of(0), false)});
  for (std::size_t kind = 0; kind < stack.kinds.size(); ++kind) {
    if (kind == first_kind) first_ = groups_.size();
    const u64 layers = stack.count_of(kind) - (first_apart && first_kind == kind ? 1 : 0);
    groups_.push_back({layers, true, traced(stack.kinds[kind], pass_, values_, pass_.training_of(0), true)});
  }
}

/// The final norm and the head.
void SavedTrace::trace_head() {
  const Traced input = head_.make(layer_input, pass_.weight_bytes(), true);
  const u64 tokens = (Checked{pass_.micro_batch_size} * pass_.sequence_length).value;
  if (pass_.kernels == TrainingKernels::transformer_engine) {
    head_.save(megatron_norm(head_, model_.final_norm.kind, tokens, model_.hidden_size, input, final_normed));
    return;
  }
  const Traced normed = head_.lower(trace_norm(head_, {model_.final_norm.kind, {Role::norm}, tokens, model_.hidden_size}, input, final_normed));
  if (head_.trains({Role::lm_head})) head_.save(normed);
  head_.copy_weight(head_weight);
}

/// LanguageModelEmbedding, the rotary angles, which stay from step to step, and the vocabulary-parallel cross entropy.
void SavedTrace::trace_megatron_outside() {
  Values v = values_;
  outside(normalised_logits, v, Outside::loss);
  outside(targets, v, Outside::loss);
  outside(labels_turned, v, Outside::labels);
  if (model_.embedding_dropout) outside(dropout_mask, v, Outside::embeddings);
  v[Symbol::d_rot] = model_.rotary_dim;
  const bool latent = std::holds_alternative<LatentAttention>(model_.decoder().kinds.front().mixer.kind);  // has angles of its own
  if (model_.rotary_dim != 0 && !latent) outside(angles, v, Outside::tables);
}

void SavedTrace::trace_outside() {
  if (pass_.kernels == TrainingKernels::transformer_engine) return trace_megatron_outside();
  Values v = values_;
  v[Symbol::b_a] = pass_.logit_bytes();
  v[Symbol::n] = 2;
  outside(log_probabilities, v, Outside::loss);
  outside(pass_.micro_batch_size == 1 ? labels_of_one : labels, v, Outside::labels);
  if (model_.logit_soft_cap) outside(tanh_of_logits, v, Outside::loss);
  outside(loss_and_count, v, Outside::loss);
  v[Symbol::b_a] = pass_.weight_bytes();
  const bool learned = !model_.position_name.empty(), asks_gradient = pass_.lora && pass_.lora->input_gradients;
  if (learned) outside(position_ids, v, Outside::embeddings);
  if (model_.embedding_dropout) outside(dropout_mask, v, Outside::embeddings);
  // With enable_input_require_grads the embeddings stay, unless the first layer keeps them as its input.
  if (asks_gradient && !recomputes() && !first_layer().lines().front().saved) outside(embeddings, v, Outside::embeddings);
  if (model_.rotary_dim != 0) {
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

void SavedTrace::find_softmax() {
  const LayerSpec& layer = model_.decoder().kinds[model_.decoder().kind_of_layer.front()];
  const auto* grouped = std::get_if<GroupedQueryAttention>(&layer.mixer.kind);
  if (grouped == nullptr || layer.residual == Residual::parallel || pass_.autocast() || pass_.lora || !first_layer().softmax().found) return;
  const u64 width = u64{grouped->num_attention_heads + 2 * grouped->num_key_value_heads} * grouped->head_dim;
  const u64 head_norms = grouped->qk_norm == GroupedQueryAttention::QkNorm::per_head ? 2 * u64{grouped->head_dim} : 0;
  const u64 norm = u64{model_.hidden_size} * (layer.norms.front().kind == NormKind::layer_norm ? 2 : 1);
  before_softmax_ = (Checked{width} * (u64{model_.hidden_size} + (grouped->qkv_bias ? 1 : 0))).value + head_norms + norm;
}

void SavedTrace::add_kept(TermTree& tree) const {
  for (const Group& group : groups_) {
    if (group.layers == 0) continue;
    if (recomputes()) {
      if (pass_.reentrant && !group.input_gradient) continue;  // nothing asks for the first layer's backward
      add_line(tree, group.tape, group.tape.lines().front(), group.layers);
      continue;
    }
    tree.open("saved.layers", Combine::sum);
    add_lines(tree, group.tape, group.layers);
    tree.close();
  }
  add_lines(tree, head_, 1);
  for (const Outside part : {Outside::embeddings, Outside::tables, Outside::frame}) add_outside(tree, part);
}

void SavedTrace::add_outside(TermTree& tree, Outside part) const {
  for (const OutsideLine& line : outside_)
    if (line.part == part) add(tree, *line.item, line.values);
}

void SavedTrace::add_first_layer(TermTree& tree) const {
  tree.open("backward.layer", Combine::sum);
  const Tape::Line& input = first_layer().lines().front();
  if (!input.saved && recomputes()) add_line(tree, first_layer(), input, 1);
  for (const Tape::Line& line : first_layer().lines())
    if (line.saved && !line.weight_copy) add_line(tree, first_layer(), line, 1);
  tree.close();
}

void SavedTrace::add_first_layer_until_softmax(TermTree& tree) const {
  const Tape::Softmax& softmax = first_layer().softmax();
  const Tape::Line& input = first_layer().lines().front();
  tree.open("backward.layer", Combine::sum);
  if (!input.saved && recomputes()) add_line(tree, first_layer(), input, 1);
  for (const u32 index : softmax.saved) add_line(tree, first_layer(), first_layer().lines()[index], 1);
  tree.close();
  Values v = first_layer().lines()[softmax.probabilities].values;
  add(tree, score_gradients, v);
  v[Symbol::b_a] = softmax.values.bytes;
  const bool repeated = softmax.values.elements == v[Symbol::B] * v[Symbol::T] * v[Symbol::n_q] * v[Symbol::d_v];
  add(tree, repeated ? repeated_value_gradient : value_gradient, v);
}

void SavedTrace::add_layer_weight_copies(TermTree& tree) const {
  for (const Group& group : groups_)
    for (const Tape::Line& line : group.tape.lines())
      if (line.weight_copy) add_line(tree, group.tape, line, group.layers);
}

Checked saved_per_layer(const ModelSpec& model, const TrainingPass& asked, std::size_t layer, bool input_gradient) {
  TrainingPass pass = asked;
  pass.attention = effective_attention(model, asked.attention);
  pass.kernels = effective_kernels(model, asked.kernels);
  const Values values = values_of(model, pass);
  if (pass.recompute == RecomputeGranularity::full) return layer_input.formula.evaluate(values);
  const Tape tape = traced(model.decoder().kinds[model.decoder().kind_of_layer[layer]], pass, values, pass.training_of(layer), input_gradient);
  return {tape.saved_bytes() - tape.weight_copy_bytes(), tape.overflowed()};
}

u64 add_saved_activations(TermTree& tree, const ModelSpec& model, const TrainingPass& pass) {
  const SavedTrace trace(model, pass);
  tree.open("saved_activations", Combine::sum);
  trace.add_kept(tree);
  for (const Outside part : {Outside::loss, Outside::labels}) trace.add_outside(tree, part);
  return tree.close();
}

}  // namespace plimsoll
