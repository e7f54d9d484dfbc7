#include "training/training_kernels.hpp"

#include "messages.hpp"
#include "training/megatron_blocks.hpp"

namespace plimsoll {
namespace {

constexpr Formula two_copies{"2 * P_l"};

Error refuses(TrainingKernels kernels, std::string_view setting, std::string_view value, std::string_view choice) {
  return make_error(Say::kernels_refuse_setting, "request.workload.kernels", {name_of(kernels), std::string(setting) + " " + std::string(value), choice});
}

/// What of a layer Megatron-LM does not have; empty: nothing.
std::string_view missing_part(const LayerSpec& layer) {
  if (layer.residual == Residual::parallel) return "parallel attention and MLP";
  const auto* grouped = std::get_if<GroupedQueryAttention>(&layer.mixer.kind);
  if (grouped != nullptr && grouped->soft_cap) return "attn_logit_softcapping";
  return grouped != nullptr && grouped->sinks ? "attention sinks" : "";
}

std::optional<Error> check_megatron(const ModelSpec& model, const TrainingPass& pass, TrainingMethod method, const PrecisionRecipe& recipe) {
  if (method != TrainingMethod::full) return refuses(pass.kernels, "method", name_of(method), "method full");
  if (!pass.frozen.empty()) return refuses(pass.kernels, "frozen", "modules", "no frozen modules");
  if (pass.weight_bytes() != 2) return refuses(pass.kernels, "precision", recipe.id, "precision bf16_master");
  if (pass.attention == TrainingAttention::sdpa_math) return refuses(pass.kernels, "attention", name_of(pass.attention), "attention sdpa");
  for (const LayerSpec& layer : model.decoder().kinds)
    if (const std::string_view part = missing_part(layer); !part.empty())
      return make_error(Say::kernels_refuse_model, "request.workload.kernels", {"Megatron-LM", model.model_type, part});
  return std::nullopt;
}

bool is_linear_weight(Role role) {
  switch (role) {
    case Role::attention_q: case Role::attention_k: case Role::attention_v: case Role::attention_qkv: case Role::attention_o:
    case Role::latent_q_a: case Role::latent_q_b: case Role::latent_kv_a: case Role::latent_kv_b:
    case Role::mlp_gate: case Role::mlp_up: case Role::mlp_gate_up: case Role::mlp_down:
    case Role::expert_gate: case Role::expert_up: case Role::expert_gate_up: case Role::expert_down:
    case Role::shared_expert_gate: case Role::shared_expert_up: case Role::shared_expert_down: return true;
    case Role::embedding: case Role::position_embedding: case Role::attention_norm: case Role::attention_sink: case Role::router:
    case Role::shared_expert_router: case Role::norm: case Role::mtp_projection: case Role::lm_head: case Role::buffer: return false;
  }
  return false;
}

}  // namespace

std::optional<Error> check_kernels(const ModelSpec& model, const TrainingPass& pass, TrainingMethod method, const PrecisionRecipe& recipe) {
  const bool engine = pass.kernels == TrainingKernels::transformer_engine;
  if (engine && pass.recompute == RecomputeGranularity::selective)  // its layers have no parts that run again here
    return refuses(pass.kernels, "recompute_granularity", name_of(pass.recompute), "recompute_granularity none, full");
  if (engine) return check_megatron(model, pass, method, recipe);
  if (pass.precision == TrainingPrecision::fp8) return refuses(pass.kernels, "precision", recipe.id, "kernels transformer_engine");
  if (pass.compiled() && !pass.frozen.empty()) return refuses(pass.kernels, "frozen", "modules", "no frozen modules");
  if (pass.compiled() && method != TrainingMethod::full) return refuses(pass.kernels, "method", name_of(method), "method full");
  return std::nullopt;
}

u64 add_fp8_weights(TermTree& tree, const ModelSpec& model, const TensorInventory& inventory, const RankShare& rank) {
  Checked elements;
  for (const Tensor& tensor : inventory.tensors) {
    if (tensor.apart != Apart::no || !is_linear_weight(tensor.role) || tensor.rank < 2) continue;
    Checked one{1};
    const auto shape = shape_on_rank(tensor, model, rank);
    for (std::size_t i = 0; i < tensor.rank; ++i) one = one * shape[i];
    elements = elements + one * tensor.count();
  }
  Values v;
  v[Symbol::P_l] = elements.value;
  return tree.leaf("fp8_weights", two_copies, v, {.source = source::engine});
}

}  // namespace plimsoll
