"""What torch decides by device, decided here as CUDA decides it, for models on the meta device.

CudaKernels  scaled_dot_product_attention takes the kernel that CUDA would, and dropout is the fused operator with its mask of bool.
Autocast     a context of torch.autocast("cuda"): casts by operator list, and one cached copy of each weight.
device_checks_passed  lets torch.optim take `fused=True`, and does without looking at values for packed sequences, of which there are none.
"""

import contextlib
import math

import torch
from torch.nn import functional
from torch.overrides import TorchFunctionMode

aten = torch.ops.aten
HALVES = (torch.float16, torch.bfloat16)


def bias_of(mask, query, key):
    """A mask of bool becomes an additive bias whose rows are padded to 16 elements, as the memory-efficient kernel asks."""
    if mask.dtype == torch.bool:
        mask = aten.zeros_like(mask, dtype=query.dtype).masked_fill_(mask.logical_not(), -math.inf)
    keys = mask.shape[-1]
    if keys % 16:
        mask = functional.pad(mask, (0, -keys % 16))[..., :keys]
    return mask.expand(query.shape[0], query.shape[1], query.shape[2], key.shape[2])


def flash(query, key, value, dropout, causal, scale):
    width = query.shape[-1]
    missing = -width % 8
    if missing:
        query, key, value = (functional.pad(t, (0, missing)) for t in (query, key, value))
    scale = scale if scale is not None else 1 / math.sqrt(width)
    out = aten._scaled_dot_product_flash_attention(query, key, value, dropout, causal, False, scale=scale)[0]
    return out[..., :width] if missing else out


def attend(query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False, scale=None, enable_gqa=False, math_only=False):
    """Flash without a mask in 16 bit with equal head widths up to 256, else memory-efficient."""
    if math_only:
        return aten._scaled_dot_product_attention_math(query, key, value, attn_mask, dropout_p, is_causal, None, scale=scale, enable_gqa=enable_gqa)[0]
    width = query.shape[-1]
    if attn_mask is None and query.dtype in HALVES and width == key.shape[-1] == value.shape[-1] and width <= 256:
        return flash(query, key, value, dropout_p, is_causal, scale)
    bias = None if attn_mask is None else bias_of(attn_mask, query, key)
    return aten._scaled_dot_product_efficient_attention(query, key, value, bias, True, dropout_p, is_causal, scale=scale)[0]


class CudaKernels(TorchFunctionMode):
    def __init__(self, math_only=False):
        super().__init__()
        self.math_only = math_only

    def __torch_function__(self, function, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if function is functional.scaled_dot_product_attention:
            with torch._C.DisableTorchFunctionSubclass():
                return attend(*args, **kwargs, math_only=self.math_only)
        if function is functional.dropout:
            return self.dropout(*args, **kwargs)
        return function(*args, **kwargs)

    @staticmethod
    def dropout(tensor, p=0.5, training=True, inplace=False):
        return torch.native_dropout(tensor, p, True)[0] if training and p > 0 else tensor


# The lists of torch/csrc/autocast_mode.h, as far as decoders call them.
LOWER = {
    functional.linear, torch.matmul, torch.Tensor.matmul, torch.Tensor.__matmul__, torch.bmm, torch.Tensor.bmm, torch.baddbmm,
    torch.mm, torch.addmm, torch.einsum, functional.scaled_dot_product_attention,
}
FP32 = {
    torch.rsqrt, torch.Tensor.rsqrt, torch.pow, torch.Tensor.pow, torch.Tensor.__pow__, torch.exp, torch.Tensor.exp, torch.log,
    functional.layer_norm, functional.softplus, torch.reciprocal,
}
FP32_UNLESS_ASKED = {
    functional.softmax, torch.softmax, torch.Tensor.softmax, functional.log_softmax, torch.sum, torch.Tensor.sum, torch.cumsum,
    torch.Tensor.cumsum, functional.cross_entropy,
}
WIDEST = {torch.cat, torch.stack, torch.Tensor.scatter_add, torch.Tensor.index_put}


class Autocast(TorchFunctionMode):
    """Entered for a forward pass; `weights` is its cache, gone when the context closes."""

    def __init__(self, dtype=torch.bfloat16):
        super().__init__()
        self.dtype = dtype
        self.weights = {}
        self.off = 0

    def __exit__(self, *details):
        self.weights.clear()
        return super().__exit__(*details)

    def cast(self, value, dtype):
        if isinstance(value, (list, tuple)):
            return type(value)(self.cast(v, dtype) for v in value)
        if not isinstance(value, torch.Tensor) or not value.is_floating_point() or value.dtype in (dtype, torch.float64):
            return value
        if dtype is not self.dtype or not (value.requires_grad and value.is_leaf and value.dtype == torch.float32):
            return value.to(dtype)
        if id(value) not in self.weights:
            self.weights[id(value)] = value.to(dtype)
        return self.weights[id(value)]

    def dtype_for(self, function, args, kwargs):
        if function in LOWER:
            return self.dtype
        if function in FP32 or (function in FP32_UNLESS_ASKED and kwargs.get("dtype") is None):
            return torch.float32
        if function in WIDEST:
            tensors = [t for a in args for t in (a if isinstance(a, (list, tuple)) else [a]) if isinstance(t, torch.Tensor) and t.is_floating_point()]
            return torch.float32 if any(t.dtype == torch.float32 for t in tensors) else None
        return None

    def __torch_function__(self, function, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        dtype = None if self.off else self.dtype_for(function, args, kwargs)
        if dtype is not None:
            args = tuple(self.cast(a, dtype) for a in args)
            kwargs = {name: self.cast(value, dtype) for name, value in kwargs.items()}
        return function(*args, **kwargs)

    @contextlib.contextmanager
    def disabled(self):
        self.off += 1
        try:
            yield
        finally:
            self.off -= 1


@contextlib.contextmanager
def device_checks_passed():
    import torch.optim.optimizer as optimizer
    from transformers import masking_utils

    devices, packed = optimizer._get_fused_kernels_supported_devices, masking_utils.find_packed_sequence_indices
    optimizer._get_fused_kernels_supported_devices = lambda: [*devices(), "meta"]
    masking_utils.find_packed_sequence_indices = lambda position_ids: None
    try:
        yield
    finally:
        optimizer._get_fused_kernels_supported_devices, masking_utils.find_packed_sequence_indices = devices, packed
