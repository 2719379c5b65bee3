# ruff: noqa: N803 (constants of the compiler stand in capitals, as in all of Triton)
"""The forward Triton kernel: `teaching_kernel` with everything a model asks for.

Added to the lesson's kernel: any strides, grouped heads, causal order aligned
either way, a window, lengths, the log-sum-exp, exponentials in base 2, and no mask
where a tile is fully visible. Offsets of heads and rows are 64 bits wide.
"""

import triton
import triton.language as tl

from course_utils.flash.pieces import LN2, LOG2E, key_span, load_tile, sees


@triton.jit
def attend(
    acc, total, m, q, key, value, stride_kn, stride_vn,
    start, stop, rows, dims, n_key, shift, window, scale_log2,
    HEAD_DIM: tl.constexpr, BLOCK_KEY: tl.constexpr, IS_CAUSAL: tl.constexpr,
    HAS_WINDOW: tl.constexpr, MASKED: tl.constexpr,
):  # fmt: skip
    """Online softmax over the key tiles start … stop; m counts in powers of 2."""
    columns = tl.arange(0, BLOCK_KEY)
    for tile in range(start, stop, BLOCK_KEY):
        keys = tile + columns
        offset = tl.cast(tile, tl.int64)
        k = load_tile(key + offset * stride_kn, keys, n_key, dims, HEAD_DIM, MASKED)
        # S = Q Kᵀ
        s = tl.dot(q, tl.trans(k), input_precision="ieee")
        if MASKED:
            seen = sees(
                rows[:, None],
                keys[None, :],
                n_key,
                shift,
                window,
                IS_CAUSAL,
                HAS_WINDOW,
            )
            s = tl.where(seen, s, float("-inf"))
        # m' = max(m, scale · max S), in powers of 2
        m_new = tl.maximum(m, tl.max(s, 1) * scale_log2)
        m_safe = m_new
        if MASKED:  # a row may have seen nothing yet, and −inf − −inf is NaN
            m_safe = tl.where(m_new == float("-inf"), 0.0, m_new)
        # P = exp(scale · S − m'),  and what the old sums shrink by
        p = tl.exp2(s * scale_log2 - m_safe[:, None])
        rescale = tl.exp2(m - m_safe)
        # ℓ = e^(m − m') ℓ + Σ P,   O = e^(m − m') O + P V
        total = rescale * total + tl.sum(p, 1)
        acc = rescale[:, None] * acc
        v = load_tile(value + offset * stride_vn, keys, n_key, dims, HEAD_DIM, MASKED)
        acc = tl.dot(p.to(v.dtype), v, acc, input_precision="ieee")
        m = m_new
    return acc, total, m


@triton.jit(do_not_specialize=["n_query", "n_key", "shift", "window"])
def forward_kernel(
    query, key, value, output, lse, key_lengths,
    stride_qb, stride_qh, stride_qn, stride_qd,
    stride_kb, stride_kh, stride_kn, stride_kd,
    stride_vb, stride_vh, stride_vn, stride_vd,
    stride_ob, stride_oh, stride_on, stride_od,
    heads, group, n_query, n_key, shift, window, scale,
    HEAD_DIM: tl.constexpr, BLOCK_DIM: tl.constexpr,
    BLOCK_QUERY: tl.constexpr, BLOCK_KEY: tl.constexpr,
    IS_CAUSAL: tl.constexpr, HAS_WINDOW: tl.constexpr, HAS_LENGTHS: tl.constexpr,
):  # fmt: skip
    """One tile of queries of one head: output and natural log-sum-exp."""
    tiles = tl.cdiv(n_query, BLOCK_QUERY)
    index = tl.cast(tl.program_id(0) // tiles, tl.int64)  # of batch and head
    tile = tiles - 1 - tl.program_id(0) % tiles  # causal: the longest rows first
    batch, head = index // heads, index % heads
    kv_head = head // group

    rows = tile * BLOCK_QUERY + tl.arange(0, BLOCK_QUERY)
    rows_long = rows.to(tl.int64)
    columns = tl.arange(0, BLOCK_KEY).to(tl.int64)
    dims = tl.arange(0, BLOCK_DIM).to(tl.int64)
    query += batch * stride_qb + head * stride_qh
    key += batch * stride_kb + kv_head * stride_kh
    value += batch * stride_vb + kv_head * stride_vh
    output += batch * stride_ob + head * stride_oh
    key_tile = key + columns[:, None] * stride_kn + dims[None, :] * stride_kd
    value_tile = value + columns[:, None] * stride_vn + dims[None, :] * stride_vd

    at_query = query + rows_long[:, None] * stride_qn + dims[None, :] * stride_qd
    q = load_tile(at_query, rows, n_query, dims, HEAD_DIM, True)
    m = tl.full([BLOCK_QUERY], float("-inf"), tl.float32)
    total = tl.zeros([BLOCK_QUERY], tl.float32)
    acc = tl.zeros([BLOCK_QUERY, BLOCK_DIM], tl.float32)

    if HAS_LENGTHS:
        n_key = tl.minimum(n_key, tl.load(key_lengths + batch)).to(tl.int32)
    rows_stop = tl.minimum((tile + 1) * BLOCK_QUERY, n_query)
    first, full_first, full_stop, stop = key_span(
        tile * BLOCK_QUERY, rows_stop, n_key, shift, window,
        BLOCK_KEY, IS_CAUSAL, HAS_WINDOW,
    )  # fmt: skip
    scale_log2 = scale * LOG2E
    if HAS_WINDOW:
        acc, total, m = attend(
            acc, total, m, q, key_tile, value_tile, stride_kn, stride_vn,
            first, full_first, rows, dims, n_key, shift, window, scale_log2,
            HEAD_DIM, BLOCK_KEY, IS_CAUSAL, HAS_WINDOW, True,
        )  # fmt: skip
    acc, total, m = attend(
        acc, total, m, q, key_tile, value_tile, stride_kn, stride_vn,
        full_first, full_stop, rows, dims, n_key, shift, window, scale_log2,
        HEAD_DIM, BLOCK_KEY, IS_CAUSAL, HAS_WINDOW, False,
    )  # fmt: skip
    acc, total, m = attend(
        acc, total, m, q, key_tile, value_tile, stride_kn, stride_vn,
        full_stop, stop, rows, dims, n_key, shift, window, scale_log2,
        HEAD_DIM, BLOCK_KEY, IS_CAUSAL, HAS_WINDOW, True,
    )  # fmt: skip

    # O / ℓ, and L = m + ln ℓ; a row that saw nothing gets 0 and −inf
    empty = total == 0.0
    total = tl.where(empty, 1.0, total)
    row_lse = tl.where(empty, float("-inf"), (m + tl.log2(total)) * LN2)
    tl.store(lse + index * n_query + rows, row_lse, mask=rows < n_query)
    at_output = output + rows_long[:, None] * stride_on + dims[None, :] * stride_od
    inside = (rows < n_query)[:, None] & (dims < HEAD_DIM)[None, :]
    o = acc / total[:, None]
    tl.store(at_output, o.to(output.dtype.element_ty), mask=inside)
