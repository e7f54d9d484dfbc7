"""bitsandbytes' linear layers on torch's meta device, multiplying as its CUDA backend does.

A model's nn.Linear are replaced by Transformers' own code; their weights and quantisation states are meta tensors of the shapes that
bitsandbytes gives them. The operators that choose or need a device are taken from the text of bitsandbytes/backends/cuda/ops.py,
whose kernels are left out: they allocate nothing. Two choices depend on what a GPU sees and are made here: a packed weight is read by
the fused kernel for at most four rows of input and dequantised for more, and no input column holds outliers.
"""

import ast
import contextlib
import pathlib

import bitsandbytes
import torch
from bitsandbytes.functional import QuantState
from bitsandbytes.nn import Int8Params, Linear4bit, Linear8bitLt, Params4bit
from torch.utils._python_dispatch import TorchDispatchMode
from transformers import BitsAndBytesConfig
from transformers.integrations.bitsandbytes import replace_with_bnb_linear
from transformers.quantizers.base import get_keys_to_not_convert

library = torch.ops.bitsandbytes
OPERATORS = ["gemm_4bit", "int8_vectorwise_quant", "int8_mm_dequant", "int8_linear_matmul"]


class NoKernels:
    """Stands for the library of kernels."""

    def __getattr__(self, name):
        return lambda *args: None


class NoOutliers(ast.NodeTransformer):
    """A branch that asks what the numbers are is the one without outliers."""

    def visit_If(self, node):
        self.generic_visit(node)
        if ast.unparse(node.test) == "outliers.any()":
            node.test = ast.Constant(False)
        return node


def cuda_operators():
    """The functions of the CUDA backend by the operator they implement, and the helpers they call."""
    path = pathlib.Path(bitsandbytes.__file__).parent / "backends" / "cuda" / "ops.py"
    kept = []
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, (ast.Import, ast.ImportFrom)) and "bitsandbytes" not in (getattr(node, "module", "") or "") and not getattr(node, "level", 0):
            kept.append(node)
        if isinstance(node, ast.FunctionDef):
            for decorator in node.decorator_list:
                text = ast.unparse(decorator)
                if text.startswith("register_kernel("):
                    node.name = text.split("'")[1].removeprefix("bitsandbytes::").replace(".", "_")
            node.decorator_list = []
            kept.append(NoOutliers().visit(node))
    names = {
        "lib": NoKernels(), "_cuda_device_of": lambda tensor: contextlib.nullcontext(), "_get_raw_stream": lambda index: None,
        "_gemm_4bit_use_custom_fn": lambda device, dtype, rows, outputs, inputs: rows <= 4, "_gemm_4bit_custom_max_m": 1536,
        "CUBLAS_Context": type("CUBLAS_Context", (), {"get_instance": staticmethod(lambda: type("", (), {"get_context": lambda self, device: None})())}),
    }
    exec(compile(ast.fix_missing_locations(ast.Module(kept, [])), str(path), "exec"), names)
    return names


class CudaProducts(TorchDispatchMode):
    """Operators of bitsandbytes as its CUDA backend runs them. Entered outside the mode that counts storages."""

    def __init__(self, counting):
        super().__init__()
        self.counting = counting
        functions = cuda_operators()
        self.functions = {getattr(library, name).default: functions[name] for name in OPERATORS}
        self.functions[library.int8_scaled_mm.default] = self.scaled
        self.functions[library.int8_mixed_scaled_mm.default] = self.mixed

    @staticmethod
    def scaled(A, B, row_stats, col_stats, bias=None, dtype=None):
        product = library.int8_linear_matmul.default(A, B)
        return library.int8_mm_dequant.default(product, row_stats, col_stats, dtype=dtype or torch.float16, bias=bias)

    @staticmethod
    def mixed(A, CA, CB, SCA, SCB, outlier_cols=None, bias=None):
        inputs = torch.empty(0, device=A.device, dtype=A.dtype)
        return library.int8_scaled_mm.default(CA, CB, SCA, SCB, bias=bias, dtype=A.dtype), inputs

    def __torch_dispatch__(self, operator, types, args=(), kwargs=None):
        function = self.functions.get(operator)
        if function is None:
            return operator(*args, **(kwargs or {}))
        with self.counting, self:
            return function(*args, **(kwargs or {}))


def meta(shape, dtype):
    return torch.empty(shape, dtype=dtype, device="meta")


def state_of(shape, dtype, quant_type, nested):
    """What quantize_4bit returns beside the packed weight."""
    blocks = -(-shape[0] * shape[1] // 64)
    table = meta([16], torch.float32)
    if not nested:
        return QuantState(meta([blocks], torch.float32), shape, table, 64, quant_type, dtype)
    second = QuantState(meta([-(-blocks // 256)], torch.float32), None, meta([256], torch.float32), 256, None, torch.float32)
    return QuantState(meta([blocks], torch.uint8), shape, table, 64, quant_type, dtype, meta([], torch.float32), second)


def quantise(model, weight_format, dtype):
    """Replaces what Transformers replaces. Returns every tensor that stands for a weight."""
    four_bits = {"bnb_4bit_quant_type": weight_format[:3], "bnb_4bit_use_double_quant": weight_format.endswith("_double_quant"), "bnb_4bit_compute_dtype": dtype}
    config = BitsAndBytesConfig(load_in_8bit=True) if weight_format == "bnb_int8" else BitsAndBytesConfig(load_in_4bit=True, **four_bits)
    replace_with_bnb_linear(model, modules_to_not_convert=get_keys_to_not_convert(model), quantization_config=config)
    held = []
    for module in model.modules():
        shape = torch.Size([getattr(module, "out_features", 0), getattr(module, "in_features", 0)])
        if isinstance(module, Linear4bit):
            state = state_of(shape, dtype, weight_format[:3], weight_format.endswith("_double_quant"))
            packed = meta([-(-shape.numel() // 2), 1], torch.uint8)
            module.weight = Params4bit(packed, quant_state=state, quant_type=weight_format[:3], bnb_quantized=True, module=module)
            held += [packed, state.absmax, state.code, *((state.state2.absmax, state.state2.code, state.offset) if state.nested else ())]
        elif isinstance(module, Linear8bitLt):
            weight, scales = meta(shape, torch.int8), meta([shape[0]], torch.float32)
            module.weight = Int8Params(weight, requires_grad=False, has_fp16_weights=False, CB=weight, SCB=scales)
            held += [weight, scales]
        else:
            continue
        if module.bias is not None:
            module.bias = torch.nn.Parameter(meta([shape[0]], dtype), requires_grad=False)
    return held
