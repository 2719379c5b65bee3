"""FlashAttention-2 in PyTorch: one tile at a time, never the whole matrix.

`memory.load` reads a tile from slow memory, `memory.store` writes one back; all
between them happens in fast memory. What is kept for the whole length, besides
inputs and results, is one number a query: the log-sum-exp of its scores.
Heads are split as (batch, key heads, queries' heads in a group, length, dim).
"""

import math

import torch
from einops import rearrange, reduce
from jaxtyping import Float
from torch import Tensor

from course_utils.flash.traffic import Traffic
from course_utils.flash.visibility import Visibility


def tiled_forward(
    query: Float[Tensor, "batch heads query dim"],
    key: Float[Tensor, "batch kv_heads key dim"],
    value: Float[Tensor, "batch kv_heads key dim_v"],
    visible: Visibility,
    *,
    scale: float,
    block_query: int = 64,
    block_key: int = 64,
    traffic: Traffic | None = None,
) -> tuple[
    Float[Tensor, "batch heads query dim_v"], Float[Tensor, "batch heads query"]
]:
    """Output and log-sum-exp (natural logarithm) of attention, tile by tile.

    A query that sees no key gets output 0 and log-sum-exp −inf. Bytes are counted
    in `traffic`. Source: FlashAttention-2, Dao 2023, algorithm 1.
    """
    memory = Traffic() if traffic is None else traffic
    query, key, value = _by_group(query, key), key.unsqueeze(2), value.unsqueeze(2)
    wide = torch.promote_types(query.dtype, torch.float32)
    output = query.new_empty(*query.shape[:-1], value.shape[-1])
    lse = torch.empty(query.shape[:-1], dtype=wide, device=query.device)
    for rows in visible.query_tiles(block_query):
        q = memory.load("query", query[..., rows, :]).to(wide)
        m = torch.full_like(q[..., 0], -math.inf)  # largest score so far
        total = torch.zeros_like(m)  # Σ exp(s − m) so far
        acc = q.new_zeros(*q.shape[:-1], value.shape[-1])  # Σ exp(s − m) v so far
        for keys in visible.key_tiles(block_key, rows):
            k = memory.load("key", key[..., keys, :]).to(wide)
            v = memory.load("value", value[..., keys, :]).to(wide)
            s = _scores(q, k, scale, visible, rows, keys)
            m_new = torch.maximum(m, s.amax(-1))
            m_safe = m_new.masked_fill(m_new == -math.inf, 0.0)  # −inf − −inf is NaN
            p = torch.exp(s - m_safe[..., None])
            rescale = torch.exp(m - m_safe)  # what was summed under the old maximum
            total = rescale * total + p.sum(-1)
            acc = rescale[..., None] * acc + p @ v
            m = m_new
        divisor = total.masked_fill(total == 0, 1.0)[..., None]
        memory.store("output", output[..., rows, :], acc / divisor)
        memory.store("lse", lse[..., rows], m + total.log())
    return output.flatten(1, 2), lse.flatten(1, 2)


def tiled_backward(
    grad_output: Float[Tensor, "batch heads query dim_v"],
    query: Float[Tensor, "batch heads query dim"],
    key: Float[Tensor, "batch kv_heads key dim"],
    value: Float[Tensor, "batch kv_heads key dim_v"],
    output: Float[Tensor, "batch heads query dim_v"],
    lse: Float[Tensor, "batch heads query"],
    visible: Visibility,
    *,
    grad_lse: Float[Tensor, "batch heads query"] | None = None,
    scale: float,
    block_query: int = 64,
    block_key: int = 64,
    traffic: Traffic | None = None,
) -> tuple[
    Float[Tensor, "batch heads query dim"],
    Float[Tensor, "batch kv_heads key dim"],
    Float[Tensor, "batch kv_heads key dim_v"],
]:
    """Gradients of query, key and value; the weights are computed again, not kept.

    Source: FlashAttention-2, Dao 2023, algorithm 2.
    """
    memory = Traffic() if traffic is None else traffic
    wide, shapes = lse.dtype, (query, key, value)
    # D = Σ dO ∘ O: what the softmax takes off every dP of its row
    delta = (grad_output.to(wide) * output.to(wide)).sum(-1)
    delta = delta if grad_lse is None else delta - grad_lse
    delta, lse = _by_group(delta, key), _by_group(lse, key)
    query, grad_output = _by_group(query, key), _by_group(grad_output, key)
    key, value = key.unsqueeze(2), value.unsqueeze(2)
    grads = [torch.zeros_like(x, dtype=wide) for x in (query, key, value)]
    grad_query, grad_key, grad_value = grads
    for keys in visible.key_tiles(block_key):
        k = memory.load("key", key[..., keys, :]).to(wide)
        v = memory.load("value", value[..., keys, :]).to(wide)
        dk, dv = torch.zeros_like(k), torch.zeros_like(v)
        for rows in visible.query_tiles(block_query, keys):
            q = memory.load("query", query[..., rows, :]).to(wide)
            do = memory.load("grad_output", grad_output[..., rows, :]).to(wide)
            row_lse = memory.load("lse", lse[..., rows])[..., None]
            row_lse = row_lse.masked_fill(
                row_lse == -math.inf, math.inf
            )  # empty: P = 0
            row_delta = memory.load("delta", delta[..., rows])[..., None]
            p = torch.exp(_scores(q, k, scale, visible, rows, keys) - row_lse)
            ds = p * (do @ v.mT - row_delta) * scale  # dS = P ∘ (dP − D)
            dv += reduce(p.mT @ do, "b kv group n d -> b kv 1 n d", "sum")
            dk += reduce(ds.mT @ q, "b kv group n d -> b kv 1 n d", "sum")
            dq = memory.load("grad_query", grad_query[..., rows, :]) + ds @ k
            memory.store("grad_query", grad_query[..., rows, :], dq)
        memory.store("grad_key", grad_key[..., keys, :], dk)
        memory.store("grad_value", grad_value[..., keys, :], dv)
    return tuple(
        grad.flatten(1, 2).to(x.dtype) for grad, x in zip(grads, shapes, strict=True)
    )


def _by_group(x: Tensor, key: Tensor) -> Tensor:
    """Heads of the queries, sorted by the key head they read."""
    return rearrange(x, "b (kv group) ... -> b kv group ...", kv=key.shape[1])


def _scores(
    q: Tensor, k: Tensor, scale: float, visible: Visibility, rows: slice, keys: slice
) -> Tensor:
    """S = scale · Q Kᵀ of one tile, −inf where a query may not look."""
    s = q @ k.mT * scale
    allowed = visible.tile(rows, keys, q.device)
    return s if allowed is None else s.masked_fill(~allowed, -math.inf)
