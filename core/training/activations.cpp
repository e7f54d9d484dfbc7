// XModel.forward and XForCausalLM.forward of the model files, ForCausalLMLoss, torch.utils.checkpoint.
#include "training/activations.hpp"

#include "training/saved_blocks.hpp"

namespace plimsoll {
namespace {

constexpr LedgerItem layer_input = saved("saved.layer_input", "L * b_a * B * T * h");
constexpr LedgerItem final_normed = saved("saved.head_input", "L * b_a * B * T * h");
constexpr LedgerItem head_weight = saved("saved.weight_copy", "L * b_a * V * h");

constexpr Formula stream{"L * b_a * B * T * h"}, log_probabilities{"4 * V * B * T"}, labels{"8 * B * T"}, labels_of_one{"8 * (T + 1)"};
constexpr Formula tanh_of_logits{"b_a * V * B * T"}, loss_and_count{"n * 4"}, table{"n * 2 * b_a * T * d_rot"}, complex_table{"4 * T * d_rot"};
constexpr Formula dropout_mask{"B * T * h"}, position_ids{"8 * T"}, eager_mask{"n * b_a * B * T * T"}, bool_mask{"T * T"}, one_stream{"b_a * B * T * h"};

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

void trace(Tape& tape, const LayerSpec& layer, bool input_gradient) {
  const Traced input = tape.make(layer_input, tape.pass().weight_bytes(), input_gradient);
  trace_layer(tape, layer, input, masked(layer, tape.pass()));
}

/// Full and sliding layers among the kinds.
struct KindsOfLayer {
  bool full = false, sliding = false;
  explicit KindsOfLayer(const ModelSpec& model) {
    for (const LayerSpec& kind : model.decoder().kinds) (window_of(kind) ? sliding : full) = true;
  }
  [[nodiscard]] u64 count() const { return u64{full} + u64{sliding}; }
};

u64 bytes_of(const Formula& formula, const Values& v) { return formula.evaluate(v).value; }

/// The leaves outside the layers, handed to `each(id, formula, values, source, part)`.
template <class Each>
void each_outside(const ModelSpec& model, const TrainingPass& pass, Each each) {
  Values v = values_of(model, pass);
  const bool one = pass.micro_batch_size == 1;
  Values logits = v;
  logits[Symbol::b_a] = pass.logit_bytes();
  each("saved.log_probabilities", log_probabilities, v, source::training, &SavedOutside::loss);
  each("saved.labels", one ? labels_of_one : labels, v, source::training, &SavedOutside::loss);
  if (model.logit_soft_cap) each("saved.logits_capped", tanh_of_logits, logits, source::training, &SavedOutside::loss);
  v[Symbol::n] = 2;
  each("saved.loss", loss_and_count, v, source::training, &SavedOutside::loss);
  if (!model.position_name.empty()) each("saved.position_ids", position_ids, v, source::training, &SavedOutside::embeddings);
  if (model.embedding_dropout) each("saved.embedding_dropout", dropout_mask, v, source::autograd, &SavedOutside::embeddings);
  if (model.rotary_dim != 0) {
    const bool once = model.rotary_style == RotaryStyle::split_tables, product = model.rotary_style == RotaryStyle::complex_product;
    v[Symbol::d_rot] = ceil_div(model.rotary_dim, 2).value * (once ? 1 : 2);
    v[Symbol::n] = model.rotary_table_per_kind ? KindsOfLayer(model).count() : 1;
    each("saved.rotary_table", product ? complex_table : table, v, source::training, &SavedOutside::tables);
  }
  if (pass.recompute != RecomputeGranularity::full) return;
  if (model.position_name.empty()) each("saved.position_ids", position_ids, v, source::training, &SavedOutside::frame);
  if (pass.padded) return;
  v[Symbol::n] = KindsOfLayer(model).count();
  if (pass.attention == TrainingAttention::eager) each("saved.mask", eager_mask, v, source::masking, &SavedOutside::frame);
  if (pass.attention != TrainingAttention::sdpa && pass.attention != TrainingAttention::sdpa_math) return;
  for (const LayerSpec& kind : model.decoder().kinds) {
    const std::optional<u32> window = window_of(kind);
    if (!window || pass.sequence_length < *window) continue;
    each("saved.mask", bool_mask, v, source::masking, &SavedOutside::frame);
    return;
  }
}

/// The final norm and the head.
Tape trace_head(const ModelSpec& model, const TrainingPass& pass) {
  Tape tape(pass, values_of(model, pass));
  const Traced input = tape.make(layer_input, pass.weight_bytes(), true);
  const u64 tokens = (Checked{pass.micro_batch_size} * pass.sequence_length).value;
  const Traced normed = tape.lower(trace_norm(tape, model.final_norm.kind, tokens, model.hidden_size, input, final_normed));
  if (tape.trains_weights()) tape.save(normed);
  tape.copy_weight(head_weight);
  return tape;
}

void add_lines(TermTree& tree, const Tape& tape, u64 layers) {
  for (const Tape::Line& line : tape.lines()) {
    if (!line.saved || line.bytes == 0) continue;
    Values v = line.values;
    v[Symbol::L] = layers;
    tree.leaf(line.item->id, line.item->formula, v, {.source = line.item->source});
  }
}

/// Equal layers that keep the same.
struct LayerGroup {
  std::size_t kind = 0;
  u64 layers = 0;
  bool input_gradient = true;
};

std::vector<LayerGroup> groups_of(const ModelSpec& model, const TrainingPass& pass) {
  const Stack& stack = model.decoder();
  std::vector<LayerGroup> groups;
  const bool first_apart = pass.lora && !pass.lora->input_gradients;
  if (first_apart) groups.push_back({stack.kind_of_layer.front(), 1, false});
  for (std::size_t kind = 0; kind < stack.kinds.size(); ++kind) {
    const u64 layers = stack.count_of(kind) - (first_apart && stack.kind_of_layer.front() == kind ? 1 : 0);
    if (layers != 0) groups.push_back({kind, layers, true});
  }
  return groups;
}

void add_layers(TermTree& tree, const ModelSpec& model, const TrainingPass& pass) {
  const Values base = values_of(model, pass);
  for (const LayerGroup& group : groups_of(model, pass)) {
    if (pass.recompute == RecomputeGranularity::full) {
      if (pass.reentrant && !group.input_gradient) continue;  // nothing asks for the first layer's backward
      Values v = base;
      v[Symbol::L] = group.layers;
      tree.leaf("saved.layer_input", stream, v, {.source = source::autograd});
      continue;
    }
    Tape tape(pass, base);
    trace(tape, model.decoder().kinds[group.kind], group.input_gradient);
    tree.open("saved.layers", Combine::sum);
    add_lines(tree, tape, group.layers);
    tree.close();
  }
}

/// With enable_input_require_grads the embeddings stay, unless the first layer keeps them as its input.
bool keeps_embeddings(const ModelSpec& model, const TrainingPass& pass) {
  if (!pass.lora || !pass.lora->input_gradients || pass.recompute == RecomputeGranularity::full) return false;
  Tape tape(pass, values_of(model, pass));
  trace(tape, model.decoder().kinds[model.decoder().kind_of_layer.front()], true);
  return !tape.lines().front().saved;
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

Checked saved_per_layer(const ModelSpec& model, const TrainingPass& asked, std::size_t layer, bool input_gradient) {
  TrainingPass pass = asked;
  pass.attention = effective_attention(model, asked.attention);
  const Values base = values_of(model, pass);
  if (pass.recompute == RecomputeGranularity::full) return stream.evaluate(base);
  Tape tape(pass, base);
  trace(tape, model.decoder().kinds[model.decoder().kind_of_layer[layer]], input_gradient);
  return {tape.saved_bytes() - tape.weight_copy_bytes(), tape.overflowed()};
}

SavedOutside saved_outside(const ModelSpec& model, const TrainingPass& asked) {
  TrainingPass pass = asked;
  pass.attention = effective_attention(model, asked.attention);
  SavedOutside out;
  each_outside(model, pass, [&](std::string_view, const Formula& formula, const Values& v, std::string_view, u64 SavedOutside::* part) {
    out.*part += bytes_of(formula, v);
  });
  const Tape head = trace_head(model, pass);
  out.weight_copies = head.weight_copy_bytes();
  for (const Tape::Line& line : head.lines())
    if (line.saved && line.item != &head_weight) (line.item == &final_normed ? out.head_input : out.final_norm) += line.bytes;
  if (keeps_embeddings(model, pass)) out.embeddings += bytes_of(one_stream, values_of(model, pass));
  return out;
}

Checked first_layer_bytes(const ModelSpec& model, const TrainingPass& asked) {
  TrainingPass pass = asked;
  pass.attention = effective_attention(model, asked.attention);
  Tape tape(pass, values_of(model, pass));
  trace(tape, model.decoder().kinds[model.decoder().kind_of_layer.front()], true);
  const Tape::Line& input = tape.lines().front();
  return {tape.saved_bytes() - tape.weight_copy_bytes() + (input.saved || pass.recompute == RecomputeGranularity::none ? 0 : input.bytes), tape.overflowed()};
}

SoftmaxBackward first_layer_softmax(const ModelSpec& model, const TrainingPass& asked) {
  TrainingPass pass = asked;
  pass.attention = effective_attention(model, asked.attention);
  const LayerSpec& layer = model.decoder().kinds[model.decoder().kind_of_layer.front()];
  const auto* grouped = std::get_if<GroupedQueryAttention>(&layer.mixer.kind);
  if (grouped == nullptr || layer.residual == Residual::parallel || pass.autocast() || pass.lora) return {};
  if (pass.attention != TrainingAttention::eager && pass.attention != TrainingAttention::sdpa_math) return {};
  Tape tape(pass, values_of(model, pass));
  trace(tape, layer, true);
  const Tape::Softmax& softmax = tape.softmax();
  if (softmax.probabilities == 0) return {};
  const Tape::Line& input = tape.lines().front();
  const u64 width = u64{grouped->num_attention_heads + 2 * grouped->num_key_value_heads} * grouped->head_dim;
  const bool head_norms = grouped->qk_norm == GroupedQueryAttention::QkNorm::per_head;
  const u64 weights = (Checked{width} * (u64{model.hidden_size} + (grouped->qkv_bias ? 1 : 0))).value + (head_norms ? 2 * grouped->head_dim : 0) +
                      u64{model.hidden_size} * (layer.norms.front().kind == NormKind::layer_norm ? 2 : 1);
  return {softmax.saved + (input.saved || pass.recompute == RecomputeGranularity::none ? 0 : input.bytes), 2 * softmax.probabilities,
          softmax.value_gradient, weights * pass.weight_bytes()};
}

Checked layer_weight_copies(const ModelSpec& model, const TrainingPass& pass) {
  Checked sum;
  if (!pass.autocast()) return sum;
  for (std::size_t kind = 0; kind < model.decoder().kinds.size(); ++kind) {
    Tape tape(pass, values_of(model, pass));
    trace(tape, model.decoder().kinds[kind], true);
    sum = sum + Checked{tape.weight_copy_bytes(), tape.overflowed()} * model.decoder().count_of(kind);
  }
  return sum;
}

u64 add_saved_activations(TermTree& tree, const ModelSpec& model, const TrainingPass& asked, Labels labels_left) {
  TrainingPass pass = asked;
  pass.attention = effective_attention(model, asked.attention);
  tree.open("saved_activations", Combine::sum);
  add_layers(tree, model, pass);
  tree.open("saved.outside", Combine::sum);
  add_lines(tree, trace_head(model, pass), 1);
  each_outside(model, pass, [&](std::string_view id, const Formula& formula, const Values& v, std::string_view from, u64 SavedOutside::*) {
    if (labels_left == Labels::kept || (&formula != &labels && &formula != &labels_of_one)) tree.leaf(id, formula, v, {.source = from});
  });
  if (keeps_embeddings(model, pass)) tree.leaf("saved.embeddings", one_stream, values_of(model, pass), {.source = source::training});
  tree.close();
  return tree.close();
}

}  // namespace plimsoll
