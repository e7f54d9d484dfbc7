"""Loads small models with bitsandbytes, on the CPU, and counts what their weights take.

Each model of a case is made from its config, saved, and loaded anew through Transformers' own quantiser: the modules it replaces
and every tensor that a replaced module keeps in memory are then read off. A storage counts once.

    python quantised_weights.py cases.json            fills in the cases that have a config
    python quantised_weights.py cases.json --check    compares instead, and fails on a difference

Needs torch, transformers, accelerate and bitsandbytes; the cases say with which versions their numbers were made.
"""

import argparse
import json
import re
import sys
import tempfile

import bitsandbytes
import torch
import transformers
from transformers import AutoConfig, AutoModelForCausalLM, BitsAndBytesConfig

FORMATS = {
    "nf4": {"load_in_4bit": True, "bnb_4bit_quant_type": "nf4"},
    "nf4_double_quant": {"load_in_4bit": True, "bnb_4bit_quant_type": "nf4", "bnb_4bit_use_double_quant": True},
    "fp4": {"load_in_4bit": True, "bnb_4bit_quant_type": "fp4"},
    "fp4_double_quant": {"load_in_4bit": True, "bnb_4bit_quant_type": "fp4", "bnb_4bit_use_double_quant": True},
    "bnb_int8": {"load_in_8bit": True},
}


def tensors_beside(parameter):
    """What bitsandbytes keeps beside a quantised weight."""
    state = getattr(parameter, "quant_state", None)
    if state is not None:
        yield from (state.absmax, state.code)
        if state.nested:
            yield from (state.state2.absmax, state.state2.code, state.offset)
    if getattr(parameter, "SCB", None) is not None:
        yield parameter.SCB


def weight_bytes(model):
    held = [*model.parameters(), *(t for p in model.parameters() for t in tensors_beside(p))]
    saved = model.state_dict()
    held += [buffer for name, buffer in model.named_buffers() if name in saved]
    storages = {tensor.untyped_storage()._cdata: tensor.untyped_storage().nbytes() for tensor in held}
    return sum(storages.values())


def quantised_modules(model):
    names = {re.sub(r"(?<=\.)\d+(?=\.)", "*", name) for name, parameter in model.named_parameters() if any(True for _ in tensors_beside(parameter))}
    return sorted(name.removesuffix(".weight") for name in names)


def count(case):
    config = dict(case["config"])
    plain = AutoModelForCausalLM.from_config(AutoConfig.for_model(config.pop("model_type"), **config), dtype=torch.bfloat16)
    found, modules = {}, set()
    with tempfile.TemporaryDirectory() as folder:
        plain.save_pretrained(folder)
        for name, options in FORMATS.items():
            model = AutoModelForCausalLM.from_pretrained(folder, quantization_config=BitsAndBytesConfig(**options), device_map="cpu")
            found[name] = weight_bytes(model)
            modules.add(tuple(quantised_modules(model)))
    (quantised,) = modules  # every format replaces the same modules
    return {"quantised": list(quantised), "bytes": found}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    transformers.logging.disable_progress_bar()
    with open(options.cases, encoding="utf-8") as file:
        document = json.load(file)
    made_with = f"transformers {transformers.__version__} and bitsandbytes {bitsandbytes.__version__}, loaded on a CPU"
    different = 0
    cases = [case for case in document["cases"] if "config" in case]
    for case in cases:
        counted = count(case)
        if options.check and any(case[key] != value for key, value in counted.items()):
            different += 1
            print(f"{case['name']}: recorded {case['bytes']}, counted {counted['bytes']}")
        case.update(counted)
        case["source"] = made_with
    if options.check:
        print(f"{len(cases)} cases, {different} differ")
        return 1 if different else 0
    with open(options.cases, "w", encoding="utf-8") as file:
        lines = ",\n".join("    " + json.dumps(case) for case in document["cases"])
        head = {key: value for key, value in document.items() if key != "cases"}
        file.write(json.dumps(head, indent=2)[:-2] + ',\n  "cases": [\n' + lines + "\n  ]\n}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
