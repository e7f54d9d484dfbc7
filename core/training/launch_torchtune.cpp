/// The configuration of a single-device recipe of torchtune.

#include <algorithm>
#include <array>

#include "messages.hpp"
#include "training/launch.hpp"

namespace plimsoll {
namespace {

/// Names of the matrices of attention: in checkpoints, and in torchtune's modules.
constexpr std::array<std::pair<std::string_view, std::string_view>, 4> attention_names = {
    {{"q_proj", "q_proj"}, {"k_proj", "k_proj"}, {"v_proj", "v_proj"}, {"o_proj", "output_proj"}}};
constexpr std::array<std::string_view, 3> mlp_names = {"gate_proj", "up_proj", "down_proj"};

std::string_view boolean(bool value) { return value ? "True" : "False"; }
std::string line(std::string_view key, std::string_view value) { return std::string(key) + ": " + std::string(value) + "\n"; }
std::string part(std::string_view key, std::string_view value) { return "  " + line(key, value); }
std::string text_of(JsonView value) { return std::string(value.string().value_or("")); }

class Configuration {
 public:
  Configuration(const Plan& plan, JsonView known, JsonView tokenizer)
      : plan_(plan), asked_(*std::get_if<TrainingWorkload>(&plan.request.workload)), recipe_(*plan.training().recipe), known_(known), tokenizer_(tokenizer),
        adapts_(asked_.method != TrainingMethod::full) {}

  LaunchFile file() {
    const std::string recipe = adapts_ ? "lora_finetune_single_device" : "full_finetune_single_device";
    std::string body = model();
    body += tokenizer();
    body += checkpointer();
    body += data();
    body += step();
    body += pass();
    return {.program = "torchtune", .name = recipe + ".yaml",
            .text = "# " + launch_title(plan_) + ". Run with torchtune 0.7: tune run " + recipe + " --config " + recipe + ".yaml\n" +
                    unsaid_comment(unsaid_) + body};
  }

 private:
  const Plan& plan_;
  const TrainingWorkload& asked_;
  const PrecisionRecipe& recipe_;
  JsonView known_, tokenizer_;
  bool adapts_ = false;
  std::vector<std::string> unsaid_;

  std::string model();
  std::string adapters();
  std::string tokenizer();
  std::string checkpointer();
  std::string data();
  std::string step();
  std::string pass();
};

/// Its builders take adapters on each matrix of attention apart, and on the three of the MLP together.
std::string Configuration::adapters() {
  const LoraChoice lora = asked_.lora.value_or(LoraChoice{});
  std::vector<std::string> targets = lora.target_modules.value_or(std::vector<std::string>{"all-linear"});
  const bool every = targets.size() == 1 && targets.front() == "all-linear";
  const auto aimed = [&](std::string_view name) { return every || std::ranges::find(targets, name) != targets.end(); };
  std::string attention;
  for (const auto& [ours, theirs] : attention_names)
    if (aimed(ours)) attention += (attention.empty() ? "" : ", ") + std::string(theirs);
  const bool mlp = std::ranges::all_of(mlp_names, aimed), head = !every && aimed("lm_head") && !plan_.model->spec.tie_word_embeddings;
  for (const std::string& name : targets) {
    const bool in_attention = std::ranges::any_of(attention_names, [&](const auto& pair) { return pair.first == name; });
    if (!every && !in_attention && !(mlp && std::ranges::find(mlp_names, name) != mlp_names.end()) && !(head && name == "lm_head"))
      unsaid_.push_back("target_modules: " + name);
  }
  std::string out = part("lora_attn_modules", "[" + attention + "]") + part("apply_lora_to_mlp", boolean(mlp));
  if (head) out += part("apply_lora_to_output", "True");
  out += part("lora_rank", digits(lora.r.value_or(16))) + part("lora_alpha", digits(2 * lora.r.value_or(16))) +
         part("lora_dropout", lora.lora_dropout.value_or(false) ? "0.05" : "0.0");
  if (lora.use_dora.value_or(false)) out += part("use_dora", "True");
  if (lora.modules_to_save && !lora.modules_to_save->empty()) unsaid_.emplace_back("modules_to_save");
  const std::string_view dtype = name_of(lora.adapter_dtype.value_or(ComputeDtype::fp32));
  if (dtype != recipe_.weights) unsaid_.push_back("adapter_dtype=" + std::string(dtype) + ": adapters have the type of the other weights");
  return out;
}

std::string Configuration::model() {
  std::string component = text_of(known_["component"]);
  if (adapts_) component.insert(component.rfind('.') + 1, "lora_");
  std::string out = line("output_dir", "out") + "model:\n" + part("_component_", component);
  if (!adapts_) return out;
  out += adapters();
  if (asked_.method != TrainingMethod::qlora) return out;
  const std::string format = plan_.request.weight_format.value_or("");
  if (format != "nf4_double_quant") unsaid_.push_back("weight_format=" + format + ": its NF4 has quantised scales");
  return out + part("quantize_base", "True");
}

std::string Configuration::tokenizer() {
  std::string out = "tokenizer:\n";
  for (std::size_t i = 0; i < tokenizer_.size(); ++i) {
    const std::string value = text_of(tokenizer_.at(i));
    out += part(tokenizer_.key_at(i), tokenizer_.key_at(i) == "_component_" ? value : "${checkpointer.checkpoint_dir}/" + value);
  }
  return out + part("max_seq_len", digits(*asked_.sequence_length));
}

std::string Configuration::checkpointer() {
  const std::string count = digits(known_["checkpoint_files"].whole().value_or(1));
  std::string out = "checkpointer:\n" + part("_component_", "torchtune.training.FullModelHFCheckpointer") + part("checkpoint_dir", "path-of-your-model");
  if (count == "1") out += part("checkpoint_files", "[model.safetensors]");
  else
    out += "  checkpoint_files:\n  " + part("filename_format", "model-{}-of-{}.safetensors") + "  " +
           part("max_filename", "\"" + std::string(5 - std::min<std::size_t>(count.size(), 5), '0') + count + "\"");
  return out + part("recipe_checkpoint", "null") + part("output_dir", "${output_dir}") + part("model_type", text_of(known_["model_type"])) +
         line("resume_from_checkpoint", "False");
}

std::string Configuration::data() {
  if (*asked_.padded) unsaid_.emplace_back("padded=true: its padded batches have no mask");
  return "dataset:\n" + part("_component_", "torchtune.datasets.text_completion_dataset") + part("source", "path-or-name-of-a-dataset") +
         part("column", "text") + part("packed", "False") + line("seed", "null") + line("shuffle", "True") + line("epochs", "1") +
         line("max_steps_per_epoch", "null");
}

std::string Configuration::step() {
  std::string out = line("batch_size", digits(*asked_.micro_batch_size)) + line("gradient_accumulation_steps", digits(*asked_.gradient_accumulation_steps));
  const OptimizerSetup& optimizer = plan_.training().optimizer;
  out += "optimizer:\n" + part("_component_", optimizer.optimizer->python_class);
  for (const auto& [name, value] : optimizer_arguments(optimizer, unsaid_)) out += part(name, value);
  if (adapts_)
    out += "lr_scheduler:\n" + part("_component_", "torchtune.training.lr_schedulers.get_cosine_schedule_with_warmup") +
           part("num_warmup_steps", "100") + line("save_adapter_weights_only", "False");
  else out += line("optimizer_in_bwd", *asked_.optimizer_in_backward ? "True" : "False");
  if (adapts_ && *asked_.optimizer_in_backward) unsaid_.emplace_back("optimizer_in_backward=true");
  if (asked_.frozen) unsaid_.emplace_back("frozen");
  if (*asked_.packing) unsaid_.emplace_back("packing=true with FlashAttention: its packed batches have a mask");
  const bool chunked = *asked_.loss == LossImplementation::chunked;
  if (!chunked && *asked_.loss != LossImplementation::transformers) unsaid_.push_back("loss=" + std::string(name_of(*asked_.loss)));
  return out + "loss:\n" + part("_component_", chunked ? "torchtune.modules.loss.LinearCrossEntropyLoss" : "torch.nn.CrossEntropyLoss") +
         line("clip_grad_norm", *asked_.gradient_clipping ? "1.0" : "null");
}

std::string Configuration::pass() {
  const RecomputeGranularity recompute = *asked_.recompute_granularity;
  const bool plain = recipe_.compute == TrainingPrecision::bf16 || recipe_.compute == TrainingPrecision::fp32;
  if (!plain || !recipe_.master_weights.empty()) unsaid_.push_back("precision=" + std::string(recipe_.id) + ": everything is BF16 or FP32");
  if (recompute == RecomputeGranularity::selective) unsaid_.emplace_back("recompute_granularity=selective: whole layers are recomputed");
  const ActivationOffloading offloading = *asked_.activation_offloading;
  const bool recomputes = recompute != RecomputeGranularity::none, offloads = recomputes && offloading == ActivationOffloading::saved_tensors;
  if (recompute == RecomputeGranularity::full && (*asked_.recompute_num_layers > 1 || *asked_.recompute_method == RecomputeMethod::block))
    unsaid_.push_back("recompute_method=" + std::string(name_of(*asked_.recompute_method)) + ": each layer is recomputed for itself");
  if (offloading != ActivationOffloading::none && !offloads)
    unsaid_.push_back("activation_offloading=" + std::string(name_of(offloading)) + ": it offloads saved tensors, and only where layers are recomputed");
  if (recomputes && *asked_.use_reentrant) unsaid_.emplace_back("use_reentrant=true");
  if (*asked_.attention != TrainingAttention::sdpa) unsaid_.push_back("attention=" + std::string(name_of(*asked_.attention)));
  const bool compiled = *asked_.kernels == TrainingKernels::compiled;
  if (*asked_.kernels != TrainingKernels::transformers && !compiled)
    unsaid_.push_back("kernels=" + std::string(name_of(*asked_.kernels)));
  if (asked_.enable_input_require_grads.value_or(false)) unsaid_.emplace_back("enable_input_require_grads=true");
  if (*asked_.kept_logits != KeptLogits::none) unsaid_.push_back("kept_logits=" + std::string(name_of(*asked_.kept_logits)));
  return line("dtype", recipe_.weights == "fp32" ? "fp32" : "bf16") + line("enable_activation_checkpointing", boolean(recomputes)) +
         line("enable_activation_offloading", boolean(offloads)) + line("compile", boolean(compiled)) + line("device", "cuda") + "metric_logger:\n" +
         part("_component_", "torchtune.training.metric_logging.DiskLogger") + part("log_dir", "${output_dir}/logs") + line("log_every_n_steps", "1") +
         line("log_peak_memory_stats", "True") + line("log_level", "INFO");
}

}  // namespace

std::optional<LaunchFile> torchtune_config(const Plan& plan) {
  const auto stack = plan.catalog->stack("torchtune", "");
  if (!stack.ok() || !plan.request.model.preset) return std::nullopt;
  const JsonView launch = stack.value()->launch, known = launch["models"][*plan.request.model.preset];
  if (!known.present()) return std::nullopt;
  return Configuration(plan, known, launch["tokenizers"][known["tokenizer"].string().value_or("")]).file();
}

}  // namespace plimsoll
