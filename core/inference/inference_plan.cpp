#include "inference/inference_plan.hpp"

#include <algorithm>

#include "inference/pass.hpp"
#include "messages.hpp"
#include "plan.hpp"

namespace plimsoll {
namespace {

constexpr u64 usual_context = 8192;

Error not_a_cache_format(const Catalog& catalog, const StorageFormat& format, const std::string& where) {
  std::string good;
  for (const StorageFormat& other : catalog.formats())
    if (other.kv_cache) good += (good.empty() ? "" : ", ") + std::string(other.id);
  return make_error(Say::not_a_cache_format, where, {format.id, good});
}

Result<const StorageFormat*> cache_format(Plan& plan, std::string_view id, const std::string& where) {
  PLIMSOLL_TRY(const StorageFormat* format, plan.catalog->format(id, where));
  if (!format->kv_cache) return not_a_cache_format(*plan.catalog, *format, where);
  const bool without_scales = format->parts.size() == 1 && format->parts[0].elements_per_item == 1;
  if (!enum_from<ComputeDtype>(id))
    plan.notices.push_back(make_notice(without_scales ? Say::cache_format_idealised : Say::cache_of_other_engine, where, {id, name_of(plan.compute_dtype)}));
  return format;
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
  const std::string keys = asked.kv_cache_dtype.value_or(std::string(name_of(plan.compute_dtype)));
  PLIMSOLL_TRY(decided.kv_format, cache_format(plan, keys, "request.workload.kv_cache_dtype"));
  decided.value_format = decided.kv_format;
  if (asked.value_cache_dtype && *asked.value_cache_dtype != keys) {
    PLIMSOLL_TRY(decided.value_format, cache_format(plan, *asked.value_cache_dtype, "request.workload.value_cache_dtype"));
  }
  decided.attention = effective_attention(plan.model->spec, asked.attention);
  if (decided.attention != asked.attention)
    plan.notices.push_back(make_notice(Say::eager_only, "request.workload.attention", {name_of(decided.attention)}));
  asked.max_model_len = decided.max_model_len;
  asked.prompt_tokens = decided.prompt();
  asked.kv_cache_dtype = keys;
  asked.attention = decided.attention;
  return std::nullopt;
}

}  // namespace plimsoll
