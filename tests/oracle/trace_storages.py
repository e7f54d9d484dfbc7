"""Counts what a forward pass of Transformers holds, storage by storage, without a GPU.

Models run on torch's meta device: every operator's outputs are seen by a dispatch mode, a storage counts once from the operator
that made it until nothing refers to it. Choices that torch makes by device are made here as CUDA makes them: which attention kernel
runs, and what it is handed.

    python trace_storages.py cases.json            fills in the peaks of the cases
    python trace_storages.py cases.json --check    compares instead, and fails on a difference

Needs torch and transformers; traced_peaks.json says with which versions its numbers were made.
"""

import argparse
import json
import math
import sys

import torch
import transformers
from torch.multiprocessing.reductions import StorageWeakRef
from torch.nn import functional
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

aten = torch.ops.aten


class LiveStorages(TorchDispatchMode):
    """Bytes alive now and at most, apart from weights."""

    def __init__(self, weights):
        super().__init__()
        self.weights = {tensor.untyped_storage()._cdata for tensor in weights}
        self.live = {}
        self.now = self.peak = 0

    def forget_dead(self):
        for key in [key for key, (ref, _) in self.live.items() if ref.expired()]:
            self.now -= self.live.pop(key)[1]

    def restart(self):
        self.forget_dead()
        self.peak = self.now

    def __torch_dispatch__(self, operator, types, args=(), kwargs=None):
        self.forget_dead()
        out = operator(*args, **(kwargs or {}))
        for tensor in tree_leaves(out):
            if not isinstance(tensor, torch.Tensor):
                continue
            storage = tensor.untyped_storage()
            if storage._cdata not in self.weights and storage._cdata not in self.live:
                self.live[storage._cdata] = (StorageWeakRef(storage), storage.nbytes())
                self.now += storage.nbytes()
        self.peak = max(self.peak, self.now)
        return out


class CudaAttention(TorchFunctionMode):
    """scaled_dot_product_attention as CUDA dispatches it: flash where it can, else memory-efficient."""

    def __torch_function__(self, function, types, args=(), kwargs=None):
        if function is functional.scaled_dot_product_attention:
            with torch._C.DisableTorchFunctionSubclass():
                return attend(*args, **(kwargs or {}))
        return function(*args, **(kwargs or {}))


def attend(query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False, scale=None, enable_gqa=False):
    width = query.shape[-1]
    half = query.dtype in (torch.float16, torch.bfloat16)
    if attn_mask is None and half and width == key.shape[-1] == value.shape[-1] and width <= 256:
        missing = -width % 8
        if missing:
            query, key, value = (functional.pad(t, (0, missing)) for t in (query, key, value))
        scale = scale if scale is not None else 1 / math.sqrt(width)
        out = aten._scaled_dot_product_flash_attention(query, key, value, dropout_p, is_causal, False, scale=scale)[0]
        return out[..., :width] if missing else out
    if attn_mask is not None:
        if attn_mask.dtype == torch.bool:
            attn_mask = aten.zeros_like(attn_mask, dtype=query.dtype).masked_fill_(attn_mask.logical_not(), -math.inf)
        keys = attn_mask.shape[-1]
        if keys % 16:
            attn_mask = functional.pad(attn_mask, (0, -keys % 16))[..., :keys]
        attn_mask = attn_mask.expand(query.shape[0], query.shape[1], query.shape[2], key.shape[2])
    return aten._scaled_dot_product_efficient_attention(query, key, value, attn_mask, True, dropout_p, is_causal, scale=scale)[0]


def build(case):
    types = transformers.models.auto.configuration_auto.CONFIG_MAPPING
    config = types[case["config"]["model_type"]].from_dict(dict(case["config"]))
    dtype = {"bf16": torch.bfloat16, "fp32": torch.float32}[case["dtype"]]
    with torch.device("meta"):
        model = transformers.AutoModelForCausalLM.from_config(config, attn_implementation=case["attention"], dtype=dtype)
    return model.eval(), config


def trace(case):
    """Peaks of the prompt's pass, of the next token and of the third token after the prompt."""
    model, config = build(case)
    rows = case["max_num_seqs"]
    cache = transformers.DynamicCache(config=config)
    live = LiveStorages([*model.parameters(), *model.buffers()])
    peaks = []
    with torch.no_grad(), CudaAttention(), live:
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
