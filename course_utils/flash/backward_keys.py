# ruff: noqa: N803 (constants of the compiler stand in capitals, as in all of Triton)
"""The backward kernel of keys and values: one tile of keys, summed over the queries.

Backward has two passes and no atomics, so every run gives the same bits: this one,
and `query_gradient_kernel`. Both compute the weights again from the log-sum-exp.
Source: FlashAttention-2, Dao 2023, algorithm 2, its loop split in two.
"""

import triton
import triton.language as tl

from course_utils.flash.pieces import LOG2E, load_rows, load_tile, query_span, sees


@triton.jit
def gather_queries(
    dk, dv, k, v, query, grad_output, lse, delta, stride_qn, stride_gn,
    start, stop, keys, dims, n_query, n_key, shift, window, scale_log2,
    HEAD_DIM: tl.constexpr, BLOCK_QUERY: tl.constexpr, IS_CAUSAL: tl.constexpr,
    HAS_WINDOW: tl.constexpr, MASKED: tl.constexpr,
):  # fmt: skip
    """Add what the query tiles start … stop say about one tile of keys."""
    lines = tl.arange(0, BLOCK_QUERY)
    for tile in range(start, stop, BLOCK_QUERY):
        rows = tile + lines
        offset = tl.cast(tile, tl.int64)
        at_query, at_grad = query + offset * stride_qn, grad_output + offset * stride_gn
        q = load_tile(at_query, rows, n_query, dims, HEAD_DIM, True)
        row_lse, row_delta = load_rows(lse, delta, rows, n_query)
        # Pᵀ = exp(scale · K Qᵀ − L): transposed, so that it is ready to multiply
        s = tl.dot(k, tl.trans(q), input_precision="ieee")
        if MASKED:
            seen = sees(
                rows[None, :],
                keys[:, None],
                n_key,
                shift,
                window,
                IS_CAUSAL,
                HAS_WINDOW,
            )
            s = tl.where(seen, s, float("-inf"))
        p = tl.exp2(s * scale_log2 - row_lse[None, :])
        # dV += Pᵀ dO
        do = load_tile(at_grad, rows, n_query, dims, HEAD_DIM, True)
        dv = tl.dot(p.to(do.dtype), do, dv, input_precision="ieee")
        # dSᵀ = Pᵀ ∘ (V dOᵀ − D)
        dp = tl.dot(v, tl.trans(do), input_precision="ieee")
        ds = p * (dp - row_delta[None, :])
        # dK += dSᵀ Q
        dk = tl.dot(ds.to(q.dtype), q, dk, input_precision="ieee")
    return dk, dv


@triton.jit(do_not_specialize=["n_query", "n_key", "shift", "window"])
def key_gradient_kernel(
    query, key, value, grad_output, lse, delta, grad_key, grad_value, key_lengths,
    stride_qb, stride_qh, stride_qn, stride_qd,
    stride_kb, stride_kh, stride_kn, stride_kd,
    stride_vb, stride_vh, stride_vn, stride_vd,
    stride_gb, stride_gh, stride_gn, stride_gd,
    kv_heads, group, n_query, n_key, shift, window, scale,
    HEAD_DIM: tl.constexpr, BLOCK_DIM: tl.constexpr,
    BLOCK_QUERY: tl.constexpr, BLOCK_KEY: tl.constexpr,
    IS_CAUSAL: tl.constexpr, HAS_WINDOW: tl.constexpr, HAS_LENGTHS: tl.constexpr,
):  # fmt: skip
    """dK and dV of one tile of keys, summed over the queries of its whole group."""
    tiles = tl.cdiv(n_key, BLOCK_KEY)
    index = tl.cast(tl.program_id(0) // tiles, tl.int64)  # of batch and key head
    tile = tl.program_id(0) % tiles
    batch, kv_head = index // kv_heads, index % kv_heads

    keys = tile * BLOCK_KEY + tl.arange(0, BLOCK_KEY)
    keys_long = keys.to(tl.int64)
    lines = tl.arange(0, BLOCK_QUERY).to(tl.int64)
    dims = tl.arange(0, BLOCK_DIM).to(tl.int64)
    key += batch * stride_kb + kv_head * stride_kh
    value += batch * stride_vb + kv_head * stride_vh
    at_key = key + keys_long[:, None] * stride_kn + dims[None, :] * stride_kd
    at_value = value + keys_long[:, None] * stride_vn + dims[None, :] * stride_vd
    k = load_tile(at_key, keys, n_key, dims, HEAD_DIM, True)
    v = load_tile(at_value, keys, n_key, dims, HEAD_DIM, True)
    dk = tl.zeros([BLOCK_KEY, BLOCK_DIM], tl.float32)
    dv = tl.zeros([BLOCK_KEY, BLOCK_DIM], tl.float32)

    length = n_key
    if HAS_LENGTHS:
        length = tl.minimum(n_key, tl.load(key_lengths + batch)).to(tl.int32)
    first, full_first, full_stop, stop = query_span(
        tile * BLOCK_KEY, (tile + 1) * BLOCK_KEY, n_query, length, shift, window,
        BLOCK_QUERY, IS_CAUSAL, HAS_WINDOW, HAS_LENGTHS,
    )  # fmt: skip
    scale_log2 = scale * LOG2E
    for member in range(group):
        head = kv_head * group + member
        from_query = query + batch * stride_qb + head * stride_qh
        from_grad = grad_output + batch * stride_gb + head * stride_gh
        query_tile = from_query + lines[:, None] * stride_qn + dims[None, :] * stride_qd
        grad_tile = from_grad + lines[:, None] * stride_gn + dims[None, :] * stride_gd
        row = (batch * kv_heads * group + head) * n_query
        if IS_CAUSAL:
            dk, dv = gather_queries(
                dk, dv, k, v, query_tile, grad_tile, lse + row, delta + row,
                stride_qn, stride_gn, first, full_first, keys, dims,
                n_query, length, shift, window, scale_log2,
                HEAD_DIM, BLOCK_QUERY, IS_CAUSAL, HAS_WINDOW, True,
            )  # fmt: skip
        dk, dv = gather_queries(
            dk, dv, k, v, query_tile, grad_tile, lse + row, delta + row,
            stride_qn, stride_gn, full_first, full_stop, keys, dims,
            n_query, length, shift, window, scale_log2,
            HEAD_DIM, BLOCK_QUERY, IS_CAUSAL, HAS_WINDOW, False,
        )  # fmt: skip
        if HAS_WINDOW or HAS_LENGTHS:
            dk, dv = gather_queries(
                dk, dv, k, v, query_tile, grad_tile, lse + row, delta + row,
                stride_qn, stride_gn, full_stop, stop, keys, dims,
                n_query, length, shift, window, scale_log2,
                HEAD_DIM, BLOCK_QUERY, IS_CAUSAL, HAS_WINDOW, True,
            )  # fmt: skip

    at = (index * n_key + keys_long[:, None]) * HEAD_DIM + dims[None, :]
    inside = (keys < n_key)[:, None] & (dims < HEAD_DIM)[None, :]
    dk = dk * scale
    tl.store(grad_key + at, dk.to(grad_key.dtype.element_ty), mask=inside)
    tl.store(grad_value + at, dv.to(grad_value.dtype.element_ty), mask=inside)
