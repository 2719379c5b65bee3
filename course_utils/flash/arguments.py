"""What may be asked of attention: checked once, for every backend."""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor

from course_utils.attention.masks import Align
from course_utils.flash.visibility import Visibility

LARGEST_HEAD_DIM = 256


def checked(
    query: Float[Tensor, "batch heads query dim"],
    key: Float[Tensor, "batch kv_heads key dim"],
    value: Float[Tensor, "batch kv_heads key dim_v"],
    *,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
    causal_align: Align = "top-left",
    window: int | None = None,
    key_lengths: Int[Tensor, " batch"] | None = None,
) -> tuple[Visibility, float]:
    """The visibility and the scale of a call, 1/√head_dim unless given.

    Raises TypeError for dtypes and ValueError for shapes, devices and options that
    do not fit; the message names what came and what was expected.
    """
    _check_tensors(query, key, value)
    _check_shapes(query, key, value, enable_gqa)
    if causal_align not in ("top-left", "bottom-right"):
        raise ValueError(
            f"causal_align is {causal_align!r}; expected 'top-left' or 'bottom-right'"
        )
    if window is not None and window < 0:
        raise ValueError(f"window is {window}; expected 0 or more")
    if scale is not None and not math.isfinite(scale):
        raise ValueError(f"scale is {scale}; expected a finite number")
    n_query, n_key = query.shape[-2], key.shape[-2]
    if key_lengths is not None:
        _check_lengths(key_lengths, query, n_key)
    scale = 1 / math.sqrt(query.shape[-1]) if scale is None else float(scale)
    visible = Visibility(
        n_query, n_key, bool(is_causal), causal_align, window, key_lengths
    )
    return visible, scale


def _check_tensors(query: Tensor, key: Tensor, value: Tensor) -> None:
    for name, x in (("query", query), ("key", key), ("value", value)):
        if not isinstance(x, Tensor):
            raise TypeError(f"{name} is {type(x).__name__}; expected torch.Tensor")
        if not x.is_floating_point():
            raise TypeError(f"{name} has dtype {x.dtype}; expected a floating dtype")
        if x.ndim != 4:
            raise ValueError(
                f"{name} has shape {tuple(x.shape)}; "
                "expected (batch, heads, length, head_dim)"
            )
        if x.numel() == 0:
            raise ValueError(
                f"{name} has shape {tuple(x.shape)}; expected no size of 0"
            )
        if x.dtype != query.dtype:
            raise TypeError(f"{name} has dtype {x.dtype} but query has {query.dtype}")
        if x.device != query.device:
            raise ValueError(f"{name} is on {x.device} but query is on {query.device}")


def _check_shapes(query: Tensor, key: Tensor, value: Tensor, enable_gqa: bool) -> None:
    heads, kv_heads = query.shape[1], key.shape[1]
    for name, x in (("key", key), ("value", value)):
        if x.shape[0] != query.shape[0]:
            raise ValueError(
                f"{name} has batch {x.shape[0]} but query has {query.shape[0]}"
            )
    if key.shape[-1] != query.shape[-1]:
        raise ValueError(
            f"key has head_dim {key.shape[-1]} but query has {query.shape[-1]}"
        )
    if value.shape[-2] != key.shape[-2]:
        raise ValueError(
            f"value has length {value.shape[-2]} but key has {key.shape[-2]}"
        )
    if value.shape[1] != kv_heads:
        raise ValueError(f"value has {value.shape[1]} heads but key has {kv_heads}")
    if heads % kv_heads:
        raise ValueError(
            f"query has {heads} heads and key has {kv_heads}; expected a multiple"
        )
    if heads != kv_heads and not enable_gqa:
        raise ValueError(
            f"query has {heads} heads and key has {kv_heads}; "
            "heads may differ only with enable_gqa=True"
        )
    for name, x in (("query", query), ("value", value)):
        if x.shape[-1] > LARGEST_HEAD_DIM:
            raise ValueError(
                f"{name} has head_dim {x.shape[-1]}; "
                f"expected {LARGEST_HEAD_DIM} at most"
            )


def _check_lengths(key_lengths: Tensor, query: Tensor, n_key: int) -> None:
    if key_lengths.dtype not in (torch.int32, torch.int64):
        raise TypeError(
            f"key_lengths has dtype {key_lengths.dtype}; expected int32 or int64"
        )
    if key_lengths.shape != query.shape[:1]:
        raise ValueError(
            f"key_lengths has shape {tuple(key_lengths.shape)}; "
            f"expected ({query.shape[0]},), one for each sequence of the batch"
        )
    if key_lengths.device != query.device:
        raise ValueError(
            f"key_lengths is on {key_lengths.device} but query is on {query.device}"
        )
    # a compiler sees no numbers; the kernels stay inside the tensors all the same
    if torch.compiler.is_compiling():
        return
    if bool(((key_lengths < 0) | (key_lengths > n_key)).any()):
        raise ValueError(
            f"key_lengths are {key_lengths.tolist()}; expected each within 0…{n_key}"
        )


def check_mask(attn_mask: Tensor, query: Tensor, key: Tensor) -> None:
    """Raises TypeError or ValueError where PyTorch's attention cannot take the mask."""
    if attn_mask.dtype not in (torch.bool, query.dtype):
        raise TypeError(
            f"attn_mask has dtype {attn_mask.dtype}; expected torch.bool or the "
            f"query's {query.dtype}"
        )
    if attn_mask.device != query.device:
        raise ValueError(
            f"attn_mask is on {attn_mask.device} but query is on {query.device}"
        )
    target = (*query.shape[:3], key.shape[2])
    tail = target[len(target) - attn_mask.ndim :]
    if attn_mask.ndim > 4 or any(
        size not in (1, full) for size, full in zip(attn_mask.shape, tail, strict=True)
    ):
        raise ValueError(
            f"attn_mask has shape {tuple(attn_mask.shape)}, which does not broadcast "
            f"to {target}, (batch, heads, query, key)"
        )
