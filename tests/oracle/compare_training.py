"""Asks plimsoll-report about measured steps and prints where it differs.

    python compare_training.py measured.jsonl --report build/native-release/plimsoll-report

Compared: bytes that each layer saves, bytes alive between forward and backward, and every moment of the first and of a later step.
Exit status 1 when a number differs, 2 when the program refuses a request.
"""

import argparse
import collections
import json
import subprocess
import sys


def node_of(term, name):
    if term["id"] == name:
        return term
    return next((found for child in term["children"] if (found := node_of(child, name))), None)


def layers_in(term):
    return next((i["value"] for i in (term["formula"] or {}).get("inputs", ()) if i["symbol"] == "L"), None)


def per_layer(activations, number, recomputed):
    """Bytes of each layer: a node for equal layers, or one leaf for recomputed ones, carries their number, L."""
    ids = ("saved.layers", "saved.layer_input") if recomputed else ("saved.layers",)
    layers = []
    for group in activations["children"]:
        if len(layers) < number and group["id"] in ids:
            count = layers_in(group["children"][0] if group["children"] else group)
            layers += [group["bytes"] // count] * count
    return sorted(layers + [0] * (number - len(layers)))  # a frozen layer that no gradient comes to keeps nothing


def answer_of(report):
    at_loss = node_of(report["tree"], "moment.loss")
    activations, loss = node_of(at_loss, "activations"), node_of(at_loss, "loss")
    logits = node_of(loss, "loss.logits")
    moments = {m["id"].removeprefix("moment."): [m["first_step_bytes"], m["allocated_bytes"]] for m in report["training"]["moments"]}
    saved = activations["bytes"] + loss["bytes"] - (logits["bytes"] if logits else 0)
    work = report["request"]["workload"]
    hidden = work["frozen"] and work["recompute_granularity"] == "full"  # a final norm that keeps its input looks like a layer
    return {"layers": None if hidden else per_layer(activations, report["model"]["num_hidden_layers"], work["recompute_granularity"] == "full"), "saved": saved, "moments": moments}


def differences(measured, answer):
    """Terms with both numbers; a layer counts by its place in order of size."""
    layers = sorted(measured["layers"])
    if answer["layers"] is not None and layers != answer["layers"]:
        yield "layers", layers, answer["layers"]
    if measured["saved"] != answer["saved"]:
        yield "saved", measured["saved"], answer["saved"]
    for name, pair in measured["moments"].items():
        for step, bytes_, ours in zip(("first step", "later step"), pair, answer["moments"][name]):
            if bytes_ != ours:
                yield f"{name}, {step}", bytes_, ours


def ask(program, cases):
    lines = "".join(json.dumps(case["request"]) + "\n" for case in cases)
    run = subprocess.run([program, "-"], input=lines, capture_output=True, text=True, check=False)
    answers = [json.loads(line) for line in run.stdout.splitlines()]
    if len(answers) != len(cases):
        sys.exit(f"{program} gave {len(answers)} answers to {len(cases)} requests: {run.stderr[:500]}")
    return answers


def told(value):
    return " ".join(f"{part:,}" for part in value) if isinstance(value, list) else f"{value:,}"


def difference(measured, ours):
    if isinstance(measured, list):
        return " ".join(f"{b - a:+,}" for a, b in zip(measured, ours)) if len(measured) == len(ours) else "other layers"
    return f"{ours - measured:+,} ({(ours - measured) / measured:+.3%})"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("measured")
    parser.add_argument("--report", default="build/native-release/plimsoll-report")
    parser.add_argument("--most", type=int, default=40, help="differences to print")
    options = parser.parse_args()
    with open(options.measured, encoding="utf-8") as file:
        cases = [json.loads(line) for line in file if line.strip()]
    wrong, refused, shown = collections.Counter(), 0, 0
    for case, answer in zip(cases, ask(options.report, cases)):
        if not answer["ok"]:
            refused += 1
            print(f"{case['name']}: refused: {answer['error']['message']}")
            continue
        found = list(differences(case["measured"], answer_of(answer["value"])))
        wrong.update(term.split(",")[0] for term, _, _ in found)
        for term, measured, ours in found:
            shown += 1
            if shown <= options.most:
                print(f"{case['name']}\n  {term}: measured {told(measured)}, estimated {told(ours)}, {difference(measured, ours)}")
    print(f"{len(cases)} steps, {refused} refused; terms that differ: {dict(wrong) or 'none'}")
    return 1 if wrong else 2 if refused else 0


if __name__ == "__main__":
    sys.exit(main())
