#pragma once
/// Reading recorded training passes of tests/cases.

#include "pass_cases.hpp"
#include "training/step_moments.hpp"

namespace plimsoll::testing {

inline bool flag_of(JsonView view, std::string_view key) { return view[key].boolean().value_or(false); }

/// "query_value", or "all_linear": every linear module that is no router's, no expert's.
inline PartSet targets_of(std::string_view words) {
  PartSet parts{{Role::attention_q}, {Role::attention_v}, {Role::attention_qkv}};
  if (words == "query_value") return parts;
  for (const Role role : {Role::attention_k, Role::attention_o, Role::latent_q_a, Role::latent_q_b, Role::latent_kv_a, Role::latent_kv_b, Role::mlp_gate,
                          Role::mlp_up, Role::mlp_gate_up, Role::mlp_down, Role::shared_expert_gate, Role::shared_expert_up, Role::shared_expert_down,
                          Role::shared_expert_router})
    parts.add({role});
  return parts;
}

inline LoraSetting lora_of(JsonView view) {
  LoraSetting lora{.rank = static_cast<u32>(*view["rank"].whole()), .dropout = flag_of(view, "dropout"),
                   .adapter_dtype = *enum_from<ComputeDtype>(*view["adapter_dtype"].string()), .input_gradients = flag_of(view, "input_gradients")};
  lora.targets.every = targets_of(*view["targets"].string());
  return lora;
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
