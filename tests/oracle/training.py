"""One training step of a request, measured storage by storage.

measure(request) returns {"layers": bytes saved by each layer, "saved": alive between forward and backward, "moments": {id: [first step, later]}}.
"""

import contextlib
import functools

import peft
import torch
from torch.utils.checkpoint import checkpoint
from transformers import AttentionInterface
from transformers.masking_utils import AttentionMaskInterface

from bitsandbytes_on_meta import CudaProducts, quantise
from cuda_choices import Autocast, CudaKernels, device_checks_passed
from models import build, config_of, layers_of
from objectives import LOSSES, ppo_report, rows_of
from storages import LiveStorages, SavedStorages

aten = torch.ops.aten
MOMENTS = ("before_forward", "forward_peak", "loss", "backward_peak", "end_of_backward", "optimizer_step", "after_step")
CAST = {"amp_bf16": torch.bfloat16, "amp_fp16": torch.float16, "autocast_bf16": torch.bfloat16}


def flash_attention_2(module, query, key, value, attention_mask, dropout=0.0, scaling=None, is_causal=None, **kwargs):
    """The operator that the package's kernel is; the package itself needs a GPU to be installed."""
    query, key, value = (t.transpose(1, 2) for t in (query, key, value))
    missing = query.shape[-1] - value.shape[-1]
    if missing:
        value = torch.nn.functional.pad(value, (0, missing))
    target = autocast_dtype(query)
    if target is not None:
        query, key, value = (t.to(target) for t in (query, key, value))
    length = query.shape[1]
    if kwargs.get("position_ids") is not None and PACKED:
        return packed(query, key, value, dropout, scaling), None
    out = aten._flash_attention_forward(query, key, value, None, None, length, length, dropout, True, False, scale=scaling)[0]
    return out[..., :-missing] if missing else out, None


PACKED = []  # the bounds of packed sequences, while there are any


def packed(query, key, value, dropout, scaling):
    """The kernel for sequences of several lengths takes rows without gaps; its bounds are not counted."""
    rows = [t.contiguous().view(-1, *t.shape[-2:]) for t in (query, key, value)]
    length = rows[0].shape[0]
    out = aten._flash_attention_forward(*rows, PACKED[0], PACKED[0], length, length, dropout, True, False, scale=scaling)[0]
    return out.view(query.shape[0], -1, *out.shape[-2:])


def autocast_dtype(query):
    if query.dtype != torch.float32:
        return None
    modes = [mode for mode in torch.overrides._get_current_function_mode_stack() if isinstance(mode, Autocast)]
    return modes[-1].dtype if modes else None


AttentionInterface.register("aten_attention", flash_attention_2)
AttentionMaskInterface.register("aten_attention", lambda *args, **kwargs: None)
ATTENTION = {"sdpa": "sdpa", "sdpa_math": "sdpa", "eager": "eager", "flash_attention_2": "aten_attention"}


class Setting:
    """A training workload, with the defaults of a request that names them all."""

    def __init__(self, request):
        work = request["workload"]
        self.rows, self.tokens = work["micro_batch_size"], work["sequence_length"]
        self.precision, self.attention = work["precision"], work["attention"]
        self.dtype = torch.bfloat16 if self.precision in ("bf16", "autocast_bf16") else torch.float32
        self.checkpointing = work["recompute_granularity"] == "full"
        self.reentrant = work.get("use_reentrant", False)
        self.padded, self.kept = work.get("padded", False), work.get("kept_logits", "none")
        self.micro_batches = work.get("gradient_accumulation_steps", 1)
        self.optimizer = work["optimizer"]
        self.lora = work.get("lora") if work["method"] in ("lora", "qlora") else None
        self.weight_format = request.get("weight_format") if work["method"] == "qlora" else None
        self.input_gradients = work.get("enable_input_require_grads", self.checkpointing)
        self.every = work.get("recompute_num_layers", 1)
        self.packed, self.steps_in_backward = work.get("packing", False), work.get("optimizer_in_backward", False)
        self.objective, self.completion = work.get("objective", "sft"), work.get("max_completion_length", 0)
        self.casts_outputs = self.precision in CAST
        self.frozen = (work.get("frozen") or {}) if work["method"] == "full" else {}

    @contextlib.contextmanager
    def run(self, model):
        """The model's forward pass, under autocast where the setting asks for it."""
        with autocast_of(self) as cast, rotary_outside(model, cast):
            yield model


def kernels_of(setting):
    return CudaKernels(math_only=setting.attention == "sdpa_math")


def autocast_of(setting):
    return Autocast(CAST[setting.precision]) if setting.precision in CAST else contextlib.nullcontext()


def products_of(setting, live):
    return contextlib.nullcontext() if setting.weight_format is None else CudaProducts(live)


def checkpointed(setting):
    """torch's checkpoint. Backward leaves the modes of the forward pass: what runs again enters them anew, as torch restores autocast."""
    def run(function, *args, **kwargs):
        calls = []

        @functools.wraps(function)
        def once(*given, **named):
            calls.append(None)
            with contextlib.ExitStack() as modes:
                if len(calls) > 1:
                    modes.enter_context(kernels_of(setting))
                    modes.enter_context(autocast_of(setting))
                return function(*given, **named)
        return checkpoint(once, *args, use_reentrant=setting.reentrant, **kwargs)
    return run


def prepared(request, setting):
    """Model, layers, and what stands for quantised weights beside the model's parameters."""
    model = build(config_of(request), ATTENTION[setting.attention], setting.dtype)
    layers, packed = layers_of(model), []
    if setting.weight_format is not None:
        packed = quantise(model, setting.weight_format, setting.dtype)
        setattr(model, "is_loaded_in_8bit" if setting.weight_format == "bnb_int8" else "is_loaded_in_4bit", True)
    if setting.checkpointing:
        model._set_gradient_checkpointing(enable=True, gradient_checkpointing_func=checkpointed(setting), every_n_layers=setting.every)
    freeze(model, layers, setting)
    if setting.lora is not None:
        model = with_adapters(model, setting.lora)
        (model.enable_input_require_grads if setting.input_gradients else model.disable_input_require_grads)()
    return model, layers, packed


def freeze(model, layers, setting):
    """The first layers, and modules whose name ends with a word, as PEFT finds modules_to_save."""
    for layer in layers[:setting.frozen.get("first_layers", 0)]:
        layer.requires_grad_(False)
    for word in setting.frozen.get("modules", ()):
        for name, module in model.named_modules():
            if name.endswith(word):
                module.requires_grad_(False)
    if setting.frozen and setting.input_gradients:
        model.enable_input_require_grads()


def with_adapters(model, lora):
    """PEFT asks for input gradients by itself where the model recomputes; what the request says comes after."""
    targets = lora.get("target_modules", ["all-linear"])
    choice = peft.LoraConfig(
        r=lora.get("r", 16), target_modules="all-linear" if targets == ["all-linear"] else targets, task_type="CAUSAL_LM",
        lora_dropout=0.05 if lora.get("lora_dropout") else 0.0, use_dora=lora.get("use_dora", False), modules_to_save=lora.get("modules_to_save"),
        target_parameters=lora.get("target_parameters"), init_lora_weights=False)
    return peft.get_peft_model(model, choice, autocast_adapter_dtype=lora.get("adapter_dtype", "fp32") == "fp32")


class Batch:
    def __init__(self, setting):
        shape = (1, setting.rows * setting.tokens) if setting.packed else (rows_of(setting), setting.tokens)
        self.ids, self.labels = (torch.zeros(shape, dtype=torch.long, device="meta") for _ in range(2))
        self.mask = torch.ones((setting.rows, 1, setting.tokens, setting.tokens), dtype=torch.bool, device="meta") if setting.padded else None
        own_positions = setting.packed or setting.objective == "ppo"
        self.positions = torch.zeros(shape, dtype=torch.long, device="meta") if own_positions else None
        PACKED[:] = [torch.zeros(setting.rows + 1, dtype=torch.int32, device="meta")] if setting.packed else []

    def tensors(self):
        return [t for t in (self.ids, self.labels, self.mask, self.positions) if t is not None]


def standing_models(request, setting):
    """What stands beside the trained models and is not run in their step: PPO's reference, unless that is the base without its adapters, and
    its reward model."""
    if setting.objective != "ppo":
        return []
    scores = [True] if setting.lora is not None else [False, True]
    return [build(config_of(request), ATTENTION[setting.attention], setting.dtype, one) for one in scores]


def other_model(request, setting):
    """What runs beside the trained model: DPO's reference, unless that is the base without its adapters; a teacher, here the model itself; PPO's
    value model, which is trained too."""
    if setting.objective == "ppo":
        return without_dropout(build(config_of(request), ATTENTION[setting.attention], setting.dtype, scores=True))
    if setting.objective == "distillation" or (setting.objective == "dpo" and setting.lora is None):
        other = build(config_of(request), ATTENTION[setting.attention], setting.dtype)
        return other.requires_grad_(False).eval()
    return None


def without_dropout(model):
    """disable_dropout_in_model; attention's own rate is its module's."""
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0
    return model


def forward(model, other, batch, setting, before=()):
    """The loss, and what the caller keeps of the output."""
    if setting.objective == "ppo":
        return LOSSES["ppo"](model, other, batch, setting, before or [])
    if setting.objective != "sft":
        return LOSSES[setting.objective](model, other, batch, setting), None
    with autocast_of(setting) as cast, rotary_outside(model, cast):
        positions = {} if batch.positions is None else {"position_ids": batch.positions}
        out = model(input_ids=batch.ids, attention_mask=batch.mask, labels=batch.labels, use_cache=False, **positions)
    if setting.kept == "none":
        return out.loss, None
    if setting.kept == "output_fp32":
        out.logits = out.logits.float()
    return out.loss, out


@contextlib.contextmanager
def rotary_outside(model, cast):
    """Rotary tables are computed with autocast off: the model files ask for that by device type, which meta is not."""
    import sys

    base = model.get_base_model() if hasattr(model, "get_base_model") else model
    module = sys.modules[type(base).__module__]
    if not isinstance(cast, Autocast) or not hasattr(module, "maybe_autocast"):
        yield
        return
    known = module.maybe_autocast
    module.maybe_autocast = lambda device_type, dtype=None, enabled=True, **rest: contextlib.nullcontext() if enabled else cast.disabled()
    try:
        yield
    finally:
        module.maybe_autocast = known


def saved_by(model, other, layers, batch, setting):
    saved = SavedStorages(model, layers)
    with saved.counting():
        loss, _ = forward(model, other, batch, setting)
    layers = saved.per_layer()
    del loss
    return layers


OPTIMIZERS = {"torch-adamw": torch.optim.AdamW, "torch-sgd": torch.optim.SGD}


class StepsInBackward:
    """An optimizer of its own for each parameter, which steps when the gradient is there and drops it."""

    def __init__(self, parameters, make):
        for parameter in parameters:
            parameter.register_post_accumulate_grad_hook(functools.partial(self.use, make([parameter])))

    @staticmethod
    def use(optimizer, parameter):
        optimizer.step()
        optimizer.zero_grad()

    def step(self):
        pass

    def zero_grad(self, set_to_none):
        pass


def optimizer_of(models, setting):
    trained = [p for model in models for p in model.parameters() if p.requires_grad]
    way = {"foreach": {"foreach": True}, "for_loop": {"foreach": False}, "fused": {"fused": True}}[setting.optimizer["implementation"]]
    options = {"momentum": 0.9} if "momentum" in setting.optimizer.get("options", []) else {}
    make = functools.partial(OPTIMIZERS[setting.optimizer["id"]], **way, **options)
    return StepsInBackward(trained, make) if setting.steps_in_backward else make(trained)


def step(live, model, other, optimizer, batch, setting):
    """Bytes of the seven moments of the last micro batch and its optimizer step, and bytes alive from forward to backward."""
    kept, left = None, []
    for number in range(setting.micro_batches):
        before = live.alive()
        live.restart()
        loss, kept = forward(model, other, batch, setting, left)
        left = []
        forward_peak, at_loss = live.peak, live.alive()
        saved = at_loss - before - (kept.logits.untyped_storage().nbytes() if hasattr(kept, "logits") else 0)
        live.restart()
        live.in_backward = True
        loss.backward()
        live.in_backward = False
        backward_peak = live.peak
        del loss
        if setting.objective != "ppo":
            kept = None
        elif number + 1 < setting.micro_batches:
            ppo_report(kept)
            left = kept
    end = live.alive()
    live.restart()
    optimizer.step()
    stepped = live.peak
    optimizer.zero_grad(set_to_none=True)
    return [before, forward_peak, at_loss, backward_peak, end, stepped, live.alive() if kept is None else reported(live, kept)], saved


def reported(live, kept):
    live.restart()
    ppo_report(kept)
    return live.peak


def measure(request):
    setting = Setting(request)
    model, layers, packed = prepared(request, setting)
    batch, other = Batch(setting), other_model(request, setting)
    beside = [*([] if other is None else [other]), *standing_models(request, setting)]
    standing = [*packed, *(tensor for one in beside for tensor in (*one.parameters(), *one.buffers()))]
    trained = [model, other] if setting.objective == "ppo" else [model]
    if setting.objective == "ppo":
        without_dropout(model)
    live = LiveStorages(counted=[*model.parameters(), *model.buffers(), *standing, *batch.tensors()])
    with kernels_of(setting), device_checks_passed():
        with products_of(setting, LiveStorages()):  # apart: under hooks some of it stays for good
            layer_bytes = saved_by(model, other, layers, batch, setting)
        optimizer = optimizer_of(trained, setting)
        with products_of(setting, live), live:
            first, _ = step(live, model, other, optimizer, batch, setting)
            later, saved = step(live, model, other, optimizer, batch, setting)
    return {"layers": layer_bytes, "saved": saved, "moments": {name: list(pair) for name, pair in zip(MOMENTS, zip(first, later))}}
