"""Requests to measure: a model's config and a training workload, as plimsoll-report takes them."""

import json

from models import EAGER_ONLY, random_config, small_configs

FUSED = {"id": "torch-adamw", "implementation": "fused"}
FOREACH = {"id": "torch-adamw", "implementation": "foreach"}
PLAIN = {"kind": "training", "method": "full", "sequence_length": 80, "micro_batch_size": 2, "precision": "bf16", "attention": "sdpa",
         "recompute_granularity": "none", "optimizer": FUSED, "gradient_clipping": False}

# What is said here differs from PLAIN.
SETTINGS = {
    "bf16": {},
    "bf16, one sequence, eager": {"attention": "eager", "micro_batch_size": 1},
    "bf16, eager": {"attention": "eager"},
    "bf16, math": {"attention": "sdpa_math"},
    "bf16, flash_attention_2": {"attention": "flash_attention_2"},
    "bf16, padded": {"padded": True},
    "fp32, foreach": {"precision": "fp32", "optimizer": FOREACH},
    "autocast": {"precision": "amp_bf16", "optimizer": FOREACH},
    "autocast, eager": {"precision": "amp_bf16", "attention": "eager"},
    "recomputed": {"recompute_granularity": "full", "use_reentrant": False},
    "recomputed, reentrant": {"recompute_granularity": "full", "use_reentrant": True},
    "autocast, recomputed": {"precision": "amp_bf16", "recompute_granularity": "full", "use_reentrant": False},
    "two micro batches, logits kept": {"gradient_accumulation_steps": 2, "kept_logits": "output"},
    "for-loop": {"optimizer": {"id": "torch-adamw", "implementation": "for_loop"}},
    "LoRA": {"method": "lora", "lora": {"r": 8, "lora_dropout": False, "adapter_dtype": "fp32"}},
    "LoRA with dropout": {"method": "lora", "lora": {"r": 8, "lora_dropout": True, "adapter_dtype": "fp32"}},
    "LoRA in bf16": {"method": "lora", "lora": {"r": 4, "lora_dropout": False, "adapter_dtype": "bf16"}},
    "LoRA, recomputed": {"method": "lora", "recompute_granularity": "full", "use_reentrant": True,
                         "lora": {"r": 8, "lora_dropout": False, "adapter_dtype": "fp32"}},
    "autocast over bf16": {"precision": "autocast_bf16"},
    "autocast over bf16, eager": {"precision": "autocast_bf16", "attention": "eager"},
    "stepped in backward": {"optimizer_in_backward": True},
    "stepped in backward, for-loop, recomputed": {"optimizer_in_backward": True, "recompute_granularity": "full", "use_reentrant": False,
                                                  "optimizer": {"id": "torch-adamw", "implementation": "for_loop"}},
    "packed": {"packing": True, "attention": "flash_attention_2"},
    "packed, recomputed": {"packing": True, "attention": "flash_attention_2", "recompute_granularity": "full", "use_reentrant": False},
    "every second layer recomputed": {"recompute_granularity": "full", "recompute_method": "every_n_layers", "recompute_num_layers": 2, "use_reentrant": False},
    "frozen embeddings": {"frozen": {"modules": ["embeddings"]}},
    "frozen head, recomputed": {"frozen": {"modules": ["lm_head"]}, "recompute_granularity": "full", "use_reentrant": False},
    "frozen norms": {"frozen": {"modules": ["norms"]}},
    "first layers frozen": {"frozen": {"first_layers": 2}},
    "frozen prefix": {"frozen": {"modules": ["embeddings"], "first_layers": 2}},
    "frozen prefix, eager": {"frozen": {"modules": ["embeddings"], "first_layers": 1}, "attention": "eager"},
    "frozen prefix, recomputed": {"frozen": {"modules": ["embeddings"], "first_layers": 2},
                                  "recompute_granularity": "full", "use_reentrant": False, "enable_input_require_grads": False},
    "frozen prefix, asked for gradients": {"frozen": {"modules": ["embeddings"], "first_layers": 2},
                                           "recompute_granularity": "full", "use_reentrant": True, "enable_input_require_grads": True},
    "frozen prefix, autocast": {"frozen": {"modules": ["embeddings"], "first_layers": 2}, "precision": "amp_bf16"},
    "frozen attention": {"frozen": {"modules": ["attention"]}},
    "frozen layers, autocast": {"frozen": {"modules": ["mlp"]}, "precision": "amp_bf16"},
}

# What a class calls its embeddings, its norms and its attention, where that differs from most.
MODULES = {"embeddings": (["embed_tokens"], {"gpt2": ["wte", "wpe"], "gpt_neox": ["embed_in"]}),
           "norms": (["norm"], {"gpt2": ["ln_1", "ln_2", "ln_f"]}),
           "attention": (["self_attn"], {"gpt2": ["attn"], "gpt_neox": ["attention"]})}

# Attention's own matrices, where "all-linear" would reach the experts, which are no linear modules.
PROJECTIONS = {
    "gpt2": ["c_attn", "c_proj", "c_fc"], "gpt_neox": ["query_key_value", "dense"], "phi3": ["qkv_proj", "o_proj"],
    "deepseek_v2": ["kv_a_proj_with_mqa", "kv_b_proj", "o_proj"], "deepseek_v3": ["kv_a_proj_with_mqa", "kv_b_proj", "o_proj"],
}
EXPERTS = ("mixtral", "qwen2_moe", "qwen3_moe", "deepseek_v2", "deepseek_v3", "gpt_oss")


def targets_of(family, narrow):
    if family in EXPERTS or narrow:
        return PROJECTIONS.get(family, ["q_proj", "v_proj"] if narrow else ["q_proj", "k_proj", "v_proj", "o_proj"])
    return ["all-linear"]


def frozen_of(family, frozen):
    """The same of one class, whose modules have names of their own."""
    usual = {word: own.get(family, most) for word, (most, own) in MODULES.items()}
    named = [name for word in frozen.get("modules", ()) for name in usual.get(word, [word])]
    return {**frozen, "modules": named} if named else frozen


def request(config, setting, narrow=False):
    workload = {**PLAIN, **setting}
    if "frozen" in workload:
        workload["frozen"] = frozen_of(config["model_type"], workload["frozen"])
    if config["model_type"] in EAGER_ONLY and workload["attention"] in ("sdpa", "sdpa_math"):
        workload["attention"] = "eager"
    if "lora" in workload:
        workload["lora"] = {"target_modules": targets_of(config["model_type"], narrow), **workload["lora"]}
    return {"model": {"config": json.dumps(config)}, "workload": workload}


# Matrices that a module holds itself, which an adapter is added to: experts', a router's.
PARAMETERS = {"gpt_oss": ["mlp.experts.gate_up_proj", "mlp.experts.down_proj", "router.weight"]}
PARAMETERS_OF_MOST = ["mlp.experts.gate_up_proj", "mlp.experts.down_proj", "mlp.gate.weight"]
EMBEDDINGS = {"gpt2": ["wte", "wpe"], "gpt_neox": ["embed_in"]}


def random_adapters(rng, family):
    """Targets by name, of all kinds; parameters take neither dropout nor DoRA."""
    lora = {"r": rng.choice([1, 4, 8, 64]), "lora_dropout": rng.random() < 0.4, "use_dora": rng.random() < 0.5,
            "adapter_dtype": rng.choice(["fp32", "fp32", "bf16"]), "target_modules": targets_of(family, rng.random() < 0.5)}
    if rng.random() < 0.25 and lora["target_modules"] != ["all-linear"]:
        lora["target_modules"] = lora["target_modules"] + EMBEDDINGS.get(family, ["embed_tokens"])[: rng.choice([1, 2])]
    if family in EXPERTS and rng.random() < 0.5:
        parameters = PARAMETERS.get(family, PARAMETERS_OF_MOST)
        lora.update(lora_dropout=False, use_dora=False, target_parameters=[name for name in parameters if rng.random() < 0.6] or parameters[:1])
    return lora


def adapter_requests(rng, count, family=None):
    """Adapters of every kind beside random models."""
    made = 0
    while made < count:
        name, config = random_config(rng, family)
        setting = {"method": "lora", "lora": random_adapters(rng, config["model_type"]), "sequence_length": rng.choice([7, 16, 40, 130]),
                   "micro_batch_size": rng.choice([1, 2, 3]), "precision": rng.choice(["bf16", "bf16", "bf16", "fp32", "amp_bf16"]),
                   "attention": rng.choice(["sdpa", "sdpa", "eager", "flash_attention_2"]), "enable_input_require_grads": rng.random() < 0.5}
        if rng.random() < 0.25:
            setting.update(recompute_granularity="full", use_reentrant=rng.random() < 0.5, enable_input_require_grads=True)
        if setting["precision"] != "bf16":  # PEFT makes adapters in the base's type or in fp32
            setting["lora"]["adapter_dtype"] = "fp32"
        if not_measured(config, setting):
            continue
        made += 1
        lora, weight_format = setting["lora"], None
        if setting["precision"] == "bf16" and config["model_type"] != "gpt2" and rng.random() < 0.3:  # a Conv1D is not replaced
            weight_format = rng.choice(["nf4", "nf4_double_quant", "bnb_int8"])
            setting["method"] = "qlora"
            if weight_format == "bnb_int8":
                lora["adapter_dtype"] = "fp32"  # as PEFT makes them beside whole numbers
        way = [*([weight_format] if weight_format else []), "r", str(lora["r"]), lora["adapter_dtype"],
               *(key for key in ("lora_dropout", "use_dora") if lora[key]), *lora["target_modules"],
               *lora.get("target_parameters", []), setting["precision"], setting["attention"], *(["recomputed"] if "recompute_granularity" in setting else []),
               *(["input gradients"] if setting["enable_input_require_grads"] else [])]
        beside = {"weight_format": weight_format} if weight_format else {}
        yield f"#{made} {name}: {' '.join(way)}, {setting['micro_batch_size']} x {setting['sequence_length']}", {**request(config, setting), **beside}


def not_measured(config, setting):
    """What torch refuses (gpt_oss hands its sinks to no flash operator of torch, and eager attention takes no mask of bool), and what
    is decided in C++ by device: dropout inside the math kernel."""
    attention, drops = setting.get("attention", "sdpa"), config.get("attention_dropout", 0.1 if config["model_type"] == "gpt2" else 0)
    if attention == "sdpa_math" and drops:
        return True
    return config["model_type"] in EAGER_ONLY and (attention in ("flash_attention_2", "sdpa_math") or setting.get("padded", False))


def named_requests():
    for name, config in small_configs():
        for way, setting in SETTINGS.items():
            if not not_measured(config, setting):
                yield f"{name}: {way}", request(config, setting)


def random_requests(rng, count, family=None):
    made = 0
    while made < count:
        name, config = random_config(rng, family)
        way, setting = rng.choice(list(SETTINGS.items()))
        setting = {**setting, "sequence_length": rng.choice([7, 16, 40, 130, 300]), "micro_batch_size": rng.choice([1, 2, 3])}
        if not_measured(config, setting):
            continue
        made += 1
        yield f"#{made} {name}: {way}, {setting['micro_batch_size']} x {setting['sequence_length']}", request(config, setting, rng.random() < 0.5)
