"""Runs the launch files of reports: the scripts take one step on a tiny model on the CPU, the configurations are checked and built by torchtune.

    ./dev report requests.jsonl | python tests/oracle/launch_files.py [scripts | configurations]

Scripts need torch, transformers, trl, peft, datasets and bitsandbytes; configurations need torchtune at the commit of torchtune-configurations, or
newer, with torchao 0.18 and torchvision. Exit status 1: a file failed, or none ran."""

import ast
import json
import pathlib
import sys
import tempfile
import traceback


def tiny_model(folder):
    """A Llama of two layers with a tokenizer of words, as a checkpoint."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    words = {word: number for number, word in enumerate(["<pad>", "<eos>", "<unk>", *(f"w{n}" for n in range(61))])}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="<pad>", eos_token="<eos>", unk_token="<unk>").save_pretrained(folder)
    shape = dict(hidden_size=128, intermediate_size=256, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, vocab_size=64,
                 max_position_embeddings=8192)
    LlamaForCausalLM(LlamaConfig(**shape, pad_token_id=0, eos_token_id=1, bos_token_id=1)).to(torch.bfloat16).save_pretrained(folder)


def run_script(text, model, data, out):
    tree = ast.parse(text)
    for node in tree.body:
        if isinstance(node, ast.Assign) and node.targets[0].id in ("MODEL", "DATASET"):
            node.value = ast.Constant(model if node.targets[0].id == "MODEL" else data)
        if isinstance(node, ast.Assign) and node.targets[0].id == "arguments":
            extra = dict(use_cpu=True, max_steps=1, report_to="none", save_strategy="no", disable_tqdm=True)
            kept = [word for word in node.value.keywords if word.arg != "output_dir"]
            node.value.keywords = kept + [ast.keyword(name, ast.Constant(value)) for name, value in {"output_dir": out, **extra}.items()]
    space = {"__name__": "launch"}
    exec(compile(ast.fix_missing_locations(tree), "train.py", "exec"), space)
    return checked(space, ast.parse(text))


def checked(space, tree):
    """What the run really had, against what the script says."""
    arguments, model = space["arguments"], space["trainer"].model
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("SFTConfig", "TrainingArguments"):
            for word in node.keywords:
                if word.arg != "output_dir":
                    said, had = ast.literal_eval(word.value), getattr(arguments, word.arg)
                    assert str(getattr(had, "value", had)) == str(said), f"{word.arg}: {had} instead of {said}"
    trained = {str(p.dtype) for p in model.parameters() if p.requires_grad}
    frozen = {str(p.dtype) for p in model.parameters() if not p.requires_grad}
    states = {str(v.dtype) for s in space["trainer"].optimizer.state.values() for v in s.values() if hasattr(v, "dtype") and v.ndim > 0}
    return f"trained {sorted(trained)}, frozen {sorted(frozen)}, states {sorted(states)}, checkpointing {model.is_gradient_checkpointing}"


def check_configuration(text, report):
    import torch
    from omegaconf import OmegaConf
    from torchtune import config

    settings = OmegaConf.create(text)
    config.validate(settings)
    OmegaConf.to_container(settings, resolve=True)
    if "quantize_base" in settings.model:
        return "valid"
    with torch.device("meta"):
        model = config.instantiate(settings.model)
    base = sum(p.numel() for name, p in model.named_parameters() if "lora_" not in name and "magnitude" not in name)
    added = sum(p.numel() for name, p in model.named_parameters() if "lora_" in name or "magnitude" in name)
    assert base == report["model"]["parameter_count"], f"{base} parameters instead of {report['model']['parameter_count']}"
    return f"valid, {base} parameters, {added} of adapters"


def main(chosen):
    failed, done = 0, 0
    with tempfile.TemporaryDirectory() as folder:
        model, data = str(pathlib.Path(folder) / "model"), str(pathlib.Path(folder) / "data")
        tiny_model(model)
        pathlib.Path(data).mkdir()
        rows = [json.dumps({"text": " ".join(f"w{(i * 7 + n) % 61}" for n in range(24))}) for i in range(16)]
        (pathlib.Path(data) / "rows.jsonl").write_text("\n".join(rows))
        for line in sys.stdin:
            outcome = json.loads(line)
            if not outcome["ok"]:
                print("no report:", outcome["error"]["message"])
                continue
            report = outcome["value"]
            for file in report["training"]["launch"]:
                script = file["name"].endswith(".py")
                if chosen not in ("", "scripts" if script else "configurations"):
                    continue
                title = f"{file['program']:12s} {file['text'].splitlines()[0][2:]}"
                try:
                    if script:
                        said = run_script(file["text"], model, data, str(pathlib.Path(folder) / "out"))
                    else:
                        said = check_configuration(file["text"], report)
                    done += 1
                    print(f"ok   {title}\n     {said}")
                except ImportError as missing:  # such as FlashAttention, which runs on a GPU alone
                    print(f"not run {title}: {missing}")
                except Exception:  # what a file does wrong can be anything: it is shown whole
                    failed += 1
                    print(f"FAIL {title}\n{file['text']}\n{traceback.format_exc(limit=-3)}")
    print(f"{done} ran, {failed} failed")
    return 1 if failed or done == 0 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else ""))
