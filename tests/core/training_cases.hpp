#pragma once
/// Reading recorded training passes of tests/cases.

#include "pass_cases.hpp"
#include "training/step_moments.hpp"

namespace plimsoll::testing {

inline bool flag_of(JsonView view, std::string_view key) { return view[key].boolean().value_or(false); }

inline LoraSetting lora_of(JsonView view) {
  return {.rank = static_cast<u32>(*view["rank"].whole()), .targets = *enum_from<LoraTargets>(*view["targets"].string()),
          .dropout = flag_of(view, "dropout"), .adapter_dtype = *enum_from<ComputeDtype>(*view["adapter_dtype"].string()),
          .input_gradients = flag_of(view, "input_gradients")};
}

inline TrainingPass training_pass_of(JsonView view) {
  TrainingPass pass{.micro_batch_size = *view["micro_batch_size"].whole(), .sequence_length = *view["sequence_length"].whole(),
                    .precision = *enum_from<TrainingPrecision>(*view["precision"].string()),
                    .attention = *enum_from<TrainingAttention>(*view["attention"].string()), .reentrant = flag_of(view, "reentrant"),
                    .padded = flag_of(view, "padded"),
                    .kept_logits = flag_of(view, "output_held") ? KeptLogits::output : KeptLogits::none};
  if (view["recompute"].present()) pass.recompute = *enum_from<RecomputeGranularity>(*view["recompute"].string());
  if (view["lora"].present()) pass.lora = lora_of(view["lora"]);
  return pass;
}

inline std::string title_of(const TrainingPass& pass) {
  return std::string(name_of(pass.precision)) + " " + std::string(name_of(pass.attention)) + " " + std::string(name_of(pass.recompute)) +
         (pass.padded ? " padded" : "") + (pass.lora ? " lora" : "") + " " + std::to_string(pass.micro_batch_size) + " x " +
         std::to_string(pass.sequence_length);
}

}  // namespace plimsoll::testing
