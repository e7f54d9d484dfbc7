#include "training/launch.hpp"

#include <algorithm>

#include "session.hpp"

using namespace plimsoll;
using namespace plimsoll::test;

namespace {

const std::string llama = "meta-llama/Llama-3.1-8B";

std::vector<LaunchFile> files_of(const TrainingWorkload& workload, const std::string& model = llama) {
  return launch_files(ask(model).train(workload).plan());
}

/// The file of a program; empty when it has none.
std::string text_of(const std::vector<LaunchFile>& files, std::string_view program) {
  const auto found = std::ranges::find(files, program, &LaunchFile::program);
  return found == files.end() ? std::string() : found->text;
}

bool says(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

constexpr std::string_view unsaid = "# No setting of this program: ";

}  // namespace

TEST_CASE("the script says every decision in the words of its program", "[launch]") {
  const LoraChoice lora{.r = 32, .target_modules = {{"q_proj", "v_proj"}}, .modules_to_save = {{"lm_head"}}, .lora_dropout = true, .use_dora = true,
                        .adapter_dtype = ComputeDtype::fp32};
  const TrainingWorkload asked{.method = TrainingMethod::lora, .stack = "transformers", .sequence_length = 4096, .micro_batch_size = 2,
                               .gradient_accumulation_steps = 4, .precision = "bf16", .recompute_granularity = RecomputeGranularity::full,
                               .use_reentrant = true, .padded = true, .lora = lora};
  const std::string text = text_of(files_of(asked), "transformers");
  for (const std::string_view part :
       {"MODEL = \"meta-llama/Llama-3.1-8B\"", "dtype=torch.bfloat16", "attn_implementation=\"sdpa\"", "r=32", "target_modules=[\"q_proj\", \"v_proj\"]",
        "modules_to_save=[\"lm_head\"]", "lora_dropout=0.05", "use_dora=True", "autocast_adapter_dtype=True", "per_device_train_batch_size=2",
        "gradient_accumulation_steps=4", "optim=\"adamw_torch_fused\"", "bf16=False", "fp16=False", "gradient_checkpointing=True",
        "gradient_checkpointing_kwargs={\"use_reentrant\": True}", "max_length=4096", "trainer.train()"}) {
    INFO(part);
    CHECK(says(text, part));
  }
  CHECK_FALSE(says(text, "SFTConfig"));
  CHECK_FALSE(says(text, "BitsAndBytesConfig"));
  CHECK_FALSE(says(text, "parameter.data.to"));
}

TEST_CASE("TRL's own trainer runs what its stack asks for", "[launch]") {
  const std::string text = text_of(files_of({.method = TrainingMethod::full, .stack = "trl"}), "trl");
  for (const std::string_view part : {"dtype=torch.float32", "bf16=True", "max_length=1024", "packing=False", "SFTTrainer("}) {
    INFO(part);
    CHECK(says(text, part));
  }
  CHECK_FALSE(says(text, "LoraConfig"));
  CHECK_FALSE(says(text, "AutoTokenizer"));
}

TEST_CASE("precisions become a type and a kind of autocast", "[launch]") {
  const auto with = [](const std::string& precision) {
    return text_of(files_of({.method = TrainingMethod::full, .stack = "transformers", .precision = precision}), "transformers");
  };
  const std::string plain = with("fp32"), bf16 = with("amp_bf16"), fp16 = with("amp_fp16"), master = with("bf16_master");
  CHECK((says(plain, "dtype=torch.float32") && says(plain, "bf16=False") && says(plain, "fp16=False")));
  CHECK((says(bf16, "dtype=torch.float32") && says(bf16, "bf16=True") && says(bf16, "fp16=False")));
  CHECK((says(fp16, "dtype=torch.float32") && says(fp16, "bf16=False") && says(fp16, "fp16=True")));
  CHECK((says(master, "dtype=torch.bfloat16") && says(master, std::string(unsaid) + "precision=bf16_master")));
}

TEST_CASE("16-bit adapters are cast, since PEFT would make them fp32", "[launch]") {
  const TrainingWorkload asked{.method = TrainingMethod::lora, .stack = "transformers", .lora = LoraChoice{.adapter_dtype = ComputeDtype::bf16}};
  const std::string text = text_of(files_of(asked), "transformers");
  CHECK(says(text, "autocast_adapter_dtype=False"));
  CHECK(says(text, "parameter.data.to(torch.bfloat16)"));
}

TEST_CASE("a quantised base is loaded as it was counted", "[launch]") {
  const auto with = [](const std::string& format) {
    return text_of(launch_files(ask(llama).train({.method = TrainingMethod::qlora, .stack = "transformers"}).weights(format).plan()), "transformers");
  };
  const std::string twice = with("nf4_double_quant"), once = with("fp4"), bytes = with("bnb_int8");
  CHECK((says(twice, "bnb_4bit_quant_type=\"nf4\"") && says(twice, "bnb_4bit_use_double_quant=True") && says(twice, "load_in_4bit=True")));
  CHECK((says(once, "bnb_4bit_quant_type=\"fp4\"") && says(once, "bnb_4bit_use_double_quant=False")));
  CHECK(says(twice, "bnb_4bit_compute_dtype=torch.bfloat16"));
  CHECK(says(bytes, "BitsAndBytesConfig(load_in_8bit=True)"));
  const std::string tune = text_of(files_of({.method = TrainingMethod::qlora, .stack = "torchtune"}), "torchtune");
  CHECK(says(tune, "quantize_base: True"));
  CHECK_FALSE(says(tune, unsaid));
  CHECK(says(text_of(files_of({.method = TrainingMethod::qlora, .stack = "trl"}), "torchtune"), std::string(unsaid) + "weight_format=nf4"));
}

TEST_CASE("an optimizer has the name that keeps its states, or is passed as its class", "[launch]") {
  const auto with = [](OptimizerChoice choice) {
    return text_of(files_of({.method = TrainingMethod::full, .stack = "transformers", .precision = "bf16", .optimizer = std::move(choice)}), "transformers");
  };
  CHECK(says(with({.id = "torch-adamw", .implementation = "foreach"}), "optim=\"adamw_torch\""));
  CHECK(says(with({.id = "bitsandbytes-adamw-8bit", .options = {"paged", "embeddings_32bit"}}), "optim=\"paged_adamw_8bit\""));
  CHECK(says(with({.id = "bitsandbytes-lion", .options = {"paged"}}), "optim=\"paged_lion_32bit\""));
  const std::string loop = with({.id = "torch-adamw", .implementation = "for_loop"});
  CHECK(says(loop, "optimizer_cls_and_kwargs=(torch.optim.AdamW, {\"lr\": 1e-4, \"foreach\": False})"));
  CHECK_FALSE(says(loop, "optim=\""));
  const std::string embeddings = with({.id = "bitsandbytes-adamw-8bit", .options = {"paged"}});
  CHECK(says(embeddings, "optimizer_cls_and_kwargs=(bitsandbytes.optim.AdamW8bit, {\"lr\": 1e-4, \"is_paged\": True})"));
  CHECK(says(embeddings, "import bitsandbytes\n"));
  CHECK(says(with({.id = "torch-sgd", .options = {"momentum"}}), "\"momentum\": 0.9"));
  CHECK(says(with({.id = "torchao-adamw-8bit"}), "import torchao.optim\n"));
}

TEST_CASE("fused kernels are switched on where a program has them", "[launch]") {
  const auto with = [](TrainingKernels kernels) {
    const TrainingWorkload asked{.method = TrainingMethod::full, .stack = "transformers", .precision = "bf16", .kernels = kernels};
    return launch_files(ask(llama).train(asked).plan());
  };
  const auto liger = with(TrainingKernels::liger), compiled = with(TrainingKernels::compiled);
  CHECK(says(text_of(liger, "transformers"), "use_liger_kernel=True"));
  CHECK(says(text_of(liger, "transformers"), "liger_kernel_config={\"fused_linear_cross_entropy\": False}"));
  CHECK(says(text_of(liger, "torchtune"), std::string(unsaid) + "kernels=liger"));
  CHECK(says(text_of(compiled, "transformers"), "torch_compile=True"));
  CHECK(says(text_of(compiled, "torchtune"), "compile: True"));
  const auto megatron = files_of({.method = TrainingMethod::full, .stack = "megatron-lm"});
  CHECK(says(text_of(megatron, "transformers"), std::string(unsaid) + "kernels=transformer_engine"));
}

TEST_CASE("a loss decides which trainer runs the step", "[launch]") {
  const auto with = [](LossImplementation loss, TrainingKernels kernels = TrainingKernels::transformers, const std::string& stack = "transformers") {
    return launch_files(ask(llama).train({.method = TrainingMethod::full, .stack = stack, .precision = "bf16", .kernels = kernels, .loss = loss}).plan());
  };
  CHECK(says(text_of(with(LossImplementation::trl_fused_head), "trl"), "SFTTrainer("));
  CHECK(text_of(with(LossImplementation::transformers, TrainingKernels::transformers, "trl"), "trl").empty());
  const auto plain = with(LossImplementation::transformers);
  CHECK(says(text_of(plain, "transformers"), "use_liger_kernel=False"));
  CHECK_FALSE(says(text_of(plain, "transformers"), "liger_kernel_config"));
  CHECK(says(text_of(plain, "torchtune"), "_component_: torch.nn.CrossEntropyLoss"));
  const std::string fused = text_of(with(LossImplementation::liger_fused_linear), "transformers");
  CHECK((says(fused, "use_liger_kernel=True") && says(fused, "\"rms_norm\": False") && says(fused, "\"fused_linear_cross_entropy\": True")));
  const std::string both = text_of(with(LossImplementation::liger_fused_linear, TrainingKernels::liger), "transformers");
  CHECK(says(both, "liger_kernel_config={\"fused_linear_cross_entropy\": True}"));
  const std::string beside = text_of(with(LossImplementation::trl_fused_head, TrainingKernels::liger), "trl");
  CHECK(says(beside, "liger_kernel_config={\"fused_linear_cross_entropy\": False}"));
  for (const LossImplementation loss :
       {LossImplementation::chunked, LossImplementation::unsloth_fused, LossImplementation::cut_cross_entropy, LossImplementation::vocab_parallel})
    CHECK(says(text_of(with(loss), "transformers"), std::string(unsaid) + "loss=" + std::string(name_of(loss))));
  CHECK(says(text_of(with(LossImplementation::cut_cross_entropy), "torchtune"), std::string(unsaid) + "loss=cut_cross_entropy"));
}

TEST_CASE("gradients are clipped where the plan clips them", "[launch]") {
  const auto with = [](bool clips) {
    return launch_files(ask(llama).train({.method = TrainingMethod::full, .stack = "transformers", .gradient_clipping = clips}).plan());
  };
  CHECK((says(text_of(with(true), "transformers"), "max_grad_norm=1.0") && says(text_of(with(false), "transformers"), "max_grad_norm=0.0")));
  CHECK((says(text_of(with(true), "torchtune"), "clip_grad_norm: 1.0") && says(text_of(with(false), "torchtune"), "clip_grad_norm: null")));
}

TEST_CASE("recomputation of some layers and offloading are set or said", "[launch]") {
  const auto with = [](TrainingWorkload asked) {
    asked.method = TrainingMethod::full;
    asked.stack = asked.stack.value_or("transformers");
    return launch_files(ask(llama).train(asked).plan());
  };
  constexpr auto full = RecomputeGranularity::full;
  const auto every = with({.recompute_granularity = full, .recompute_method = RecomputeMethod::every, .recompute_num_layers = 4});
  CHECK(says(text_of(every, "transformers"), "{\"use_reentrant\": False, \"every_n_layers\": 4}"));
  CHECK(says(text_of(every, "torchtune"), std::string(unsaid) + "recompute_method=every"));
  CHECK_FALSE(says(text_of(with({.micro_batch_size = 1, .recompute_granularity = full}), "transformers"), unsaid));
  for (const RecomputeMethod method : {RecomputeMethod::uniform, RecomputeMethod::block}) {
    const auto units = with({.recompute_granularity = full, .recompute_method = method, .recompute_num_layers = 4});
    CHECK(says(text_of(units, "transformers"), std::string(unsaid) + "recompute_method=" + std::string(name_of(method))));
    CHECK_FALSE(says(text_of(units, "transformers"), "every_n_layers"));
  }
  constexpr auto tensors = ActivationOffloading::saved_tensors, inputs = ActivationOffloading::layer_inputs;
  const auto moved = with({.recompute_granularity = full, .activation_offloading = inputs});
  CHECK(says(text_of(moved, "transformers"), "{\"use_reentrant\": False, \"offload\": True}"));
  CHECK(says(text_of(moved, "torchtune"), std::string(unsaid) + "activation_offloading=layer_inputs"));
  const auto stashed = with({.stack = "trl", .recompute_granularity = full, .activation_offloading = tensors});
  CHECK(says(text_of(stashed, "trl"), "activation_offloading=True"));
  CHECK(says(text_of(stashed, "torchtune"), "enable_activation_offloading: True"));
  const auto bare = with({.recompute_granularity = RecomputeGranularity::none, .activation_offloading = tensors});
  CHECK(says(text_of(bare, "transformers"), std::string(unsaid) + "activation_offloading=saved_tensors"));
  CHECK(says(text_of(bare, "torchtune"), "enable_activation_offloading: False"));
}

TEST_CASE("the math kernel of sdpa is what is left when the others are switched off", "[launch]") {
  const TrainingWorkload asked{.method = TrainingMethod::full, .stack = "transformers", .attention = TrainingAttention::sdpa_math};
  const std::string text = text_of(files_of(asked), "transformers");
  CHECK(says(text, "attn_implementation=\"sdpa\""));
  for (const std::string_view kernel : {"flash", "mem_efficient", "cudnn"}) CHECK(says(text, "enable_" + std::string(kernel) + "_sdp(False)"));
}

TEST_CASE("torchtune's recipe is configured for the models it has", "[launch]") {
  const auto files = files_of({.method = TrainingMethod::lora, .stack = "torchtune", .sequence_length = 2048, .micro_batch_size = 2});
  const std::string text = text_of(files, "torchtune");
  for (const std::string_view part :
       {"_component_: torchtune.models.llama3_1.lora_llama3_1_8b", "lora_attn_modules: [q_proj, v_proj, output_proj]", "apply_lora_to_mlp: True",
        "lora_rank: 8", "lora_dropout: 0.0", "max_seq_len: 2048", "max_filename: \"00004\"", "model_type: LLAMA3", "batch_size: 2",
        "_component_: torch.optim.AdamW", "fused: True", "dtype: bf16", "enable_activation_checkpointing: True", "lr_scheduler:",
        "_component_: torchtune.modules.loss.LinearCrossEntropyLoss", "clip_grad_norm: null", "enable_activation_offloading: False"}) {
    INFO(part);
    CHECK(says(text, part));
  }
  CHECK_FALSE(says(text, unsaid));
  const auto full = files_of({.method = TrainingMethod::full, .stack = "torchtune"}, "meta-llama/Llama-3.2-1B");
  CHECK(says(text_of(full, "torchtune"), "_component_: torchtune.models.llama3_2.llama3_2_1b\n"));
  CHECK(says(text_of(full, "torchtune"), "checkpoint_files: [model.safetensors]"));
  CHECK(says(text_of(full, "torchtune"), "is_paged: True"));
  CHECK(says(text_of(full, "torchtune"), "optimizer_in_bwd: False"));
  const auto qwen = files_of({.method = TrainingMethod::lora, .stack = "torchtune"}, "Qwen/Qwen3-4B");
  CHECK((says(text_of(qwen, "torchtune"), "lora_qwen3_4b_instruct") && says(text_of(qwen, "torchtune"), "model_type: QWEN3\n")));
  CHECK(text_of(files_of({.method = TrainingMethod::lora}, "Qwen/Qwen3-32B"), "torchtune").empty());
  CHECK(launch_files(ask_count("7B").train({.method = TrainingMethod::full}).plan()).size() == 1);
}

TEST_CASE("what torchtune cannot be told is a comment", "[launch]") {
  const TrainingWorkload asked{.method = TrainingMethod::lora, .stack = "trl", .attention = TrainingAttention::eager,
                               .recompute_granularity = RecomputeGranularity::full, .use_reentrant = true,
                               .lora = LoraChoice{.target_modules = {{"q_proj", "gate_proj"}}, .adapter_dtype = ComputeDtype::fp16}};
  const std::string text = text_of(files_of(asked), "torchtune");
  for (const std::string_view part : {"precision=amp_bf16", "attention=eager", "use_reentrant=true", "target_modules: gate_proj", "adapter_dtype=fp16",
        "enable_input_require_grads=true", "loss=trl_fused_head"}) {
    INFO(part);
    CHECK(says(text, std::string(unsaid) + std::string(part)));
  }
  CHECK(says(text, "apply_lora_to_mlp: False"));
}

TEST_CASE("a name cannot leave its quotes", "[launch]") {
  CHECK(quoted("a\"b\\c\nd") == "\"a\\\"b\\\\c d\"");
  CHECK(quoted("") == "\"\"");
}

TEST_CASE("every program and method has a script whose brackets close", "[launch]") {
  for (const TrainingStack& stack : catalog().stacks())
    for (const TrainingMethod method : {TrainingMethod::full, TrainingMethod::lora, TrainingMethod::qlora}) {
      INFO(stack.id << " " << name_of(method));
      for (const LaunchFile& file : files_of({.method = method, .stack = std::string(stack.id)})) {
        for (const auto& [open, close] : {std::pair{'(', ')'}, std::pair{'[', ']'}, std::pair{'{', '}'}})
          CHECK(std::ranges::count(file.text, open) == std::ranges::count(file.text, close));
        CHECK(file.text.starts_with("# "));
        CHECK(file.text.ends_with("\n"));
        CHECK_FALSE(file.name.empty());
      }
    }
}
