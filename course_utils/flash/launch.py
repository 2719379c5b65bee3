"""From tensors to kernels: grids, strides, tiles."""

import torch
import triton
from jaxtyping import Float, Int
from torch import Tensor

from course_utils.flash import backward_keys, backward_queries, kernels
from course_utils.flash.configs import Pass, Tile, architecture, tile_for


def forward(
    query: Float[Tensor, "batch heads query dim"],
    key: Float[Tensor, "batch kv_heads key dim"],
    value: Float[Tensor, "batch kv_heads key dim"],
    key_lengths: Int[Tensor, " batch"] | None,
    is_causal: bool,
    shift: int,
    window: int | None,
    scale: float,
) -> tuple[Float[Tensor, "batch heads query dim"], Float[Tensor, "batch heads query"]]:
    """Output and log-sum-exp by `forward_kernel`; the scale is above 0."""
    output = torch.empty_like(query)
    lse = query.new_empty(query.shape[:-1], dtype=torch.float32)
    batch, heads, n_query, _ = query.shape
    tile = _tile("forward", query)
    grid = (triton.cdiv(n_query, tile.block_query) * batch * heads,)
    with torch.cuda.device_of(query):
        kernels.forward_kernel[grid](
            query, key, value, output, lse, key_lengths,
            *query.stride(), *key.stride(), *value.stride(), *output.stride(),
            heads, heads // key.shape[1],
            **_common(query, key, key_lengths, is_causal, shift, window, scale, tile),
        )  # fmt: skip
    return output, lse


def backward(
    grad_output: Float[Tensor, "batch heads query dim"],
    grad_lse: Float[Tensor, "batch heads query"] | None,
    query: Float[Tensor, "batch heads query dim"],
    key: Float[Tensor, "batch kv_heads key dim"],
    value: Float[Tensor, "batch kv_heads key dim"],
    output: Float[Tensor, "batch heads query dim"],
    lse: Float[Tensor, "batch heads query"],
    key_lengths: Int[Tensor, " batch"] | None,
    is_causal: bool,
    shift: int,
    window: int | None,
    scale: float,
) -> tuple[
    Float[Tensor, "batch heads query dim"],
    Float[Tensor, "batch kv_heads key dim"],
    Float[Tensor, "batch kv_heads key dim"],
]:
    """Contiguous gradients of query, key and value, the same in every run."""
    batch, heads, n_query, dim = query.shape
    kv_heads, n_key = key.shape[1:3]
    group = heads // kv_heads
    grads = [x.new_empty(x.shape) for x in (query, key, value)]
    grad_query, grad_key, grad_value = grads
    delta = torch.empty_like(lse)
    strides = (*query.stride(), *key.stride(), *value.stride(), *grad_output.stride())
    options = (query, key, key_lengths, is_causal, shift, window, scale)
    with torch.cuda.device_of(query):
        tile = _tile("delta", query)
        backward_queries.delta_kernel[
            (triton.cdiv(n_query, tile.block_query) * batch * heads,)
        ](
            output, grad_output, delta, *output.stride(), *grad_output.stride(),
            heads, n_query, HEAD_DIM=dim, BLOCK_DIM=_block_dim(dim),
            BLOCK_QUERY=tile.block_query,
            num_warps=tile.num_warps, num_stages=tile.num_stages,
        )  # fmt: skip
        if grad_lse is not None:  # L moves with the scores as the weights do
            delta -= grad_lse
        tile = _tile("key_gradient", query)
        backward_keys.key_gradient_kernel[
            (triton.cdiv(n_key, tile.block_key) * batch * kv_heads,)
        ](
            query, key, value, grad_output, lse, delta, grad_key, grad_value,
            key_lengths, *strides, kv_heads, group, **_common(*options, tile),
        )  # fmt: skip
        tile = _tile("query_gradient", query)
        backward_queries.query_gradient_kernel[
            (triton.cdiv(n_query, tile.block_query) * batch * heads,)
        ](
            query, key, value, grad_output, lse, delta, grad_query,
            key_lengths, *strides, heads, group, **_common(*options, tile),
        )  # fmt: skip
    return grad_query, grad_key, grad_value


def _tile(name: Pass, query: Tensor) -> Tile:
    return tile_for(name, query.shape[-1], query.dtype, architecture(query.device))


def _block_dim(dim: int) -> int:
    return max(16, triton.next_power_of_2(dim))


def _common(
    query: Tensor,
    key: Tensor,
    key_lengths: Tensor | None,
    is_causal: bool,
    shift: int,
    window: int | None,
    scale: float,
    tile: Tile,
) -> dict:
    """What the three kernels over tiles of scores take by name."""
    n_query, n_key, dim = query.shape[2], key.shape[2], query.shape[3]
    return {
        "n_query": n_query,
        "n_key": n_key,
        "shift": shift,
        # a window longer than everything is no window; it must not overflow
        "window": 0 if window is None else min(window, n_query + n_key),
        "scale": scale,
        "HEAD_DIM": dim,
        "BLOCK_DIM": _block_dim(dim),
        "BLOCK_QUERY": tile.block_query,
        "BLOCK_KEY": tile.block_key,
        "IS_CAUSAL": is_causal,
        "HAS_WINDOW": window is not None,
        "HAS_LENGTHS": key_lengths is not None,
        "num_warps": tile.num_warps,
        "num_stages": tile.num_stages,
    }
