# ruff: noqa: N803 (constants of the compiler stand in capitals, as in all of Triton)
"""The forward kernel for Hopper: tiles fetched by hardware, warps that specialise.

Some warps only fetch the next tiles (TMA descriptors), the others only multiply. The
compiler arranges that for a single loop without branches, so every tile is masked;
an `if` here or eight warps would turn it off without a word.
"""

import triton
import triton.language as tl

from course_utils.flash.pieces import LN2, LOG2E


@triton.jit(do_not_specialize=["n_query", "n_key", "shift"])
def hopper_kernel(
    query, key, value, output, lse,
    stride_qb, stride_qh, stride_qn, stride_kb, stride_kh, stride_kn,
    stride_vb, stride_vh, stride_vn, stride_ob, stride_oh, stride_on,
    heads, group, n_query, n_key, shift, scale,
    HEAD_DIM: tl.constexpr, BLOCK_QUERY: tl.constexpr, BLOCK_KEY: tl.constexpr,
    IS_CAUSAL: tl.constexpr,
):  # fmt: skip
    """One tile of queries of one head; numbers along the dims lie side by side."""
    tiles = tl.cdiv(n_query, BLOCK_QUERY)
    index = tl.cast(tl.program_id(0) // tiles, tl.int64)
    tile = tiles - 1 - tl.program_id(0) % tiles  # causal: the longest rows first
    batch, head = index // heads, index % heads
    kv_head = head // group
    rows = tile * BLOCK_QUERY + tl.arange(0, BLOCK_QUERY)
    columns = tl.arange(0, BLOCK_KEY)
    # one head as the hardware sees it; what lies outside reads as 0
    query_head = tl.make_tensor_descriptor(
        query + batch * stride_qb + head * stride_qh,
        shape=[n_query, HEAD_DIM], strides=[stride_qn, 1],
        block_shape=[BLOCK_QUERY, HEAD_DIM],
    )  # fmt: skip
    key_head = tl.make_tensor_descriptor(
        key + batch * stride_kb + kv_head * stride_kh,
        shape=[n_key, HEAD_DIM], strides=[stride_kn, 1],
        block_shape=[BLOCK_KEY, HEAD_DIM],
    )  # fmt: skip
    value_head = tl.make_tensor_descriptor(
        value + batch * stride_vb + kv_head * stride_vh,
        shape=[n_key, HEAD_DIM], strides=[stride_vn, 1],
        block_shape=[BLOCK_KEY, HEAD_DIM],
    )  # fmt: skip
    q = query_head.load([tile * BLOCK_QUERY, 0])
    m = tl.full([BLOCK_QUERY], float("-inf"), tl.float32)
    total = tl.zeros([BLOCK_QUERY], tl.float32)
    acc = tl.zeros([BLOCK_QUERY, HEAD_DIM], tl.float32)
    scale_log2 = scale * LOG2E
    stop = n_key
    if IS_CAUSAL:
        rows_stop = tl.minimum((tile + 1) * BLOCK_QUERY, n_query)
        stop = tl.minimum(n_key, tl.maximum(0, rows_stop + shift))

    for start in tl.range(0, stop, BLOCK_KEY, warp_specialize=True):
        k = key_head.load([start, 0])
        # S = Q Kᵀ, −inf where a query may not look
        s = tl.dot(q, tl.trans(k))
        keys = start + columns
        seen = (keys < n_key)[None, :]
        if IS_CAUSAL:
            seen = seen & (keys[None, :] <= rows[:, None] + shift)
        s = tl.where(seen, s, float("-inf"))
        # m' = max(m, scale · max S), in powers of 2; −inf − −inf would be NaN
        m_new = tl.maximum(m, tl.max(s, 1) * scale_log2)
        m_safe = tl.where(m_new == float("-inf"), 0.0, m_new)
        # P = exp(scale · S − m'),  ℓ = e^(m − m') ℓ + Σ P,  O = e^(m − m') O + P V
        p = tl.exp2(s * scale_log2 - m_safe[:, None])
        rescale = tl.exp2(m - m_safe)
        total = rescale * total + tl.sum(p, 1)
        v = value_head.load([start, 0])
        acc = tl.dot(p.to(v.dtype), v, rescale[:, None] * acc)
        m = m_new

    # O / ℓ, and L = m + ln ℓ; a row that saw nothing gets 0 and −inf
    empty = total == 0.0
    total = tl.where(empty, 1.0, total)
    row_lse = tl.where(empty, float("-inf"), (m + tl.log2(total)) * LN2)
    inside = rows < n_query
    tl.store(lse + index * n_query + rows, row_lse, mask=inside)
    dims = tl.arange(0, HEAD_DIM).to(tl.int64)
    output += batch * stride_ob + head * stride_oh
    at = output + rows.to(tl.int64)[:, None] * stride_on + dims[None, :]
    o = acc / total[:, None]
    tl.store(at, o.to(output.dtype.element_ty), mask=inside[:, None])
