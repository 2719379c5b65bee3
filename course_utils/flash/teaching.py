# ruff: noqa: N803 (constants of the compiler stand in capitals, as in all of Triton)
"""The tiled algorithm as one Triton kernel: forward, without any extras.

Compare it with `tiled_forward` line by line: one program computes one tile of
queries of one head; the loop over the queries' tiles has become the grid.
"""

import math

import torch
import triton
import triton.language as tl
from jaxtyping import Float
from torch import Tensor


@triton.jit
def teaching_kernel(
    query, key, value, output, n_query, n_key, scale,
    HEAD_DIM: tl.constexpr, BLOCK_DIM: tl.constexpr,
    BLOCK_QUERY: tl.constexpr, BLOCK_KEY: tl.constexpr, IS_CAUSAL: tl.constexpr,
):  # fmt: skip
    # which tile, of which head, is mine?
    tile, head = tl.program_id(0), tl.program_id(1)
    rows = tile * BLOCK_QUERY + tl.arange(0, BLOCK_QUERY)
    dims = tl.arange(0, BLOCK_DIM)  # a power of two, at least head_dim

    # load my queries; what lies outside the tensor reads as 0
    at_rows = (head * n_query + rows[:, None]) * HEAD_DIM + dims[None, :]
    row_inside = (rows[:, None] < n_query) & (dims[None, :] < HEAD_DIM)
    q = tl.load(query + at_rows, mask=row_inside, other=0.0)

    # m: largest score so far; total: Σ exp(s − m); acc: Σ exp(s − m) v
    m = tl.full([BLOCK_QUERY], float("-inf"), tl.float32)
    total = tl.zeros([BLOCK_QUERY], tl.float32)
    acc = tl.zeros([BLOCK_QUERY, BLOCK_DIM], tl.float32)

    # a causal tile needs no key after its last query
    stop = n_key
    if IS_CAUSAL:
        stop = tl.minimum(n_key, (tile + 1) * BLOCK_QUERY)

    for start in range(0, stop, BLOCK_KEY):
        keys = start + tl.arange(0, BLOCK_KEY)
        at_keys = (head * n_key + keys[:, None]) * HEAD_DIM + dims[None, :]
        key_inside = (keys[:, None] < n_key) & (dims[None, :] < HEAD_DIM)
        k = tl.load(key + at_keys, mask=key_inside, other=0.0)
        v = tl.load(value + at_keys, mask=key_inside, other=0.0)

        # S = scale · Q Kᵀ, −inf where there is no key or it comes later
        s = tl.dot(q, tl.trans(k), input_precision="ieee") * scale
        s = tl.where(keys[None, :] < n_key, s, float("-inf"))
        if IS_CAUSAL:
            s = tl.where(keys[None, :] <= rows[:, None], s, float("-inf"))

        # m' = max(m, max S);  P = exp(S − m');  old sums shrink by exp(m − m')
        m_new = tl.maximum(m, tl.max(s, 1))
        p = tl.exp(s - m_new[:, None])
        rescale = tl.exp(m - m_new)
        total = rescale * total + tl.sum(p, 1)
        acc = rescale[:, None] * acc
        acc = tl.dot(p.to(v.dtype), v, acc, input_precision="ieee")
        m = m_new

    # O = acc / total: each row's weights sum to one
    o = acc / total[:, None]
    tl.store(output + at_rows, o.to(q.dtype), mask=row_inside)


def teaching_attention(
    query: Float[Tensor, "batch heads query dim"],
    key: Float[Tensor, "batch heads key dim"],
    value: Float[Tensor, "batch heads key dim"],
    *,
    is_causal: bool = False,
    block_query: int = 16,
    block_key: int = 16,
) -> Float[Tensor, "batch heads query dim"]:
    """Attention by `teaching_kernel`; blocks are powers of two, 16 or more.

    Runs on a GPU, or anywhere in Triton's interpreter (`lab.start_interpreter`).
    Raises ValueError for shapes and blocks that do not fit.
    Source: FlashAttention-2, Dao 2023, algorithm 1.
    """
    batch, heads, n_query, dim = query.shape
    expected = (batch, heads, key.shape[2], dim)
    for name, x in (("key", key), ("value", value)):
        if tuple(x.shape) != expected:
            raise ValueError(
                f"{name} has shape {tuple(x.shape)}; expected {expected}, "
                "the query's but for the length"
            )
    for name, block in (("block_query", block_query), ("block_key", block_key)):
        if block < 16 or block & (block - 1):
            raise ValueError(f"{name} is {block}; expected a power of two from 16 on")
    query, key, value = query.contiguous(), key.contiguous(), value.contiguous()
    output = torch.empty_like(query)
    teaching_kernel[(triton.cdiv(n_query, block_query), batch * heads)](
        query, key, value, output, n_query, key.shape[2], 1 / math.sqrt(dim),
        HEAD_DIM=dim, BLOCK_DIM=max(16, triton.next_power_of_2(dim)),
        BLOCK_QUERY=block_query, BLOCK_KEY=block_key, IS_CAUSAL=is_causal,
    )  # fmt: skip
    return output
