# ruff: noqa: N803 (constants of the compiler stand in capitals, as in all of Triton)
"""The backward kernels of queries: D, and dQ of one tile, summed over the keys."""

import triton
import triton.language as tl

from course_utils.flash.pieces import LOG2E, key_span, load_rows, load_tile, sees


@triton.jit(do_not_specialize=["n_query"])
def delta_kernel(
    output, grad_output, delta,
    stride_ob, stride_oh, stride_on, stride_od,
    stride_gb, stride_gh, stride_gn, stride_gd,
    heads, n_query,
    HEAD_DIM: tl.constexpr, BLOCK_DIM: tl.constexpr, BLOCK_QUERY: tl.constexpr,
):  # fmt: skip
    """D = Σ dO ∘ O of each query: what softmax takes off every dP of its row."""
    tiles = tl.cdiv(n_query, BLOCK_QUERY)
    index = tl.cast(tl.program_id(0) // tiles, tl.int64)
    batch, head = index // heads, index % heads
    rows = tl.program_id(0) % tiles * BLOCK_QUERY + tl.arange(0, BLOCK_QUERY)
    rows_long = rows.to(tl.int64)
    dims = tl.arange(0, BLOCK_DIM).to(tl.int64)
    output += batch * stride_ob + head * stride_oh
    grad_output += batch * stride_gb + head * stride_gh
    at_o = output + rows_long[:, None] * stride_on + dims[None, :] * stride_od
    at_do = grad_output + rows_long[:, None] * stride_gn + dims[None, :] * stride_gd
    o = load_tile(at_o, rows, n_query, dims, HEAD_DIM, True).to(tl.float32)
    do = load_tile(at_do, rows, n_query, dims, HEAD_DIM, True).to(tl.float32)
    tl.store(delta + index * n_query + rows, tl.sum(o * do, 1), mask=rows < n_query)


@triton.jit
def gather_keys(
    dq, q, do, row_lse, row_delta, key, value, stride_kn, stride_vn,
    start, stop, rows, dims, n_key, shift, window, scale_log2,
    HEAD_DIM: tl.constexpr, BLOCK_KEY: tl.constexpr, IS_CAUSAL: tl.constexpr,
    HAS_WINDOW: tl.constexpr, MASKED: tl.constexpr,
):  # fmt: skip
    """Add what the key tiles start … stop say about one tile of queries."""
    columns = tl.arange(0, BLOCK_KEY)
    for tile in range(start, stop, BLOCK_KEY):
        keys = tile + columns
        offset = tl.cast(tile, tl.int64)
        k = load_tile(key + offset * stride_kn, keys, n_key, dims, HEAD_DIM, MASKED)
        v = load_tile(value + offset * stride_vn, keys, n_key, dims, HEAD_DIM, MASKED)
        # P = exp(scale · Q Kᵀ − L)
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
        p = tl.exp2(s * scale_log2 - row_lse[:, None])
        # dS = P ∘ (dO Vᵀ − D),   dQ += dS K
        dp = tl.dot(do, tl.trans(v), input_precision="ieee")
        ds = p * (dp - row_delta[:, None])
        dq = tl.dot(ds.to(k.dtype), k, dq, input_precision="ieee")
    return dq


@triton.jit(do_not_specialize=["n_query", "n_key", "shift", "window"])
def query_gradient_kernel(
    query, key, value, grad_output, lse, delta, grad_query, key_lengths,
    stride_qb, stride_qh, stride_qn, stride_qd,
    stride_kb, stride_kh, stride_kn, stride_kd,
    stride_vb, stride_vh, stride_vn, stride_vd,
    stride_gb, stride_gh, stride_gn, stride_gd,
    heads, group, n_query, n_key, shift, window, scale,
    HEAD_DIM: tl.constexpr, BLOCK_DIM: tl.constexpr,
    BLOCK_QUERY: tl.constexpr, BLOCK_KEY: tl.constexpr,
    IS_CAUSAL: tl.constexpr, HAS_WINDOW: tl.constexpr, HAS_LENGTHS: tl.constexpr,
):  # fmt: skip
    """dQ of one tile of queries of one head."""
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
    grad_output += batch * stride_gb + head * stride_gh
    key_tile = key + columns[:, None] * stride_kn + dims[None, :] * stride_kd
    value_tile = value + columns[:, None] * stride_vn + dims[None, :] * stride_vd
    at_query = query + rows_long[:, None] * stride_qn + dims[None, :] * stride_qd
    at_grad = grad_output + rows_long[:, None] * stride_gn + dims[None, :] * stride_gd
    q = load_tile(at_query, rows, n_query, dims, HEAD_DIM, True)
    do = load_tile(at_grad, rows, n_query, dims, HEAD_DIM, True)
    row = index * n_query
    row_lse, row_delta = load_rows(lse + row, delta + row, rows, n_query)
    dq = tl.zeros([BLOCK_QUERY, BLOCK_DIM], tl.float32)

    if HAS_LENGTHS:
        n_key = tl.minimum(n_key, tl.load(key_lengths + batch)).to(tl.int32)
    rows_stop = tl.minimum((tile + 1) * BLOCK_QUERY, n_query)
    first, full_first, full_stop, stop = key_span(
        tile * BLOCK_QUERY, rows_stop, n_key, shift, window,
        BLOCK_KEY, IS_CAUSAL, HAS_WINDOW,
    )  # fmt: skip
    scale_log2 = scale * LOG2E
    if HAS_WINDOW:
        dq = gather_keys(
            dq, q, do, row_lse, row_delta, key_tile, value_tile, stride_kn, stride_vn,
            first, full_first, rows, dims, n_key, shift, window, scale_log2,
            HEAD_DIM, BLOCK_KEY, IS_CAUSAL, HAS_WINDOW, True,
        )  # fmt: skip
    dq = gather_keys(
        dq, q, do, row_lse, row_delta, key_tile, value_tile, stride_kn, stride_vn,
        full_first, full_stop, rows, dims, n_key, shift, window, scale_log2,
        HEAD_DIM, BLOCK_KEY, IS_CAUSAL, HAS_WINDOW, False,
    )  # fmt: skip
    dq = gather_keys(
        dq, q, do, row_lse, row_delta, key_tile, value_tile, stride_kn, stride_vn,
        full_stop, stop, rows, dims, n_key, shift, window, scale_log2,
        HEAD_DIM, BLOCK_KEY, IS_CAUSAL, HAS_WINDOW, True,
    )  # fmt: skip

    at = (index * n_query + rows_long[:, None]) * HEAD_DIM + dims[None, :]
    inside = (rows < n_query)[:, None] & (dims < HEAD_DIM)[None, :]
    dq = dq * scale
    tl.store(grad_query + at, dq.to(grad_query.dtype.element_ty), mask=inside)
