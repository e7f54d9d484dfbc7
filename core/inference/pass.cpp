// XModel.forward and XForCausalLM.forward of the model files: embeddings, tables, masks, the loop over layers, final norm, logits of
// the last token (generation passes logits_to_keep = 1).
#include "inference/pass.hpp"

#include <limits>

#include "inference/block_runs.hpp"
#include "inference/masks.hpp"
#include "inference/pass_terms.hpp"

namespace plimsoll {
namespace {

constexpr LedgerItem input_ids = activation("activations.input_ids", "8 * B * T");
constexpr LedgerItem embeddings = activation("activations.input_embeddings", "b_a * B * T * h");
constexpr LedgerItem position_ids = activation("activations.position_ids", "8 * T");  // one row for all sequences
constexpr LedgerItem position_embeddings = activation("activations.position_embeddings", "b_a * T * h");
constexpr LedgerItem residual_stream = activation("activations.residual_stream", "b_a * B * T * h");
constexpr LedgerItem rotary_table = activation("activations.rotary_table", "2 * b_a * T * d_rot");       // cosines and sines
constexpr LedgerItem complex_table = activation("activations.rotary_table", "4 * T * d_rot");           // d_rot / 2 complex numbers of 8 bytes
constexpr LedgerItem table_steps = activation("activations.rotary_table", "16 * T * d_rot");            // angles, cosines and sines in fp32
constexpr LedgerItem final_norm = activation("activations.final_norm", "b_a * B * T * h");
constexpr LedgerItem logits{"logits.last_token", Formula("b_a * B * V"), source::generation, in_logits};

struct PassRun {
  PassContext& context;
  const ModelSpec& model;

  [[nodiscard]] const Stack& stack() const { return model.decoder(); }
  [[nodiscard]] bool learned_positions() const { return !model.position_name.empty(); }
};

void set_attention_values(PassContext& c, const Mixer& mixer) {
  Values& v = c.values;
  const u32 ranks = c.rank.tensor_parallel_size;
  v[Symbol::K] = attended_tokens(mixer, c.pass);
  std::visit(Match{
      [&](const GroupedQueryAttention& a) {
        v[Symbol::n_q] = a.num_attention_heads / ranks;
        v[Symbol::n_kv] = local_key_value_heads(a.num_key_value_heads, ranks);
        v[Symbol::d_head] = v[Symbol::d_v] = a.head_dim;
        v[Symbol::d_rot] = 2 * ceil_div(a.rotary_dim, 2).value;
      },
      [&](const LatentAttention& a) {
        v[Symbol::n_q] = v[Symbol::n_kv] = a.num_attention_heads / ranks;
        v[Symbol::r_q] = a.q_lora_rank;
        v[Symbol::r_kv] = a.kv_lora_rank;
        v[Symbol::d_nope] = a.qk_nope_head_dim;
        v[Symbol::d_rope] = v[Symbol::d_rot] = a.qk_rope_head_dim;
        v[Symbol::d_head] = u64{a.qk_nope_head_dim} + a.qk_rope_head_dim;
        v[Symbol::d_v] = a.v_head_dim;
      },
  }, mixer);
}

void set_feed_forward_values(PassContext& c, const FeedForward& feed_forward) {
  Values& v = c.values;
  std::visit(Match{
      [&](const Mlp& m) { v[Symbol::f] = share_of(m.intermediate_size, c.rank); },
      [&](const MixtureOfExperts& e) {
        v[Symbol::E] = e.num_experts;
        v[Symbol::k] = e.num_experts_per_tok;
        v[Symbol::f_moe] = share_of(e.moe_intermediate_size, c.rank);
        v[Symbol::f_shared] = share_of(e.shared_intermediate_size, c.rank);
        v[Symbol::n_group] = e.n_group;
        v[Symbol::topk_group] = e.topk_group;
        v[Symbol::b_r] = e.weights_fp32 ? 4 : v[Symbol::b_a];
      },
  }, feed_forward);
}

/// A layer that may hold the peak, and how many layers of each kind come before it.
struct Candidate {
  std::size_t layer = 0;
  u64 cache_bytes = 0;
  bool found = false;
};

/// For each kind of layer the place in the stack where the cache of all layers is largest: layers before it are already updated.
/// Layer 0 is apart, since its input and the embeddings are one storage.
std::vector<Candidate> highest_of_each_kind(const PassRun& run) {
  const Stack& stack = run.stack();
  std::vector<u64> before, after;
  u64 total = 0;
  for (std::size_t kind = 0; kind < stack.kinds.size(); ++kind) {
    before.push_back(cache_bytes(run.context, stack.kinds[kind].mixer.kind, false).value);
    after.push_back(cache_bytes(run.context, stack.kinds[kind].mixer.kind, true).value);
    total += before.back() * stack.count_of(kind);
  }
  std::vector<Candidate> best(stack.kinds.size() + 1);
  best.back() = {0, total, true};
  for (std::size_t layer = 0; layer < stack.kind_of_layer.size(); ++layer) {
    const u16 kind = stack.kind_of_layer[layer];
    if (layer > 0 && (!best[kind].found || total >= best[kind].cache_bytes)) best[kind] = {layer, total, true};
    total = total - before[kind] + after[kind];
  }
  const Candidate& same_kind = best[stack.kind_of_layer.front()];
  if (same_kind.found && same_kind.cache_bytes >= best.back().cache_bytes) best.back().found = false;  // it holds no less, and its input besides
  return best;
}

/// Holds the cache of every layer but `layer`; past the last one, of every layer, updated.
std::vector<CacheHolds> hold_other_caches(const PassRun& run, std::size_t layer) {
  const Stack& stack = run.stack();
  std::vector<u64> updated(stack.kinds.size()), waiting(stack.kinds.size());
  for (std::size_t i = 0; i < stack.kind_of_layer.size(); ++i)
    if (i != layer) ++(i < layer ? updated : waiting)[stack.kind_of_layer[i]];
  std::vector<CacheHolds> holds;
  for (std::size_t kind = 0; kind < stack.kinds.size(); ++kind) {
    const Mixer& mixer = stack.kinds[kind].mixer.kind;
    holds.push_back(hold_cache(run.context, mixer, updated[kind], true));
    holds.push_back(hold_cache(run.context, mixer, waiting[kind], false));
  }
  return holds;
}

void run_one_layer(const PassRun& run, std::size_t layer, const Masks& masks) {
  PassContext& c = run.context;
  const LayerSpec& spec = run.stack().kinds[run.stack().kind_of_layer[layer]];
  const std::vector<CacheHolds> others = hold_other_caches(run, layer);
  Hold input;
  if (layer > 0 || run.learned_positions()) input = c.hold(residual_stream);
  set_attention_values(c, spec.mixer.kind);
  set_feed_forward_values(c, spec.feed_forward.kind);
  CacheHolds cache = hold_cache(c, spec.mixer.kind, 1, false);
  run_layer(c, spec, cache, masks.given_to(spec.mixer.kind));
}

std::vector<Hold> make_rotary_tables(const PassRun& run) {
  PassContext& c = run.context;
  std::vector<Hold> tables;
  if (run.model.rotary_dim == 0) return tables;
  bool full = false, sliding = false;
  for (const LayerSpec& kind : run.stack().kinds) {
    const auto* grouped = std::get_if<GroupedQueryAttention>(&kind.mixer.kind);
    (grouped != nullptr && grouped->sliding_window ? sliding : full) = true;
  }
  const bool once = run.model.rotary_style == RotaryStyle::split_tables;
  c.values[Symbol::d_rot] = ceil_div(run.model.rotary_dim, 2).value * (once ? 1 : 2);
  const LedgerItem& table = run.model.rotary_style == RotaryStyle::complex_product ? complex_table : rotary_table;
  for (int i = run.model.rotary_table_per_kind && full && sliding ? 2 : 1; i > 0; --i) {
    c.spike(table_steps);
    tables.push_back(c.hold(table));
  }
  return tables;
}

void run_head(const PassRun& run, Hold& frame_input, std::vector<Hold>& frame) {
  PassContext& c = run.context;
  Hold normed = run_norm(c, run.model.final_norm.kind, (Checked{c.values[Symbol::B]} * c.values[Symbol::T]).value, run.model.hidden_size, final_norm);
  frame_input.drop();
  frame.clear();
  Hold out = c.hold(logits);
  const int steps = (run.model.logit_scale ? 1 : 0) + (run.model.logit_soft_cap ? 3 : 0);
  for (int i = 0; i < steps; ++i) out = c.hold(logits);
}

void run_pass(const PassRun& run) {
  PassContext& c = run.context;
  const Hold ids = c.hold(input_ids);
  std::vector<Hold> frame;
  {
    const std::vector<CacheHolds> caches = hold_other_caches(run, 0);
    CacheHolds first = hold_cache(c, run.stack().kinds[run.stack().kind_of_layer.front()].mixer.kind, 1, false);
    frame.push_back(c.hold(embeddings));
    if (run.model.embedding_multiplier) frame.back() = c.hold(embeddings);
    frame.push_back(c.hold(position_ids));
    if (run.learned_positions()) frame.push_back(c.hold(position_embeddings));
    for (Hold& table : make_rotary_tables(run)) frame.push_back(std::move(table));
  }
  Masks masks = make_masks(c, run.model);
  for (const Candidate& candidate : highest_of_each_kind(run))
    if (candidate.found) run_one_layer(run, candidate.layer, masks);
  const std::vector<CacheHolds> caches = hold_other_caches(run, std::numeric_limits<std::size_t>::max());
  frame.push_back(std::move(masks.full));
  frame.push_back(std::move(masks.sliding));
  Hold last = c.hold(residual_stream);
  run_head(run, last, frame);
}

/// What does not depend on the layer.
Values values_of(const ModelSpec& model, const ForwardPass& pass) {
  Values v;
  v[Symbol::B] = pass.max_num_seqs;
  v[Symbol::T] = pass.tokens;
  v[Symbol::h] = model.hidden_size;
  v[Symbol::V] = model.vocab_size;
  v[Symbol::b_a] = bytes_of(pass.dtype);
  return v;
}

}  // namespace

AttentionImplementation effective_attention(const ModelSpec& model, AttentionImplementation asked) {
  for (const LayerSpec& kind : model.decoder().kinds) {
    const auto* grouped = std::get_if<GroupedQueryAttention>(&kind.mixer.kind);
    if (grouped != nullptr && grouped->eager_only) return AttentionImplementation::eager;
  }
  return asked;
}

Checked resting_cache(const ModelSpec& model, const RankShare& rank, const ForwardPass& pass) {
  Ledger ledger(false);
  const PassContext context{ledger, pass, rank, values_of(model, pass)};
  Checked sum;
  for (std::size_t kind = 0; kind < model.decoder().kinds.size(); ++kind)
    sum = sum + resting_cache_bytes(context, model.decoder().kinds[kind].mixer.kind) * model.decoder().count_of(kind);
  return sum;
}

PassPeak add_pass(TermTree& tree, const ModelSpec& model, const RankShare& rank, const ForwardPass& asked) {
  ForwardPass pass = asked;
  pass.attention = effective_attention(model, asked.attention);
  Ledger ledger(tree.explains());
  PassContext context{ledger, pass, rank, values_of(model, pass)};
  run_pass({context, model});
  add_peak(tree, ledger, pass, rank);
  return {ledger.peak_bytes(), ledger.peak_of(in_cache), ledger.overflowed()};
}

}  // namespace plimsoll
