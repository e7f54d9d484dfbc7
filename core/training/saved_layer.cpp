// XDecoderLayer.forward of the model files.
#include "training/megatron_blocks.hpp"
#include "training/saved_blocks.hpp"

namespace plimsoll {
namespace {

constexpr LedgerItem attention_input = saved("saved.attention_input", "L * b_a * B * T * h");
constexpr LedgerItem mlp_input = saved("saved.mlp_input", "L * b_a * B * T * h");
constexpr LedgerItem normed_output = saved("saved.output_normed", "L * b_a * B * T * h");
constexpr LedgerItem residual_stream = saved("saved.residual_stream", "L * b_a * B * T * h");

struct LayerTape {
  Tape& tape;
  const LayerSpec& layer;
  std::size_t next_norm = 0;

  Traced norm(const Traced& input, const LedgerItem& result) {
    const Values& v = tape.values;
    const Part part{Role::norm, static_cast<u8>(next_norm)};
    const TracedNorm norm{layer.norms[next_norm++].kind, part, (Checked{v[Symbol::B]} * v[Symbol::T]).value, v[Symbol::h]};
    if (&result == &normed_output) return trace_norm(tape, norm, input, result);
    return tape.run_part(RecomputeModule::layernorm, {input}, true, [&] { return trace_norm(tape, norm, input, result); });
  }
  Traced feed_forward(const Traced& input) {
    return std::visit(Match{
        [&](const Mlp& m) { return tape.run_part(RecomputeModule::mlp, {input}, false, [&] { return trace_mlp(tape, m, {}, input); }); },
        [&](const MixtureOfExperts& e) { return tape.run_part(RecomputeModule::moe, {input}, false, [&] { return trace_mixture(tape, e, input); }); },
    }, layer.feed_forward.kind);
  }
  /// The sum of two or three, whose gradient is that of each. A wider summand is cast, and its gradient back.
  [[nodiscard]] Traced sum(std::initializer_list<Traced> summands) const {
    bool gradient = false;
    for (const Traced& summand : summands) gradient = gradient || summand.gradient;
    const u8 bytes = tape.pass().weight_bytes();
    Backward back(tape, summands);
    u8 input = 0;
    for (const Traced& summand : summands) {
      if (summand.bytes == bytes) back.share(input);
      else back.give_new(input);
      ++input;
    }
    return tape.make(residual_stream, bytes, gradient, back.out());
  }
};

void set_attention_values(Values& v, const Mixer& mixer) {
  std::visit(Match{
      [&](const GroupedQueryAttention& a) {
        v[Symbol::n_q] = a.num_attention_heads;
        v[Symbol::n_kv] = a.num_key_value_heads;
        v[Symbol::d_head] = v[Symbol::d_v] = a.head_dim;
      },
      [&](const LatentAttention& a) {
        v[Symbol::n_q] = v[Symbol::n_kv] = a.num_attention_heads;
        v[Symbol::r_q] = a.q_lora_rank;
        v[Symbol::r_kv] = a.kv_lora_rank;
        v[Symbol::d_nope] = a.qk_nope_head_dim;
        v[Symbol::d_rope] = a.qk_rope_head_dim;
        v[Symbol::d_head] = u64{a.qk_nope_head_dim} + a.qk_rope_head_dim;
        v[Symbol::d_v] = a.v_head_dim;
      },
  }, mixer);
}

void set_feed_forward_values(Values& v, const FeedForward& feed_forward) {
  std::visit(Match{
      [&](const Mlp& m) { v[Symbol::f] = m.intermediate_size; },
      [&](const MixtureOfExperts& e) {
        v[Symbol::E] = e.num_experts;
        v[Symbol::k] = e.num_experts_per_tok;
        v[Symbol::f_moe] = e.moe_intermediate_size;
        v[Symbol::n_group] = e.n_group;
        v[Symbol::topk_group] = e.topk_group;
      },
  }, feed_forward);
}

}  // namespace

void set_layer_values(Values& v, const LayerSpec& layer) {
  set_attention_values(v, layer.mixer.kind);
  set_feed_forward_values(v, layer.feed_forward.kind);
}

Traced trace_layer(Tape& tape, const LayerSpec& layer, const Traced& input, bool masked) {
  set_layer_values(tape.values, layer);
  LayerTape run{tape, layer};
  if (tape.pass().kernels == TrainingKernels::transformer_engine) {
    trace_megatron_layer(tape, layer, input);
    return tape.make(residual_stream, tape.pass().weight_bytes(), true);  // weights are trained there
  }
  Traced attended = trace_attention(tape, layer.mixer.kind, run.norm(input, attention_input), masked);
  if (layer.residual == Residual::parallel) {
    const Traced beside = run.feed_forward(run.norm(input, mlp_input));
    return run.sum({input, attended, beside});
  }
  const bool sandwich = layer.residual == Residual::sandwich;
  const Traced projected = attended;
  if (sandwich) attended = run.norm(attended, normed_output);
  Traced between = run.sum({input, attended});
  if (sandwich && tape.pass().compiled()) between.storage = projected.storage;  // made anew from what the norm before it keeps
  Traced out = run.feed_forward(run.norm(between, mlp_input));
  if (sandwich) out = run.norm(out, normed_output);
  return run.sum({between, out});
}

}  // namespace plimsoll
