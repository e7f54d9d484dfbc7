#include "inference/inference_plan.hpp"

#include <algorithm>

#include "inference/pass.hpp"
#include "messages.hpp"
#include "plan.hpp"

namespace plimsoll {
namespace {

constexpr u64 usual_context = 8192;

Error not_a_cache_format(const Catalog& catalog, const StorageFormat& format) {
  std::string good;
  for (const StorageFormat& other : catalog.formats())
    if (other.kv_cache) good += (good.empty() ? "" : ", ") + std::string(other.id);
  return make_error(Say::not_a_cache_format, "request.workload.kv_cache_dtype", {format.id, good});
}

}  // namespace

u64 InferencePlan::prompt(u64 context) const {
  if (prompt_tokens) return std::min(*prompt_tokens, context);
  return context > 1 ? context - 1 : 1;
}

std::optional<Error> decide_inference(Plan& plan, InferenceWorkload& asked) {
  InferencePlan& decided = plan.workload.emplace<InferencePlan>();
  const u64 longest = plan.model->spec.max_position_embeddings;
  if (!asked.max_model_len) {
    decided.max_model_len = std::min(usual_context, longest);
    if (longest < usual_context) plan.notices.push_back(make_notice(Say::context_clamped, "request.workload.max_model_len", {digits(longest)}));
  } else {
    decided.max_model_len = *asked.max_model_len;
    if (decided.max_model_len > longest)
      plan.notices.push_back(make_notice(Say::past_model_length, "request.workload.max_model_len", {digits(decided.max_model_len), digits(longest)}));
  }
  if (auto error = above(decided.max_model_len, most_tokens, "request.workload.max_model_len")) return error;
  if (auto error = above(asked.max_num_seqs, most_sequences, "request.workload.max_num_seqs")) return error;
  decided.max_num_seqs = asked.max_num_seqs;
  decided.prompt_tokens = asked.prompt_tokens;
  if (asked.prompt_tokens && *asked.prompt_tokens > decided.max_model_len)
    return make_error(Say::prompt_too_long, "request.workload.prompt_tokens", {digits(*asked.prompt_tokens), digits(decided.max_model_len)});
  const std::string kv = asked.kv_cache_dtype.value_or(std::string(name_of(plan.compute_dtype)));
  auto format = plan.catalog->format(kv, "request.workload.kv_cache_dtype");
  if (!format.ok()) return format.error();
  if (!format.value()->kv_cache) return not_a_cache_format(*plan.catalog, *format.value());
  decided.kv_format = format.value();
  if (!enum_from<ComputeDtype>(kv))
    plan.notices.push_back(make_notice(Say::cache_format_idealised, "request.workload.kv_cache_dtype", {kv, name_of(plan.compute_dtype)}));
  decided.attention = effective_attention(plan.model->spec, asked.attention);
  if (decided.attention != asked.attention)
    plan.notices.push_back(make_notice(Say::eager_only, "request.workload.attention", {name_of(decided.attention)}));
  asked.max_model_len = decided.max_model_len;
  asked.prompt_tokens = decided.prompt();
  asked.kv_cache_dtype = kv;
  asked.attention = decided.attention;
  return std::nullopt;
}

}  // namespace plimsoll
