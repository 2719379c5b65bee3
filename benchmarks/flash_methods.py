"""The ways to attend that are compared, and where each of them is not to be had."""

from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.attention.flex_attention import create_block_mask, flex_attention
from torch.nn.functional import scaled_dot_product_attention

from course_utils.flash import explain_backend, flash_attention


class Shape(NamedTuple):
    """One self-attention."""

    batch: int
    heads: int
    length: int
    dim: int
    causal: bool

    @property
    def forward_flops(self) -> float:
        """Two products of N × N × d, each 2 operations; half of them if causal."""
        whole = 4 * self.batch * self.heads * self.length**2 * self.dim
        return whole / 2 if self.causal else whole


class Method(NamedTuple):
    """A name, and what makes its function of (query, key, value) for a shape."""

    name: str
    make: Callable[[Shape], Callable[..., Tensor]]


def naive(query: Tensor, key: Tensor, value: Tensor, *, causal: bool) -> Tensor:
    """The whole matrix, in the inputs' dtype."""
    scores = query @ key.mT * query.shape[-1] ** -0.5
    if causal:
        later = torch.ones(scores.shape[-2:], dtype=torch.bool, device=query.device)
        scores = scores.masked_fill(later.triu(1), -torch.inf)
    return scores.softmax(-1) @ value


def _flash(backend: str, shape: Shape) -> Callable[..., Tensor]:
    return partial(flash_attention, is_causal=shape.causal, backend=backend)


def _sdpa(kernel: SDPBackend | None, shape: Shape) -> Callable[..., Tensor]:
    def attend(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        with nullcontext() if kernel is None else sdpa_kernel(kernel):
            return scaled_dot_product_attention(
                query, key, value, is_causal=shape.causal
            )

    return attend


def _flex(shape: Shape) -> Callable[..., Tensor]:
    mask = None
    if shape.causal:
        mask = create_block_mask(
            lambda b, h, i, j: j <= i, None, None, shape.length, shape.length
        )
    return partial(torch.compile(flex_attention), block_mask=mask)


def _naive(shape: Shape) -> Callable[..., Tensor]:
    return partial(naive, causal=shape.causal)


METHODS = {
    "cpu": [
        Method("tiled", partial(_flash, "tiled")),
        Method("SDPA", partial(_sdpa, None)),
        Method("naive", _naive),
    ],
    "cuda": [
        Method("ours", partial(_flash, "triton")),
        Method("SDPA FLASH", partial(_sdpa, SDPBackend.FLASH_ATTENTION)),
        Method("SDPA CUDNN", partial(_sdpa, SDPBackend.CUDNN_ATTENTION)),
        Method("FlexAttention", _flex),
        Method("naive", _naive),
    ],
}


def unavailable(method: Method, shape: Shape, device: str) -> str:
    """Why a method cannot be measured here, or nothing."""
    if method.name == "naive":
        matrices = 4 * shape.batch * shape.heads * shape.length**2 * 2
        free = torch.cuda.mem_get_info()[0] if device == "cuda" else 8 * 2**30
        return f"its matrices take {matrices / 2**30:.0f} GiB" * (matrices > free)
    dtype = torch.float32 if device == "cpu" else torch.bfloat16
    query = torch.ones(1, 1, 128, shape.dim, device=device, dtype=dtype)
    if method.name == "ours":
        choice = explain_backend(query, query, query, backend="triton")
        return "" if choice.backend == "triton" else choice.reason
    if method.name in ("SDPA CUDNN", "SDPA FLASH"):
        try:
            method.make(shape)(query, query, query)
        except RuntimeError as error:  # PyTorch's own words say why
            return str(error).splitlines()[0]
    return ""
