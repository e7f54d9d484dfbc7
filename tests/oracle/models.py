"""Small models: one for each kind of block, and random ones of the same families."""

import json

import torch
import transformers

BASE = {"vocab_size": 1000, "hidden_size": 64, "intermediate_size": 192, "num_hidden_layers": 3, "num_attention_heads": 4,
        "num_key_value_heads": 2, "max_position_embeddings": 4096}
EXPERTS = {"num_experts_per_tok": 2, "moe_intermediate_size": 48}
LATENT = {"num_key_value_heads": 4, "q_lora_rank": 48, "kv_lora_rank": 32, "qk_nope_head_dim": 16, "qk_rope_head_dim": 8, "v_head_dim": 16,
          "n_routed_experts": 8, "n_shared_experts": 1, "n_group": 4, "topk_group": 2, "first_k_dense_replace": 1, **EXPERTS}

# What is beside each is the block that it is here for.
SMALL = {
    "llama": {},
    "llama, tied, biases": {"tie_word_embeddings": True, "attention_bias": True, "mlp_bias": True},
    "mistral": {"sliding_window": 32},                                       # a window in every layer
    "qwen2": {"tie_word_embeddings": True},                                  # biases of queries, keys and values
    "qwen3": {"head_dim": 32},                                               # norms of queries and keys
    "smollm3": {"tie_word_embeddings": True, "no_rope_layers": [1, 0, 1]},   # layers without positions
    "granite": {"attention_dropout": 0.1, "embedding_multiplier": 12.0, "residual_multiplier": 0.2, "logits_scaling": 8.0, "attention_multiplier": 0.1},
    "gemma": {"head_dim": 32, "num_key_value_heads": 1},                     # 1 + weight, one key head
    "gemma2": {"head_dim": 32, "sliding_window": 32, "query_pre_attn_scalar": 32, "attn_logit_softcapping": 50.0, "final_logit_softcapping": 30.0},
    "gemma3_text": {"head_dim": 32, "sliding_window": 32, "sliding_window_pattern": 2, "query_pre_attn_scalar": 32},
    "phi3": {},                                                              # fused projections, rotary by concatenation
    "gpt2": {"n_embd": 64, "n_layer": 3, "n_head": 4, "n_positions": 1024, "n_inner": 192},
    "gpt_neox": {"rotary_pct": 0.25},                                        # parallel halves
    "gpt_neox, sequential, dropout": {"rotary_pct": 0.5, "use_parallel_residual": False, "hidden_dropout": 0.1, "attention_dropout": 0.1},
    "mixtral": {"num_local_experts": 4, "num_experts_per_tok": 2},
    "qwen2_moe": {"num_experts": 8, "shared_expert_intermediate_size": 96, "decoder_sparse_step": 1, **EXPERTS},
    "qwen3_moe": {"head_dim": 32, "num_experts": 8, "norm_topk_prob": True, **EXPERTS},
    "deepseek_v2": {**LATENT, "topk_method": "group_limited_greedy"},
    "deepseek_v3": LATENT,
    "gpt_oss": {"head_dim": 32, "num_local_experts": 4, "num_experts_per_tok": 2, "sliding_window": 32},  # sinks, clamped experts
}
TOKENS = {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2}  # some classes' own lie outside a small vocabulary
DROPPED = {"gpt2": tuple(BASE)[1:]}
EAGER_ONLY = ("gemma2", "gpt_oss")


def small_configs():
    for name, own in SMALL.items():
        family = name.split(",")[0]
        base = {key: value for key, value in BASE.items() if key not in DROPPED.get(family, ())}
        yield name, {"model_type": family, **base, **own, **({} if family == "gpt2" else TOKENS)}


def random_heads(rng, family, config):
    heads, width = rng.choice([2, 3, 4, 8]), rng.choice([8, 16, 20, 32, 64])  # no model has one head
    if family == "gpt2":
        config.update(n_head=heads, n_embd=heads * width, n_inner=rng.choice([None, 40, 300]))
        return
    hidden = heads * width if family in ("gpt_neox", "phi3", "llama", "gemma3_text", "deepseek_v2", "deepseek_v3") or rng.random() < 0.6 else rng.choice([32, 80, 256])
    config.update(num_attention_heads=heads, hidden_size=hidden, intermediate_size=rng.choice([24, 104, 1000]))
    if family in ("deepseek_v2", "deepseek_v3"):
        config.update(num_key_value_heads=heads, q_lora_rank=rng.choice([None, 24, 48]), kv_lora_rank=rng.choice([16, 40]),
                      qk_nope_head_dim=rng.choice([8, 16]), qk_rope_head_dim=rng.choice([8, 16]), v_head_dim=rng.choice([8, 16, 24, 32]))
        return
    config["num_key_value_heads"] = heads if family == "gpt_neox" else rng.choice([k for k in (1, 2, 3, 4, 8) if heads % k == 0])
    if family not in ("gpt_neox", "phi3"):
        config["head_dim"] = width if hidden == heads * width or family != "llama" else hidden // heads
    if "query_pre_attn_scalar" in config:
        config["query_pre_attn_scalar"] = width


def random_experts(rng, config):
    for key in ("num_experts", "num_local_experts"):
        if key in config:
            config[key] = rng.choice([4, 6, 16])
    if "n_routed_experts" in config:
        config.update(n_routed_experts=rng.choice([8, 16]), first_k_dense_replace=rng.choice([0, 1, 2]), n_shared_experts=rng.choice([1, 2]))
    if "num_experts_per_tok" in config:
        config["num_experts_per_tok"] = rng.choice([1, 2, 3, 4])
    for key in ("moe_intermediate_size", "shared_expert_intermediate_size"):
        if key in config:
            config[key] = rng.choice([16, 56, 200])
    if "norm_topk_prob" in config or "n_routed_experts" in config:
        config["norm_topk_prob"] = rng.random() < 0.5


def random_config(rng, family=None):
    """A covered family with other widths, heads, layers, windows and options: real models have most of these combinations."""
    name, config = rng.choice([(name, config) for name, config in small_configs() if family in (None, config["model_type"])])
    config, family = dict(config), config["model_type"]
    config["n_layer" if family == "gpt2" else "num_hidden_layers"] = rng.choice([1, 2, 3, 5])
    config["vocab_size"] = rng.choice([50, 1000, 20000])
    random_heads(rng, family, config)
    random_experts(rng, config)
    if family != "gemma2":
        config["tie_word_embeddings"] = rng.random() < 0.5
    if config.get("sliding_window") is not None:
        config["sliding_window"] = rng.choice([8, 33, 512])
    if family in ("qwen2", "qwen3", "qwen3_moe", "qwen2_moe") and rng.random() < 0.3:
        config.update(use_sliding_window=True, sliding_window=rng.choice([8, 40]), max_window_layers=rng.choice([0, 1, 2]))
    if family in ("llama", "qwen3", "granite", "smollm3", "gemma", "gemma3_text") and rng.random() < 0.3:
        config["attention_bias"] = True
    if family in ("llama", "mistral", "qwen2", "qwen3", "mixtral", "gpt_neox", "granite") and rng.random() < 0.3:
        config["attention_dropout"] = 0.1
    if family == "smollm3":
        config["no_rope_layers"] = [1, *(rng.choice([0, 1]) for _ in range(config["num_hidden_layers"] - 1))]
    return name, config


def build(config, attention, dtype, scores=False):
    """A model in training mode on the meta device; `scores` is one whose head gives one number for each token."""
    values = {key: value for key, value in config.items() if key not in ("quantization_config", "auto_map")}
    types = transformers.models.auto.configuration_auto.CONFIG_MAPPING
    setting = types[values["model_type"]].from_dict(values)
    with torch.device("meta"):
        kind = transformers.AutoModelForSequenceClassification if scores else transformers.AutoModelForCausalLM
        if scores:
            setting.num_labels = 1
        model = kind.from_config(setting, attn_implementation=attention, dtype=dtype)
    keep_in_fp32(model)
    model.train()
    return model


def keep_in_fp32(model):
    """Parameters and buffers that from_pretrained leaves in fp32 whatever the model's type is."""
    names = {*(model._keep_in_fp32_modules_strict or ()), *((model._keep_in_fp32_modules or ()) if model.dtype == torch.float16 else ())}
    for module in model.modules():
        for own in (module._parameters, module._buffers):
            for name, tensor in own.items():
                if name in names:
                    tensor.data = tensor.data.float()


def layers_of(model):
    """The longest list of modules: the decoder layers."""
    lists = [module for module in model.modules() if isinstance(module, torch.nn.ModuleList)]
    names = ("layers", "h")
    for module in model.modules():
        for name in names:
            layers = getattr(module, name, None)
            if any(layers is found for found in lists):
                return list(layers)
    raise ValueError("no decoder layers in " + type(model).__name__)


def config_of(request):
    return json.loads(request["model"]["config"])
