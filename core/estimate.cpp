#include "estimate.hpp"

#include "engines/runtime_overhead.hpp"
#include "inference/pass.hpp"
#include "messages.hpp"
#include "storage/checkpoint_weights.hpp"
#include "storage/decompressed_weights.hpp"

namespace plimsoll {
namespace {

u64 weights_of(TermTree& tree, const Plan& plan, const RankShare& rank) {
  const LoadedModel& model = *plan.model;
  if (plan.weights_as_stored) return add_stored_weights(tree, model.spec, model.inventory, rank, *model.stored);
  return add_weights(tree, model.spec, model.inventory, rank, plan.weight_formats);
}

ForwardPass pass_of(const Plan& plan) {
  const InferencePlan& serving = plan.inference();
  ForwardPass pass;
  pass.max_num_seqs = serving.max_num_seqs;
  pass.attention = serving.attention;
  pass.dtype = plan.compute_dtype;
  pass.weights = &plan.weight_formats;
  const auto plain = [&](const StorageFormat* format) { return format->id == name_of(plan.compute_dtype); };
  pass.kv_format = plain(serving.kv_format) && plain(serving.value_format) ? nullptr : serving.kv_format;
  pass.value_format = serving.value_format == serving.kv_format ? nullptr : serving.value_format;
  return pass;
}

/// The passes of a generation that may hold the peak: the prompt's, the first token after it (sliding layers still hold the whole
/// prompt), and the last token.
void add_moments(TermTree& tree, RankTotals& out, const Plan& plan, const RankShare& rank, u64 max_model_len, u64 max_num_seqs) {
  const u64 prompt = plan.inference().prompt(max_model_len);
  ForwardPass pass = pass_of(plan);
  pass.max_num_seqs = max_num_seqs;
  u64 highest = 0;
  const auto add = [&](std::string_view id, u64 tokens, u64 past, bool after_prompt) {
    pass.id = id;
    pass.tokens = tokens;
    pass.past_tokens = past;
    pass.after_prompt = after_prompt;
    const PassPeak peak = add_pass(tree, plan.model->spec, rank, pass);
    out.overflowed = out.overflowed || peak.overflowed;
    if (peak.bytes <= highest) return;
    highest = peak.bytes;
    out.worst_moment = id;
    out.kv_cache_bytes = peak.kv_cache_bytes;
  };
  tree.open("moments", Combine::peak);
  add("moment.prefill", prompt, 0, false);
  if (max_model_len > prompt) add("moment.decode_first", 1, prompt, true);
  if (max_model_len > prompt + 1) add("moment.decode_last", 1, max_model_len - 1, false);
  tree.close();
}

/// The moments of a step, and the allocator's reserve over all that is allocated.
StepTotals add_training(TermTree& tree, RankTotals& out, const Plan& plan, const StepStates& states, u64 length, u64 sequences) {
  const StepTotals step = add_step(tree, plan, states, length, sequences);
  out.worst_moment = step.worst_moment;
  const Checked allocated = Checked{states.standing_bytes} + step.buffers_bytes + step.peak_bytes;
  out.allocated_bytes = allocated.value;
  add_allocator_reserve(tree, plan.engine->training_reserve, out.allocated_bytes);
  out.overflowed = out.overflowed || allocated.overflowed;
  return step;
}

/// The weights, and what they grow by in the first forward pass.
u64 add_served_weights(TermTree& tree, const Plan& plan, const RankShare& rank) {
  const LoadedModel& model = *plan.model;
  const u64 loaded = weights_of(tree, plan, rank);
  if (!plan.decompresses_weights) return loaded;
  return loaded + add_decompressed_weights(tree, model.spec, model.inventory, rank, plan.weight_formats, plan.compute_dtype);
}

}  // namespace

RankEstimate estimate_rank(const Plan& plan, const RankShare& rank, bool explain) {
  RankEstimate out;
  TermTree tree(explain);
  tree.open("needed", Combine::sum);
  if (plan.trains()) {
    out.states = add_step_states(tree, plan, rank);
    out.weights_bytes = out.states.weights_bytes;
    out.step = add_training(tree, out, plan, out.states, plan.length(), plan.sequences());
  } else {
    out.weights_bytes = add_served_weights(tree, plan, rank);
    add_moments(tree, out, plan, rank, plan.length(), plan.sequences());
  }
  out.overhead_bytes = add_runtime_overhead(tree, *plan.engine, plan.vendor(), rank.tensor_parallel_size);
  out.needed_bytes = tree.close();
  if (!plan.trains()) out.allocated_bytes = out.needed_bytes - out.overhead_bytes;
  out.overflowed = out.overflowed || tree.overflowed();
  out.tree = tree.take();
  return out;
}

FixedPart fixed_part(const Plan& plan, const RankShare& rank) {
  TermTree tree(false);
  FixedPart fixed;
  tree.open("fixed", Combine::sum);
  if (plan.trains()) fixed.states = add_step_states(tree, plan, rank);
  fixed.weights_bytes = plan.trains() ? fixed.states.weights_bytes : add_served_weights(tree, plan, rank);
  fixed.overhead_bytes = add_runtime_overhead(tree, *plan.engine, plan.vendor(), rank.tensor_parallel_size);
  return fixed;
}

RankTotals estimate_workload(const Plan& plan, const RankShare& rank, const FixedPart& fixed, u64 length, u64 sequences) {
  RankTotals out;
  out.weights_bytes = fixed.weights_bytes;
  out.overhead_bytes = fixed.overhead_bytes;
  TermTree tree(false);
  tree.open("moving", Combine::sum);
  if (plan.trains()) {
    add_training(tree, out, plan, fixed.states, length, sequences);
  } else {
    add_moments(tree, out, plan, rank, length, sequences);
  }
  const u64 standing = plan.trains() ? fixed.states.standing_bytes : fixed.weights_bytes;
  const Checked sum = Checked{tree.close()} + standing + fixed.overhead_bytes;
  out.needed_bytes = sum.value;
  out.overflowed = out.overflowed || tree.overflowed() || sum.overflowed;
  return out;
}

Result<RankEstimate> estimate_worst(const Plan& plan, bool explain) {
  std::size_t worst = 0;
  RankEstimate most = estimate_rank(plan, plan.ranks[0], explain);
  for (std::size_t i = 1; i < plan.ranks.size(); ++i) {
    const RankEstimate other = estimate_rank(plan, plan.ranks[i], false);
    if (other.needed_bytes <= most.needed_bytes) continue;
    worst = i;
    most = estimate_rank(plan, plan.ranks[worst], explain);
  }
  if (most.overflowed) return make_error(Say::too_big, "request");
  return most;
}

u64 resting_cache_of(const Plan& plan, const RankShare& rank) {
  if (plan.trains()) return 0;
  ForwardPass pass = pass_of(plan);
  pass.tokens = plan.length();
  return resting_cache(plan.model->spec, rank, pass).value;
}

std::vector<RankNeed> needs_of_ranks(const Plan& plan) {
  std::vector<RankNeed> out;
  for (const RankShare& rank : plan.ranks) out.push_back({rank.rank, rank.count, estimate_rank(plan, rank, false).needed_bytes});
  return out;
}

}  // namespace plimsoll
