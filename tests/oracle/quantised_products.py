"""Counts what one linear operator of bitsandbytes makes while it is trained through: in the forward pass beside its output, in the
backward pass beside the gradient of its output, the gradient of its input among it. The weight is frozen.

    python quantised_products.py cases.json            fills in the cases
    python quantised_products.py cases.json --check    compares instead, and fails on a difference

Needs torch, transformers and bitsandbytes; the file says with which versions its numbers were made.
"""

import argparse
import json
import sys

import bitsandbytes
import torch
import transformers

from bitsandbytes_on_meta import CudaProducts, quantise
from storages import LiveStorages


class OneLinear(torch.nn.Module):
    """As much of a model as a quantiser asks about."""

    all_tied_weights_keys = {}

    def __init__(self, inputs, outputs, dtype):
        super().__init__()
        self.linear = torch.nn.Linear(inputs, outputs, bias=False, device="meta", dtype=dtype)
        self.last = torch.nn.LayerNorm(1, device="meta")

    def get_output_embeddings(self):
        return None


def count(case):
    dtype = {"bf16": torch.bfloat16, "fp16": torch.float16}[case["dtype"]]
    model = OneLinear(case["in"], case["out"], dtype)
    quantised = quantise(model, case["weight_format"], dtype)
    given = torch.empty(case["rows"], case["in"], dtype=dtype, device="meta", requires_grad=True)
    gradient = torch.empty(case["rows"], case["out"], dtype=dtype, device="meta")
    live = LiveStorages(kept=[given, gradient, *model.parameters(), *quantised])
    with CudaProducts(live), live:
        out = model.linear(given)
        size = out.untyped_storage().nbytes()
        forward, kept = live.peak - size, live.alive() - size
        live.restart()
        out.backward(gradient)
    return {"forward": forward, "kept": kept, "backward": live.peak - size}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    with open(options.cases, encoding="utf-8") as file:
        document = json.load(file)
    different = 0
    for case in document["cases"]:
        counted = count(case)
        if options.check and any(case[key] != value for key, value in counted.items()):
            different += 1
            print(f"{case}: counted {counted}")
        case.update(counted)
    if options.check:
        print(f"{len(document['cases'])} cases, {different} differ")
        return 1 if different else 0
    document["made_with"] = f"torch {torch.__version__.split('+')[0]}, transformers {transformers.__version__}, bitsandbytes {bitsandbytes.__version__}"
    with open(options.cases, "w", encoding="utf-8") as file:
        lines = ",\n".join("    " + json.dumps(case) for case in document["cases"])
        head = {key: value for key, value in document.items() if key != "cases"}
        file.write(json.dumps(head, indent=2)[:-2] + ',\n  "cases": [\n' + lines + "\n  ]\n}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
