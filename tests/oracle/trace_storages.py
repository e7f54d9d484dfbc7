"""Counts what a forward pass of Transformers holds, storage by storage, without a GPU.

Models run on torch's meta device: every operator's outputs are seen by a dispatch mode, a storage counts once from the operator
that made it until nothing refers to it. Choices that torch makes by device are made here as CUDA makes them: which attention kernel
runs, and what it is handed.

    python trace_storages.py cases.json            fills in the peaks of the cases
    python trace_storages.py cases.json --check    compares instead, and fails on a difference

Needs torch and transformers, and bitsandbytes for cases with a weight_format; the files say with which versions their numbers were made.
"""

import argparse
import contextlib
import json
import sys

import torch
import transformers

from cuda_choices import CudaKernels
from storages import LiveStorages


def build(case):
    types = transformers.models.auto.configuration_auto.CONFIG_MAPPING
    config = types[case["config"]["model_type"]].from_dict(dict(case["config"]))
    dtype = {"bf16": torch.bfloat16, "fp32": torch.float32}[case["dtype"]]
    with torch.device("meta"):
        model = transformers.AutoModelForCausalLM.from_config(config, attn_implementation=case["attention"], dtype=dtype)
    weights = []
    if "weight_format" in case:  # only such cases need bitsandbytes
        from bitsandbytes_on_meta import quantise

        weights = quantise(model, case["weight_format"], dtype)
    return model.eval(), config, weights


def cuda_products(case, live):
    if "weight_format" not in case:
        return contextlib.nullcontext()
    from bitsandbytes_on_meta import CudaProducts

    return CudaProducts(live)


def trace(case):
    """Peaks of the prompt's pass, of the next token and of the third token after the prompt."""
    model, config, quantised = build(case)
    rows = case["max_num_seqs"]
    cache = transformers.DynamicCache(config=config)
    live = LiveStorages(kept=[*model.parameters(), *model.buffers(), *quantised])
    peaks = []
    with torch.no_grad(), CudaKernels(), cuda_products(case, live), live:
        for tokens in (case["tokens"], 1, 1, 1):
            ids = torch.zeros(rows, tokens, dtype=torch.long, device="meta")
            live.restart()
            out = model(input_ids=ids, past_key_values=cache, use_cache=True, logits_to_keep=1)
            peaks.append(live.peak)
            del ids, out
    return [peaks[0], peaks[1], peaks[3]]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    with open(options.cases, encoding="utf-8") as file:
        document = json.load(file)
    different = 0
    for case in document["cases"]:
        peaks = trace(case)
        if options.check and peaks != case["peaks"]:
            different += 1
            print(f"{case['name']}: recorded {case['peaks']}, traced {peaks}")
        case["peaks"] = peaks
    if options.check:
        print(f"{len(document['cases'])} cases, {different} differ")
        return 1 if different else 0
    document["made_with"] = f"torch {torch.__version__.split('+')[0]}, transformers {transformers.__version__}"
    with open(options.cases, "w", encoding="utf-8") as file:
        lines = ",\n".join("    " + json.dumps(case) for case in document["cases"])
        head = {key: value for key, value in document.items() if key != "cases"}
        file.write(json.dumps(head, indent=2)[:-2] + ',\n  "cases": [\n' + lines + "\n  ]\n}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
