"""Which attention runs, and why: `flash_attention` and `explain_backend`."""

import inspect
import warnings
from functools import cache
from typing import Literal, NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from course_utils.attention.masks import Align
from course_utils.flash import lab
from course_utils.flash.arguments import check_mask, checked
from course_utils.flash.autograd import tiled_attention
from course_utils.flash.ops import flash_forward
from course_utils.flash.sdpa import sdpa_attention
from course_utils.flash.visibility import Visibility

Backend = Literal["auto", "triton", "sdpa", "tiled"]
TRITON_DTYPES = (torch.float16, torch.bfloat16, torch.float32)


class Choice(NamedTuple):
    """A backend, and the reason for it."""

    backend: str
    reason: str


def flash_attention(
    query: Float[Tensor, "batch heads query dim"],
    key: Float[Tensor, "batch kv_heads key dim"],
    value: Float[Tensor, "batch kv_heads key dim_v"],
    attn_mask: Bool[Tensor, "..."] | Float[Tensor, "..."] | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
    *,
    causal_align: Align = "top-left",
    window: int | None = None,
    key_lengths: Int[Tensor, " batch"] | None = None,
    return_lse: bool = False,
    backend: Backend = "auto",
) -> (
    Float[Tensor, "batch heads query dim_v"]
    | tuple[Float[Tensor, "..."], Float[Tensor, "batch heads query"]]
):
    """softmax(scale · Q Kᵀ) V without the matrix of weights, where that is possible.

    The positional arguments are those of `scaled_dot_product_attention`, and so is
    the causal order: top-left unless `causal_align` says "bottom-right". `window`
    hides keys more than so many places back, `key_lengths` those after each
    sequence's end. With `return_lse` returns (output, log-sum-exp of the scores),
    both differentiable. A query that sees no key gets output 0, log-sum-exp −inf
    and gradient 0. `explain_backend` says what runs.
    Raises TypeError for dtypes and ValueError for shapes, devices and options that
    do not fit. Source: FlashAttention-2, Dao 2023.
    """
    visible, scale, choice = _plan(
        query, key, value, attn_mask, dropout_p, is_causal, scale, enable_gqa,
        causal_align, window, key_lengths, return_lse, backend,
    )  # fmt: skip
    old = query.is_cuda and _no_triton(query.device, query.dtype)
    gives_way = backend not in ("auto", choice.backend) or (backend == "auto" and old)
    if gives_way and not torch.compiler.is_compiling():
        _say_once(
            f"backend {backend!r} gives way to {choice.backend!r}: {choice.reason}"
        )
    if choice.backend == "triton":
        output, lse = flash_forward(
            query, key, value, key_lengths,
            visible.is_causal, visible.shift, window, scale,
        )  # fmt: skip
        return (output, lse) if return_lse else output
    if choice.backend == "sdpa":
        return sdpa_attention(
            query, key, value, visible,
            attn_mask=attn_mask, dropout_p=dropout_p, scale=scale,
            enable_gqa=enable_gqa, return_lse=return_lse,
        )  # fmt: skip
    return tiled_attention(
        query, key, value,
        is_causal=is_causal, scale=scale, enable_gqa=enable_gqa,
        causal_align=causal_align, window=window, key_lengths=key_lengths,
        return_lse=return_lse,
    )  # fmt: skip


def explain_backend(*args, **kwargs) -> Choice:
    """Which backend `flash_attention` takes for these arguments, and why.

    Takes what `flash_attention` takes and raises what it raises; computes nothing.
    """
    bound = inspect.signature(flash_attention).bind(*args, **kwargs)
    bound.apply_defaults()
    return _plan(**bound.arguments)[2]


def _plan(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None,
    dropout_p: float,
    is_causal: bool,
    scale: float | None,
    enable_gqa: bool,
    causal_align: Align,
    window: int | None,
    key_lengths: Tensor | None,
    return_lse: bool,
    backend: Backend,
) -> tuple[Visibility, float, Choice]:
    if backend not in ("auto", "triton", "sdpa", "tiled"):
        raise ValueError(
            f"backend is {backend!r}; expected 'auto', 'triton', 'sdpa' or 'tiled'"
        )
    if not 0.0 <= dropout_p <= 1.0:
        raise ValueError(f"dropout_p is {dropout_p}; expected 0 to 1")
    visible, scale = checked(
        query, key, value,
        is_causal=is_causal, scale=scale, enable_gqa=enable_gqa,
        causal_align=causal_align, window=window, key_lengths=key_lengths,
    )  # fmt: skip
    masked = attn_mask is not None
    if masked:
        check_mask(attn_mask, query, key)
    against_tiled = _only_sdpa(masked, dropout_p)
    against_triton = (
        against_tiled
        or _unsupported(query.dtype, query.shape[-1], value.shape[-1], scale)
        or _no_triton(query.device, query.dtype)
    )
    if backend == "triton" and not against_triton:
        return visible, scale, Choice("triton", "asked for")
    if backend == "tiled" and not against_tiled:
        return visible, scale, Choice("tiled", "asked for")
    if backend == "sdpa":
        return visible, scale, Choice("sdpa", "asked for")
    if backend == "auto" and not against_triton and query.device.type == "cpu":
        against_triton = "Triton's interpreter is slow; ask for it by name"
    if not against_triton:
        return visible, scale, Choice("triton", "the GPU and all options suit it")
    if return_lse and not against_tiled:
        reason = f"{against_triton}; PyTorch's attention gives no log-sum-exp"
        return visible, scale, Choice("tiled", reason)
    return visible, scale, Choice("sdpa", against_tiled or against_triton)


def _only_sdpa(masked: bool, dropout_p: float) -> str:
    """Why only PyTorch's attention can do it, or nothing."""
    if masked:
        return "an arbitrary attn_mask needs PyTorch's attention"
    if dropout_p > 0:
        return f"dropout_p is {dropout_p}, which needs PyTorch's attention"
    return ""


def _unsupported(
    dtype: torch.dtype, head_dim: int, value_dim: int, scale: float
) -> str:
    """What the kernels do not do on any device, or nothing."""
    if dtype not in TRITON_DTYPES:
        return f"the kernels have no {dtype}"
    if value_dim != head_dim:
        return f"value has head_dim {value_dim} but query has {head_dim}"
    if scale <= 0:
        return f"scale is {scale}; the kernels need more than 0"
    return ""


def _no_triton(device: torch.device, dtype: torch.dtype) -> str:
    """Why no kernel can run on this device, or nothing."""
    if not lab.HAS_TRITON:
        return "Triton is not installed; its wheels exist for Linux only"
    if device.type == "cpu":
        if not lab.interpreting():
            return "the tensors are on a CPU, and Triton's interpreter was not started"
        if dtype == torch.bfloat16:
            return "Triton's interpreter computes bfloat16 wrongly"
        return ""
    if device.type != "cuda" or torch.version.cuda is None:
        return f"the kernels run on NVIDIA GPUs; the tensors are on {device.type}"
    capability = torch.cuda.get_device_capability(device)
    if capability < (8, 0):
        return f"compute capability is {capability[0]}.{capability[1]}, below 8.0"
    return ""


@cache
def _say_once(message: str) -> None:
    warnings.warn(message, RuntimeWarning, stacklevel=3)
