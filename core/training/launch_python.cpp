/// The script for Transformers or TRL.

#include <algorithm>

#include "messages.hpp"
#include "training/launch.hpp"

namespace plimsoll {
namespace {

/// TrainingArguments.optim: what it calls a class, an implementation of it and its paging. Its 8-bit ones keep embeddings in 32 bits.
struct OptimName {
  std::string_view id, implementation, name;
  bool paged = false;
};
constexpr OptimName optim_names[] = {
    {"torch-adamw", "fused", "adamw_torch_fused"},
    {"torch-adamw", "foreach", "adamw_torch"},
    {"torch-sgd", "foreach", "sgd"},
    {"torch-adagrad", "foreach", "adagrad"},
    {"torch-rmsprop", "foreach", "rmsprop"},
    {"transformers-adafactor", "for_loop", "adafactor"},
    {"bitsandbytes-adamw-8bit", "fused", "adamw_8bit"},
    {"bitsandbytes-adamw-8bit", "fused", "paged_adamw_8bit", true},
    {"bitsandbytes-adamw", "fused", "paged_adamw_32bit", true},
    {"bitsandbytes-lion-8bit", "fused", "lion_8bit"},
    {"bitsandbytes-lion-8bit", "fused", "paged_lion_8bit", true},
    {"bitsandbytes-lion", "fused", "lion_32bit"},
    {"bitsandbytes-lion", "fused", "paged_lion_32bit", true},
    {"bitsandbytes-ademamix-8bit", "fused", "ademamix_8bit"},
    {"bitsandbytes-ademamix-8bit", "fused", "paged_ademamix_8bit", true},
    {"bitsandbytes-ademamix", "fused", "ademamix"},
    {"bitsandbytes-ademamix", "fused", "paged_ademamix_32bit", true},
    {"bitsandbytes-rmsprop-8bit", "fused", "rmsprop_bnb_8bit"},
    {"bitsandbytes-rmsprop", "fused", "rmsprop_bnb_32bit"},
};

/// The name that gives exactly these states; nothing where the class must be passed itself.
std::optional<std::string_view> optim_name(const OptimizerSetup& optimizer) {
  const bool keeps_embeddings = std::ranges::find(optimizer.optimizer->options, "embeddings_32bit") != optimizer.optimizer->options.end();
  if (keeps_embeddings != optimizer.has("embeddings_32bit")) return std::nullopt;
  for (const std::string_view option : {"amsgrad", "capturable", "centered", "momentum", "beta1"})
    if (optimizer.has(option)) return std::nullopt;
  for (const OptimName& known : optim_names)
    if (known.id == optimizer.optimizer->id && known.implementation == optimizer.implementation->id && known.paged == optimizer.has("paged")) return known.name;
  return std::nullopt;
}

std::string_view torch_type(ComputeDtype dtype) {
  return dtype == ComputeDtype::fp32 ? "torch.float32" : dtype == ComputeDtype::bf16 ? "torch.bfloat16" : "torch.float16";
}

ComputeDtype type_of_format(std::string_view format) { return enum_from<ComputeDtype>(format).value_or(ComputeDtype::bf16); }

/// The type that matrices are multiplied in; FP8 is another program's.
ComputeDtype computed_type(TrainingPrecision compute) {
  switch (compute) {
    case TrainingPrecision::fp32: return ComputeDtype::fp32;
    case TrainingPrecision::fp16: case TrainingPrecision::amp_fp16: return ComputeDtype::fp16;
    case TrainingPrecision::bf16: case TrainingPrecision::amp_bf16: case TrainingPrecision::autocast_bf16: case TrainingPrecision::fp8: return ComputeDtype::bf16;
  }
  return ComputeDtype::bf16;
}

std::string_view boolean(bool value) { return value ? "True" : "False"; }

/// One line of a call's arguments.
std::string argument(std::string_view name, std::string_view value) { return "    " + std::string(name) + "=" + std::string(value) + ",\n"; }

std::string list_of(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + quoted(name);
  return "[" + out + "]";
}

class Script {
 public:
  explicit Script(const Plan& plan)
      : plan_(plan), asked_(*std::get_if<TrainingWorkload>(&plan.request.workload)), recipe_(*plan.training().recipe), optimizer_(plan.training().optimizer),
        trl_(*asked_.loss == LossImplementation::trl_fused_head), adapts_(asked_.method != TrainingMethod::full) {}

  LaunchFile file() {
    std::string body = model();
    body += adapters();
    body += arguments();
    body += training();
    return {.program = trl_ ? "trl" : "transformers", .name = "train.py", .text = head() + body};  // the parts have said what the head needs
  }

 private:
  const Plan& plan_;
  const TrainingWorkload& asked_;
  const PrecisionRecipe& recipe_;
  const OptimizerSetup& optimizer_;
  bool trl_ = false;  ///< whether its trainer runs the step: it always takes its fused head, and Trainer never does
  bool adapts_ = false;
  std::vector<std::string> unsaid_;
  std::string optimizer_class_;  ///< passed itself where the arguments have no name for it

  std::string head();
  std::string model();
  std::string quantization();
  std::string adapters();
  std::string recomputation();
  std::string kernels();
  std::string arguments();
  std::string training();
};

std::string Script::head() {
  const bool quantised = asked_.method == TrainingMethod::qlora;
  const std::string library(optimizer_class_.substr(0, optimizer_class_.find('.')));
  std::string out = "# " + launch_title(plan_) + ". Run: accelerate launch --num_processes 1 train.py\n" + unsaid_comment(unsaid_);
  if (library == "bitsandbytes") out += "import bitsandbytes\n";
  out += "import torch\n";
  if (library == "torchao") out += "import torchao.optim\n";
  out += "from datasets import load_dataset\n";
  if (adapts_) out += "from peft import LoraConfig, get_peft_model\n";
  std::string names = "AutoModelForCausalLM";
  if (!trl_) names += ", AutoTokenizer";
  if (quantised) names += ", BitsAndBytesConfig";
  if (!trl_) names += ", DataCollatorForLanguageModeling, Trainer, TrainingArguments";
  if (library == "transformers") out += "import transformers\n";
  out += "from transformers import " + names + "\n";
  if (trl_) out += "from trl import SFTConfig, SFTTrainer\n";
  out += "\nMODEL = " + quoted(plan_.request.model.preset.value_or("path or name of your model")) + "\n";
  return out + "DATASET = \"path or name of a dataset with a column named text\"\n";
}

/// bitsandbytes computes in the type that the pass computes in.
std::string Script::quantization() {
  const std::string format = plan_.request.weight_format.value_or("");
  if (format == "bnb_int8") return "    quantization_config=BitsAndBytesConfig(load_in_8bit=True),\n";
  const bool fp4 = format.starts_with("fp4"), twice = format.ends_with("double_quant");
  if (!fp4 && !format.starts_with("nf4")) {
    unsaid_.push_back("weight_format=" + format);
    return {};
  }
  std::string out = "    quantization_config=BitsAndBytesConfig(\n    " + argument("load_in_4bit", "True");
  out += "    " + argument("bnb_4bit_quant_type", quoted(fp4 ? "fp4" : "nf4")) + "    " + argument("bnb_4bit_use_double_quant", boolean(twice));
  out += "    " + argument("bnb_4bit_compute_dtype", torch_type(computed_type(recipe_.compute)));
  return out + "    ),\n";
}

std::string Script::model() {
  const bool math = asked_.attention == TrainingAttention::sdpa_math;
  std::string out;
  if (math)
    for (const std::string_view kernel : {"flash", "mem_efficient", "cudnn"}) out += "torch.backends.cuda.enable_" + std::string(kernel) + "_sdp(False)\n";
  out += "\nmodel = AutoModelForCausalLM.from_pretrained(\n    MODEL,\n" + argument("dtype", torch_type(type_of_format(recipe_.weights))) +
         argument("attn_implementation", quoted(math ? "sdpa" : name_of(*asked_.attention)));
  if (asked_.method == TrainingMethod::qlora) out += quantization();
  const std::string precision = "precision=" + std::string(recipe_.id);
  if (!recipe_.master_weights.empty()) unsaid_.push_back(precision + ": master weights and a lasting buffer of gradients");
  if (recipe_.compute == TrainingPrecision::fp8) unsaid_.push_back(precision + ": linear operators in FP8");
  if (*asked_.kept_logits != KeptLogits::none) unsaid_.push_back("kept_logits=" + std::string(name_of(*asked_.kept_logits)));
  return out + ")\n";
}

std::string Script::adapters() {
  if (!adapts_) return asked_.frozen ? freezing_lines(*asked_.frozen) : std::string();
  const LoraChoice lora = asked_.lora.value_or(LoraChoice{});
  const auto targets = lora.target_modules.value_or(std::vector<std::string>{"all-linear"});
  const bool every = targets.size() == 1 && targets.front() == "all-linear";
  const ComputeDtype dtype = lora.adapter_dtype.value_or(ComputeDtype::fp32);
  std::string out = "\nadapters = LoraConfig(\n    task_type=\"CAUSAL_LM\",\n" + argument("r", digits(lora.r.value_or(16))) +
                    argument("target_modules", every ? quoted("all-linear") : list_of(targets));
  if (lora.modules_to_save && !lora.modules_to_save->empty()) out += argument("modules_to_save", list_of(*lora.modules_to_save));
  out += argument("lora_dropout", lora.lora_dropout.value_or(false) ? "0.05" : "0.0") + argument("use_dora", boolean(lora.use_dora.value_or(false))) + ")\n";
  out += "model = get_peft_model(model, adapters, autocast_adapter_dtype=" + std::string(boolean(dtype == ComputeDtype::fp32)) + ")\n";
  if (dtype != ComputeDtype::fp32)
    out += "for name, parameter in model.named_parameters():\n    if \"lora_\" in name:\n        parameter.data = parameter.data.to(" +
           std::string(torch_type(dtype)) + ")\n";
  if (asked_.enable_input_require_grads.value_or(false)) out += "model.enable_input_require_grads()\n";
  else if (*asked_.recompute_granularity == RecomputeGranularity::full)
    unsaid_.emplace_back("enable_input_require_grads=false, which the trainer turns on where it recomputes layers");
  if (trl_ && asked_.method == TrainingMethod::qlora && dtype != ComputeDtype::bf16)
    unsaid_.push_back("adapter_dtype=" + std::string(name_of(dtype)) + ", which SFTTrainer casts to bf16 beside a quantised base");
  return out;
}

/// Layers run again one by one; what they keep may wait in main memory.
std::string Script::recomputation() {
  const RecomputeGranularity granularity = *asked_.recompute_granularity;
  const ActivationOffloading offloading = *asked_.activation_offloading;
  const bool recomputes = granularity != RecomputeGranularity::none, inputs = offloading == ActivationOffloading::layer_inputs;
  std::string out = argument("gradient_checkpointing", boolean(recomputes));
  std::string settings = "{\"use_reentrant\": " + std::string(boolean(*asked_.use_reentrant));
  if (granularity == RecomputeGranularity::selective) unsaid_.emplace_back("recompute_granularity=selective: whole layers are recomputed");
  if (granularity == RecomputeGranularity::full && *asked_.recompute_num_layers > 1) {
    const std::string method = "recompute_method=" + std::string(name_of(*asked_.recompute_method)), n = digits(*asked_.recompute_num_layers);
    if (*asked_.recompute_method == RecomputeMethod::every) {
      settings += ", \"every_n_layers\": " + n;
      unsaid_.push_back(method + ": of " + n + " layers the first is recomputed, not the last");
    } else if (*asked_.recompute_method == RecomputeMethod::every_n_layers) {
      settings += ", \"every_n_layers\": " + n;
    } else {
      unsaid_.push_back(method + " with recompute_num_layers=" + n + ": each layer is recomputed for itself");
    }
  } else if (granularity == RecomputeGranularity::full && *asked_.recompute_method == RecomputeMethod::block) {
    unsaid_.emplace_back("recompute_method=block: every layer is recomputed");
  }
  if (inputs && recomputes) {
    settings += ", \"offload\": True";
    unsaid_.emplace_back("activation_offloading=layer_inputs: the input of the last layer goes to main memory too");
  }
  if (recomputes) out += argument("gradient_checkpointing_kwargs", settings + "}");
  const bool tensors = offloading == ActivationOffloading::saved_tensors;
  if (trl_) out += argument("activation_offloading", boolean(tensors));
  if ((tensors && !trl_) || (inputs && !recomputes)) unsaid_.push_back("activation_offloading=" + std::string(name_of(offloading)));
  return out;
}

/// Liger's layers and its loss are switched on together or apart; TRL's trainer refuses its loss.
std::string Script::kernels() {
  const TrainingKernels kernels = *asked_.kernels;
  const bool layers = kernels == TrainingKernels::liger, fused = *asked_.loss == LossImplementation::liger_fused_linear;
  if (kernels == TrainingKernels::transformer_engine) unsaid_.emplace_back("kernels=transformer_engine");
  if (*asked_.optimizer_in_backward) unsaid_.emplace_back("optimizer_in_backward=true");
  if (*asked_.packing && !trl_) unsaid_.emplace_back("packing=true");
  if (!trl_ && !fused && *asked_.loss != LossImplementation::transformers) unsaid_.push_back("loss=" + std::string(name_of(*asked_.loss)));
  std::string out = argument("max_grad_norm", *asked_.gradient_clipping ? "1.0" : "0.0") + argument("use_liger_kernel", boolean(layers || fused));
  std::string settings;
  for (const std::string_view layer : {"rope", "rms_norm", "layer_norm", "swiglu", "geglu", "relu_squared"})
    if (fused && !layers) settings += quoted(layer) + ": False, ";
  if (layers || fused) out += argument("liger_kernel_config", "{" + settings + "\"fused_linear_cross_entropy\": " + std::string(boolean(fused)) + "}");
  return out + argument("torch_compile", boolean(kernels == TrainingKernels::compiled));
}

std::string Script::arguments() {
  if (*asked_.padded) unsaid_.emplace_back("padded=true, which is so where sequences of a batch have unequal lengths");
  else if (*asked_.micro_batch_size > 1) unsaid_.emplace_back("padded=false, which is so where sequences of a batch have equal lengths");
  std::string out = trl_ ? "\narguments = SFTConfig(\n" : "\narguments = TrainingArguments(\n";
  out += argument("output_dir", quoted("out"));
  if (trl_) out += argument("max_length", digits(*asked_.sequence_length)) + argument("packing", boolean(*asked_.packing));
  out += argument("per_device_train_batch_size", digits(*asked_.micro_batch_size)) +
         argument("gradient_accumulation_steps", digits(*asked_.gradient_accumulation_steps));
  if (const auto name = optim_name(optimizer_)) out += argument("optim", quoted(*name));
  else optimizer_class_ = optimizer_.optimizer->python_class;
  out += argument("bf16", boolean(recipe_.compute == TrainingPrecision::amp_bf16 || recipe_.compute == TrainingPrecision::autocast_bf16)) + argument("fp16", boolean(recipe_.compute == TrainingPrecision::amp_fp16));
  out += recomputation();
  return out + kernels() + ")\n";
}

std::string Script::training() {
  std::string passed;
  if (!optimizer_class_.empty()) {
    passed = "    optimizer_cls_and_kwargs=(" + optimizer_class_ + ", {";
    bool first = true;
    for (const auto& [name, value] : optimizer_arguments(optimizer_, unsaid_)) {
      passed += (first ? "" : ", ") + quoted(name) + ": " + value;
      first = false;
    }
    passed += "}),\n";
  }
  const std::string run = passed + ")\ntrainer.train()\n";
  if (trl_) return "\ntrainer = SFTTrainer(\n    model=model,\n    args=arguments,\n    train_dataset=load_dataset(DATASET, split=\"train\"),\n" + run;
  return R"(
tokenizer = AutoTokenizer.from_pretrained(MODEL)
if tokenizer.pad_token is None:
    tokenizer.pad_token = tokenizer.eos_token


def tokens_of(rows):
    return tokenizer(rows["text"], truncation=True, max_length=)" + digits(*asked_.sequence_length) + R"()


dataset = load_dataset(DATASET, split="train")
dataset = dataset.map(tokens_of, batched=True, remove_columns=dataset.column_names)
trainer = Trainer(
    model=model,
    args=arguments,
    train_dataset=dataset,
    data_collator=DataCollatorForLanguageModeling(tokenizer, mlm=False),
)" + run;
}

}  // namespace

LaunchFile python_script(const Plan& plan) { return Script(plan).file(); }

}  // namespace plimsoll
