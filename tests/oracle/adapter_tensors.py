"""Which tensors PEFT trains for a LoraConfig: names, shapes, types, of models on the meta device.

    python adapter_tensors.py ../cases/adapters.json            fills in the tensors of the cases, or that PEFT refuses
    python adapter_tensors.py ../cases/adapters.json --check    compares instead, and fails on a difference

A case has a model ("config") and choices ("lora", in the words of a request). What PEFT made is a list of [name, shape, bytes of an
element, count]: layers have one name, with a star for their number.
"""

import argparse
import collections
import json
import re
import sys
import warnings

import peft
import torch
import transformers

BYTES = {torch.float32: 4, torch.bfloat16: 2, torch.float16: 2}


def build(config):
    setting = transformers.models.auto.configuration_auto.CONFIG_MAPPING[config["model_type"]].from_dict(dict(config))
    with torch.device("meta"):
        return transformers.AutoModelForCausalLM.from_config(setting, dtype=torch.bfloat16)


def adapted(model, lora):
    targets = lora.get("target_modules", ["all-linear"])
    choice = peft.LoraConfig(
        r=lora["r"], target_modules="all-linear" if targets == ["all-linear"] else targets, target_parameters=lora.get("target_parameters"),
        modules_to_save=lora.get("modules_to_save"), lora_dropout=0.05 if lora.get("lora_dropout") else 0.0, use_dora=lora.get("use_dora", False),
        init_lora_weights=False, task_type="CAUSAL_LM")
    return peft.get_peft_model(model, choice, autocast_adapter_dtype=lora.get("adapter_dtype", "fp32") == "fp32")


def tensors_of(model):
    found = collections.Counter()
    for name, tensor in model.named_parameters():
        if tensor.requires_grad:
            name = re.sub(r"\.(default|base_layer|base_model|weight)(?=\.|$)", "", name.removeprefix("base_model.model."))
            found[re.sub(r"\.\d+\.", ".*.", name), tuple(tensor.shape), BYTES[tensor.dtype]] += 1
    return [[name, list(shape), width, count] for (name, shape, width), count in sorted(found.items())]


def measured(config, lora):
    try:
        return {"tensors": tensors_of(adapted(build(config), lora))}
    except (ValueError, RuntimeError, AttributeError) as refusal:
        return {"refused": type(refusal).__name__}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("cases")
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore")
    with open(arguments.cases, encoding="utf-8") as file:
        cases = json.load(file)
    different = 0
    for model in cases["models"]:
        for choice in model["choices"]:
            known = {key: choice.pop(key) for key in ("tensors", "refused") if key in choice}
            found = measured(model["config"], choice["lora"])
            if arguments.check and found != known:
                different += 1
                print(model["name"], choice["lora"], found, "is not", known)
            choice.update(found)
    if arguments.check:
        sys.exit(1 if different else 0)
    cases["source"] = f"Trained tensors that peft {peft.__version__} makes on transformers {transformers.__version__}, " \
                      "models in bf16 on torch's meta device. tensors: [name, shape, bytes of an element, count]."
    with open(arguments.cases, "w", encoding="utf-8") as file:
        json.dump(cases, file, separators=(",", ":"))
        file.write("\n")


if __name__ == "__main__":
    main()
