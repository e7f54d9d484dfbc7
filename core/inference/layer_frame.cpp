// XDecoderLayer.forward of the model files: which of its names are alive while its blocks run. The layer's input is held by the
// model's loop. Names that hold a storage to the end of the function are dropped at its end here too.
#include "inference/block_runs.hpp"

namespace plimsoll {
namespace {

constexpr LedgerItem normed_input = activation("activations.normed_input", "b_a * B * T * h");
constexpr LedgerItem residual_stream = activation("activations.residual_stream", "b_a * B * T * h");
constexpr LedgerItem normed_output = activation("activations.normed_output", "b_a * B * T * h");
constexpr LedgerItem scaled_output = activation("activations.scaled_output", "b_a * B * T * h");

struct Frame {
  PassContext& context;
  const LayerSpec& layer;

  [[nodiscard]] Hold norm(std::size_t which, const LedgerItem& result) {
    const Norm& n = layer.norms[which];
    return run_norm(context, n.kind, (Checked{context.values[Symbol::B]} * context.values[Symbol::T]).value, n.width, result);
  }
  /// residual + output, the output scaled first where the family does that.
  [[nodiscard]] Hold add() {
    if (!layer.residual_multiplier) return context.hold(residual_stream);
    const Hold scaled = context.hold(scaled_output);
    return context.hold(residual_stream);
  }
};

/// x + attention(norm(x)) + mlp(norm(x)), as GPTNeoXLayer adds them; the attention's output is held by the caller.
void run_parallel(Frame& frame) {
  Hold normed = frame.norm(1, normed_input);
  const Hold fed = run_feed_forward(frame.context, frame.layer.feed_forward.kind);
  normed.drop();
  const Hold both = frame.context.hold(residual_stream);
  frame.context.spike(residual_stream);
}

void run_in_turn(Frame& frame, Hold attended) {
  const bool sandwich = frame.layer.residual == Residual::sandwich;
  if (sandwich) attended = frame.norm(1, normed_output);
  const Hold residual = frame.add();
  if (!frame.layer.keeps_attention_output) attended.drop();
  Hold normed = frame.norm(sandwich ? 2 : 1, normed_input);
  Hold fed = run_feed_forward(frame.context, frame.layer.feed_forward.kind);
  normed.drop();
  if (sandwich) fed = frame.norm(3, normed_output);
  const Hold out = frame.add();
}

}  // namespace

void run_layer(PassContext& context, const LayerSpec& layer, CacheHolds& cache, bool masked) {
  Frame frame{context, layer};
  Hold normed = frame.norm(0, normed_input);
  AttentionResult attention = run_attention(context, layer.mixer.kind, cache, masked);
  normed.drop();
  if (layer.residual == Residual::parallel) {
    run_parallel(frame);
  } else {
    run_in_turn(frame, std::move(attention.output));
  }
}

}  // namespace plimsoll
