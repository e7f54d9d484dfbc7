#include "solver/advice.hpp"

#include "messages.hpp"
#include "solver/capacity.hpp"
#include "solver/change_list.hpp"
#include "solver/training_advice.hpp"

namespace plimsoll {
namespace {

/// Advice for serving.
class Advisor {
 public:
  Advisor(const Plan& plan, u64 needed_bytes) : plan_(plan), serving_(plan.inference()), changes_(plan, needed_bytes) {}

  std::vector<Change> run() {
    narrower_cache();
    narrower_weights();
    smaller_workload();
    const Request as_asked = with_cache(serving_.kv_format->id);
    changes_.more_devices(as_asked);
    changes_.another_device(as_asked, true);
    return changes_.take();
  }

 private:
  [[nodiscard]] u64 bits_of(std::string_view format) const {
    const auto found = plan_.catalog->format(format, "");
    return found.ok() && !found.value()->parts.empty() ? found.value()->parts[0].item_bits : 0;
  }

  [[nodiscard]] Request with_cache(std::string_view format) const {
    Request request = plan_.request;
    auto& workload = *std::get_if<InferenceWorkload>(&request.workload);
    workload.prompt_tokens = serving_.prompt_tokens;
    workload.kv_cache_dtype = std::string(format);
    return request;
  }

  void narrower_cache() {
    if (bits_of(serving_.kv_format->id) > 8) changes_.offer("kv_cache_dtype", "fp8", with_cache("fp8"));
  }

  /// Narrower weights keep the cache as it was; the narrowest is tried with a narrower cache too.
  void narrower_weights() {
    const u64 now = bits_of(plan_.weight_format);
    for (const std::string_view format : {"fp8", "int4"}) {
      if (bits_of(format) >= now) continue;
      Request request = with_cache(serving_.kv_format->id);
      request.weight_format = std::string(format);
      if (changes_.offer("weight_format", std::string(format), request)) return;
    }
    if (now <= 4) return;
    Request request = with_cache("fp8");
    request.weight_format = "int4";
    changes_.offer("weight_format", "int4, kv_cache_dtype fp8", request);
  }

  void smaller_workload() {
    const Answer context = longest_context(plan_);
    if (context.value > 0 && context.value < serving_.max_model_len) {
      Request request = with_cache(serving_.kv_format->id);
      std::get_if<InferenceWorkload>(&request.workload)->max_model_len = context.value;
      changes_.offer("max_model_len", digits(context.value), request);
    }
    const Answer sequences = most_sequences_of(plan_);
    if (sequences.value > 0 && sequences.value < serving_.max_num_seqs) {
      Request request = with_cache(serving_.kv_format->id);
      std::get_if<InferenceWorkload>(&request.workload)->max_num_seqs = sequences.value;
      changes_.offer("max_num_seqs", digits(sequences.value), request);
    }
  }

  const Plan& plan_;
  const InferencePlan& serving_;
  ChangeList changes_;
};

}  // namespace

std::vector<Change> advice_for(const Plan& plan, u64 needed_bytes) {
  if (plan.gpu == nullptr || needed_bytes <= plan.memory.usable_bytes) return {};
  return plan.trains() ? training_advice(plan, needed_bytes) : Advisor(plan, needed_bytes).run();
}

}  // namespace plimsoll
