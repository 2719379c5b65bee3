"""When the Hopper kernel runs: where it applies, and where it has proved itself."""

import warnings
from functools import cache

import torch
import triton
from jaxtyping import Float
from torch import Tensor

from course_utils.flash import launch
from course_utils.flash.configs import Tile
from course_utils.flash.hopper import hopper_kernel

TILE = Tile(128, 128, 4, 2)


def suits(query: Tensor, key: Tensor, value: Tensor, plain: bool) -> bool:
    """Whether the kernel does this call: 16 bits, head_dim 64 or 128, causal or not.

    `plain` says that there is neither a window nor key lengths. The hardware fetches
    rows whose numbers lie side by side and that start on a multiple of 16 bytes.
    """
    if not plain or query.dtype == torch.float32 or query.shape[-1] not in (64, 128):
        return False
    return all(
        x.stride(-1) == 1
        and x.data_ptr() % 16 == 0
        and all(s * x.element_size() % 16 == 0 for s in x.stride()[:-1])
        for x in (query, key, value)
    )


def forward(
    query: Float[Tensor, "batch heads query dim"],
    key: Float[Tensor, "batch kv_heads key dim"],
    value: Float[Tensor, "batch kv_heads key dim"],
    is_causal: bool,
    shift: int,
    scale: float,
    tile: Tile = TILE,
) -> tuple[Float[Tensor, "batch heads query dim"], Float[Tensor, "batch heads query"]]:
    """Output and log-sum-exp by `hopper_kernel`; `suits` must hold."""
    batch, heads, n_query, dim = query.shape
    output = torch.empty_like(query)
    lse = query.new_empty(query.shape[:-1], dtype=torch.float32)
    # a descriptor lies in slow memory; Triton asks where
    triton.set_allocator(
        lambda size, alignment, stream: torch.empty(
            size, dtype=torch.int8, device=query.device
        )
    )
    strides = (s for x in (query, key, value, output) for s in x.stride()[:-1])
    with torch.cuda.device_of(query):
        hopper_kernel[(triton.cdiv(n_query, tile.block_query) * batch * heads,)](
            query, key, value, output, lse, *strides,
            heads, heads // key.shape[1], n_query, key.shape[2], shift, scale,
            HEAD_DIM=dim, BLOCK_QUERY=tile.block_query, BLOCK_KEY=tile.block_key,
            IS_CAUSAL=is_causal, num_warps=tile.num_warps, num_stages=tile.num_stages,
        )  # fmt: skip
    return output, lse


@cache
def trusted(device: torch.device, dtype: torch.dtype, dim: int, causal: bool) -> bool:
    """Whether the kernel agrees with `forward_kernel` here, tried once a process.

    A compiler of another version may refuse it, or specialise warps wrongly; then the
    ordinary kernel runs, and a warning says so.
    """
    rng = torch.Generator(device).manual_seed(0)
    query, key, value = (
        torch.randn(1, heads, n, dim, device=device, dtype=dtype, generator=rng)
        for heads, n in ((4, 300), (2, 501), (2, 501))
    )
    true = launch.forward(query, key, value, None, causal, 0, None, 0.1)
    try:
        ours = forward(query, key, value, causal, 0, 0.1)
        torch.cuda.synchronize(device)
        trouble = _difference(ours, true)
    except (RuntimeError, triton.TritonError) as error:
        trouble = str(error).splitlines()[0]
    if trouble:
        warnings.warn(
            f"the Hopper kernel gives way to the ordinary one: {trouble}",
            RuntimeWarning,
            stacklevel=2,
        )
    return not trouble


def _difference(ours: tuple[Tensor, Tensor], true: tuple[Tensor, Tensor]) -> str:
    """In words, if larger than the rounding of 16 bits explains."""
    for name, a, b in zip(("output", "log-sum-exp"), ours, true, strict=True):
        off = (a.float() - b.float()).abs().max().item()
        if not off <= 2e-2 * b.float().abs().max().item():
            return f"its {name} is off by {off:.1e}"
    return ""
