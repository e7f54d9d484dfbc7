"""Compares catalog/stacks with the programs' own source, which is read and never run.

    python tests/oracle/stack_defaults.py [FOLDER ...]

Looks for the programs' packages in FOLDERs, then where Python finds packages; a program that is in neither is named as not compared.
Exit status 1: something differs, or nothing was there to compare."""

import ast
import json
import pathlib
import re
import sys

STACKS = pathlib.Path(__file__).parents[2] / "catalog" / "stacks"
same = lambda value: value
above_zero = lambda value: value > 0
layers = {True: "full", False: "none", "unsloth": "full"}.get
offloads = {True: "saved_tensors", False: "none", "unsloth": "layer_inputs"}.get
all_linear = lambda value: ["all-linear"] if value in ("all", ["all-linear"]) else value
peft_names = lambda text: [{"output_proj": "o_proj"}.get(name, name) for name in re.findall(r"'(\w+)'", text)] + ["gate_proj", "up_proj", "down_proj"]


class Missing(Exception):
    """A file, class or name that is not there."""


def source_of(path):
    for folder in FOLDERS:
        file = pathlib.Path(folder) / path
        if file.is_file():
            return file.read_text()
    raise Missing(path)


def literal(node):
    """The value of a default: a constant, or what a dataclass field() call gives."""
    if isinstance(node, ast.Call):
        given = {word.arg: word.value for word in node.keywords}
        node = given.get("default", given.get("default_factory"))
        if isinstance(node, ast.Lambda):
            node = node.body
    if isinstance(node, ast.Attribute):  # a member of an enum
        return node.attr.lower()
    return ast.literal_eval(node)


def field(path, holder, name):
    """Default of a dataclass's field."""
    def read():
        for node in ast.walk(ast.parse(source_of(path))):
            if isinstance(node, ast.ClassDef) and node.name == holder:
                for line in node.body:
                    if isinstance(line, ast.AnnAssign) and line.target.id == name and line.value is not None:
                        return literal(line.value)
        raise Missing(f"{path}: {holder}.{name}")
    return read


def argument(path, function, name):
    """Default of a function's argument, in the first function of that name that has one."""
    def read():
        tree = ast.parse(source_of(path))
        lists = {line.targets[0].id: line.value for line in tree.body if isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name)}
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and node.name == function:
                positional = node.args.args[len(node.args.args) - len(node.args.defaults):]
                for arg, default in [*zip(positional, node.args.defaults), *zip(node.args.kwonlyargs, node.args.kw_defaults)]:
                    if arg.arg == name and default is not None:
                        return literal(lists.get(default.id, default) if isinstance(default, ast.Name) else default)
        raise Missing(f"{path}: {function}({name})")
    return read


def text(path, pattern, whole=False):
    """What the first group of a pattern finds in a file, as JSON where it is that."""
    def read():
        found = re.search(pattern, source_of(path), re.MULTILINE)
        if not found:
            raise Missing(f"{path}: {pattern}")
        word = found[1].strip()
        try:
            return word if whole else json.loads(word.lower())
        except json.JSONDecodeError:
            return word
    return read


HF = "transformers/training_args.py"
HF_OPTIMIZER = text(HF, r'default_optim = "(adamw_torch_fused)"')
BITS = {"adamw_torch_fused": {"id": "torch-adamw", "implementation": "fused"}, "torch.optim.AdamW": {"id": "torch-adamw", "implementation": "fused"},
        "adamw_8bit": {"id": "bitsandbytes-adamw-8bit", "options": ["embeddings_32bit"]},
        "bitsandbytes.optim.PagedAdamW8bit": {"id": "bitsandbytes-adamw-8bit", "options": ["paged"]}}.get
LF, MS, TL, UN = "llamafactory/hparams/", "swift/arguments/", "recipes/configs/llama3_1/8B_", "unsloth/models/"


def tune(method, key, whole=True):
    return text(f"{TL}{method}_single_device.yaml", rf"^\s*{key}:\s*([^#\n]+)", whole)


def tune_optimizer(method):
    return text(f"{TL}{method}_single_device.yaml", r"^optimizer:\s*\n\s+_component_:\s*(\S+)", True)


# Stack, method or None for all, path of the value in the stack, what the program's value becomes, where the program has it.
COMPARED = [
    ("transformers", None, "micro_batch_size", same, field(HF, "TrainingArguments", "per_device_train_batch_size")),
    ("transformers", None, "gradient_accumulation_steps", same, field(HF, "TrainingArguments", "gradient_accumulation_steps")),
    ("transformers", None, "optimizer", BITS, HF_OPTIMIZER),
    ("transformers", None, "precision", {"auto": "bf16"}.get, text("transformers/modeling_utils.py", r'if dtype is None:\n\s+dtype = "(\w+)"')),
    ("transformers", None, "recompute_granularity", {None: "none"}.get, field(HF, "TrainingArguments", "activation_checkpointing")),
    ("transformers", None, "use_reentrant", same, text("transformers/modeling_utils.py", r'activation_checkpointing_kwargs = \{"use_reentrant": (\w+)\}')),
    ("transformers", None, "gradient_clipping", above_zero, field(HF, "TrainingArguments", "max_grad_norm")),
    ("transformers", None, "kernels", {False: "transformers"}.get, field(HF, "TrainingArguments", "use_liger_kernel")),
    ("transformers", "qlora", "weight_format", same, argument("transformers/utils/quantization_config.py", "__init__", "bnb_4bit_quant_type")),
    ("transformers", "lora", "lora.r", same, field("peft/tuners/lora/config.py", "LoraConfig", "r")),
    ("transformers", "lora", "lora.lora_dropout", above_zero, field("peft/tuners/lora/config.py", "LoraConfig", "lora_dropout")),
    ("transformers", "lora", "lora.target_modules", json.loads, text("peft/utils/constants.py", r'"llama": (\[[^\]]*\])', True)),
    ("trl", None, "sequence_length", same, field("trl/trainer/sft_config.py", "SFTConfig", "max_length")),
    ("trl", None, "recompute_granularity", layers, field("trl/trainer/base_config.py", "_BaseConfig", "gradient_checkpointing")),
    ("trl", None, "precision", {"float32": "amp_bf16"}.get, text("trl/trainer/utils.py", r'kwargs.get\("dtype", "(\w+)"\)')),
    ("trl", None, "optimizer", BITS, HF_OPTIMIZER),
    ("trl", None, "activation_offloading", offloads, field("trl/trainer/sft_config.py", "SFTConfig", "activation_offloading")),
    ("trl", None, "loss", {"add_fused_lm_head": "trl_fused_head"}.get, text("trl/trainer/sft_trainer.py", r"^        (add_fused_lm_head)\(")),
    ("trl", "qlora", "weight_format", same, field("trl/trainer/model_config.py", "ModelConfig", "bnb_4bit_quant_type")),
    ("trl", "lora", "lora.r", same, field("trl/trainer/model_config.py", "ModelConfig", "lora_r")),
    ("trl", "lora", "lora.lora_dropout", above_zero, field("trl/trainer/model_config.py", "ModelConfig", "lora_dropout")),
    ("trl", "qlora", "lora.adapter_dtype", {"bfloat16": "bf16"}.get,
     text("trl/trainer/sft_trainer.py", r"if _is_quantized_model:\n(?:.*\n){2}\s+param.data = param.data.to\(torch.(\w+)\)")),
    ("torchtune", "full", "optimizer", BITS, tune_optimizer("full")),
    ("torchtune", "full", "gradient_accumulation_steps", int, tune("full", "gradient_accumulation_steps")),
    ("torchtune", None, "micro_batch_size", int, tune("full", "batch_size")),
    ("torchtune", None, "precision", same, tune("full", "dtype")),
    *[("torchtune", method, path, become, tune(method, key)) for method in ("lora", "qlora") for path, become, key in [
        ("lora.r", int, "lora_rank"), ("lora.lora_dropout", lambda rate: float(rate) > 0, "lora_dropout"),
        ("lora.target_modules", peft_names, "lora_attn_modules"), ("gradient_accumulation_steps", int, "gradient_accumulation_steps")]],
    ("torchtune", "lora", "optimizer", BITS, tune_optimizer("lora")),
    *[("torchtune", method, path, become, tune(method, key)) for method in ("full", "lora", "qlora") for path, become, key in [
        ("loss", {"torchtune.modules.loss.LinearCrossEntropyLoss": "chunked"}.get, r"loss:\n\s*_component_"),
        ("gradient_clipping", {"null": False}.get, "clip_grad_norm"),
        ("activation_offloading", {"False": "none"}.get, "enable_activation_offloading")]],
    ("torchtune", None, "recompute_granularity", {"True": "full"}.get, tune("qlora", "enable_activation_checkpointing")),
    ("unsloth", None, "sequence_length", same, argument(UN + "loader.py", "from_pretrained", "max_seq_length")),
    ("unsloth", None, "recompute_granularity", layers, argument(UN + "loader.py", "from_pretrained", "use_gradient_checkpointing")),
    ("unsloth", None, "activation_offloading", offloads, argument(UN + "loader.py", "from_pretrained", "use_gradient_checkpointing")),
    ("unsloth", None, "micro_batch_size", same, text(UN + "rl.py", r'"per_device_train_batch_size": (\d+)')),
    ("unsloth", None, "gradient_accumulation_steps", same, text(UN + "rl.py", r'"gradient_accumulation_steps": (\d+)')),
    ("unsloth", None, "optimizer", BITS, text(UN + "rl.py", r'"optim": "(\w+)"')),
    ("unsloth", "lora", "lora.r", same, argument(UN + "llama.py", "get_peft_model", "r")),
    ("unsloth", "lora", "lora.target_modules", same, argument(UN + "llama.py", "get_peft_model", "target_modules")),
    ("unsloth", "lora", "lora.lora_dropout", above_zero, argument(UN + "llama.py", "get_peft_model", "lora_dropout")),
    ("llama-factory", None, "sequence_length", same, field(LF + "data_args.py", "DataArguments", "cutoff_len")),
    ("llama-factory", None, "recompute_granularity", lambda off: layers(not off),
     field(LF + "model_args.py", "BaseModelArguments", "disable_gradient_checkpointing")),
    ("llama-factory", None, "use_reentrant", same, field(LF + "model_args.py", "BaseModelArguments", "use_reentrant_gc")),
    ("llama-factory", "lora", "lora.r", same, field(LF + "finetuning_args.py", "LoraArguments", "lora_rank")),
    ("llama-factory", "lora", "lora.lora_dropout", above_zero, field(LF + "finetuning_args.py", "LoraArguments", "lora_dropout")),
    ("llama-factory", "lora", "lora.target_modules", all_linear, field(LF + "finetuning_args.py", "LoraArguments", "lora_target")),
    ("ms-swift", None, "micro_batch_size", same, field("swift/trainers/arguments.py", "TrainArgumentsMixin", "per_device_train_batch_size")),
    ("ms-swift", None, "gradient_accumulation_steps", same, text("swift/trainers/arguments.py", r"math.ceil\((\d+) / self.per_device_train_batch_size")),
    ("ms-swift", None, "recompute_granularity", layers, field("swift/trainers/arguments.py", "TrainArgumentsMixin", "gradient_checkpointing")),
    ("ms-swift", "lora", "lora.r", same, field(MS + "tuner_args.py", "TunerArguments", "lora_rank")),
    ("ms-swift", "lora", "lora.lora_dropout", above_zero, field(MS + "tuner_args.py", "TunerArguments", "lora_dropout")),
    ("ms-swift", "lora", "lora.target_modules", all_linear, field(MS + "tuner_args.py", "TunerArguments", "target_modules")),
    ("megatron-lm", None, "activation_offloading", offloads,
     field("megatron/core/model_parallel_config.py", "ModelParallelConfig", "cpu_offloading")),
    ("megatron-lm", None, "loss", {False: "vocab_parallel"}.get,
     field("megatron/core/model_parallel_config.py", "ModelParallelConfig", "cross_entropy_loss_fusion")),
    ("megatron-lm", None, "recompute_granularity", {None: "none"}.get,
     field("megatron/core/transformer/transformer_config.py", "TransformerConfig", "recompute_granularity")),
]


def value_in(stack, method, path):
    first, *rest = path.split(".")
    value = (stack.get("by_method", {}).get(method, {}) if method else {}).get(first) or stack["defaults"].get(first)
    value = value and value["value"]
    for part in rest:
        value = value[part]
    return value


def main():
    same_values, differing, absent = 0, [], set()
    for name, method, path, become, read in COMPARED:
        ours = value_in(json.loads((STACKS / f"{name}.json").read_text()), method, path)
        try:
            theirs = become(read())
        except Missing as missing:
            absent.add((name, str(missing)))
            continue
        if ours == theirs:
            same_values += 1
        else:
            differing.append(f"{name} {method or 'every method'} {path}: the catalogue has {ours!r}, the program {theirs!r}")
    for name, missing in sorted(absent):
        print(f"not compared: {name} ({missing})")
    print("\n".join([*differing, f"{same_values} equal, {len(differing)} different, {len(absent)} not there"]))
    return 1 if differing or same_values == 0 else 0


FOLDERS = [*sys.argv[1:], *sys.path]
if __name__ == "__main__":
    sys.exit(main())
