"""Measures what training steps keep and hold, and writes a JSON line for each: name, request, measured bytes.

    python measure_training.py > measured.jsonl                 small models, one for each kind of block, under every setting
    python measure_training.py --only qwen3                     those whose name has this in it
    python measure_training.py --random 300 --seed 7            random small models of the covered families
    python measure_training.py --random 300 --adapters    the same with adapters of every kind
    python measure_training.py --requests requests.jsonl        requests of one's own: a plimsoll-report request on each line

What torch cannot run is reported on stderr and left out.
"""

import argparse
import json
import random
import sys
import warnings

import torch
import transformers

from training_requests import adapter_requests, named_requests, random_requests
from training import measure


def requests_of(options):
    if options.requests:
        with open(options.requests, encoding="utf-8") as file:
            return [(f"line {number}", json.loads(line)) for number, line in enumerate(file, 1) if line.strip()]
    if options.random:
        return (adapter_requests if options.adapters else random_requests)(random.Random(options.seed), options.random, options.family)
    return named_requests()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="")
    parser.add_argument("--random", type=int, default=0, metavar="N")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--adapters", action="store_true", help="with --random: adapters of every kind")
    parser.add_argument("--family", help="a model_type, for --random")
    parser.add_argument("--requests", metavar="FILE")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    transformers.logging.set_verbosity_error()
    made_with = f"torch {torch.__version__.split('+')[0]}, transformers {transformers.__version__}"
    failed = 0
    for name, request in requests_of(options):
        if options.only not in name:
            continue
        try:
            measured = measure(request)
        except Exception as error:
            failed += 1
            print(f"{name}: {type(error).__name__}: {str(error).splitlines()[0][:200]}", file=sys.stderr)
            continue
        print(json.dumps({"name": name, "request": request, "measured": measured, "made_with": made_with}), flush=True)
    if failed:
        print(f"{failed} could not be run", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
