# ruff: noqa: N803 (constants of the compiler stand in capitals, as in all of Triton)
"""Pieces the Triton kernels share: loading a tile, and knowing which tiles matter.

The keys that a tile of queries may see are a band: first some tiles that a window
cuts, then full ones, then some that the causal diagonal or the end cuts. Full
tiles need no mask, which is most of the work on a GPU, so a span has four marks:
first ≤ full_first ≤ full_stop ≤ stop, rounded up to whole tiles.
"""

import triton
import triton.language as tl

LOG2E = tl.constexpr(1.4426950408889634)  # exp(x) = 2 ** (x · LOG2E)
LN2 = tl.constexpr(0.6931471805599453)


@triton.jit
def load_tile(
    at, lines, n_lines, dims, HEAD_DIM: tl.constexpr, CHECKED: tl.constexpr,
):  # fmt: skip
    """A (line, dim) tile from pointers `at`; 0 outside. Lines count if CHECKED."""
    if CHECKED:
        inside = (lines < n_lines)[:, None] & (dims < HEAD_DIM)[None, :]
        tile = tl.load(at, mask=inside, other=0.0)
    elif dims.shape[0] > HEAD_DIM:
        inside = (lines >= 0)[:, None] & (dims < HEAD_DIM)[None, :]
        tile = tl.load(at, mask=inside, other=0.0)
    else:
        tile = tl.load(at)
    return tile


@triton.jit
def load_rows(lse, delta, rows, n_query):
    """L in powers of 2 and D; +inf where there is no query or it saw nothing: P = 0."""
    inside = rows < n_query
    row_lse = tl.load(lse + rows, mask=inside, other=float("inf"))
    row_lse = tl.where(row_lse == float("-inf"), float("inf"), row_lse)
    return row_lse * LOG2E, tl.load(delta + rows, mask=inside, other=0.0)


@triton.jit
def sees(
    rows, keys, n_key, shift, window,
    IS_CAUSAL: tl.constexpr, HAS_WINDOW: tl.constexpr,
):  # fmt: skip
    """May query `rows` attend to `keys`? The two are shaped to broadcast."""
    seen = keys < n_key
    if IS_CAUSAL:
        seen = seen & (keys <= rows + shift)
    if HAS_WINDOW:
        seen = seen & (keys >= rows + shift - window)
    return seen


@triton.jit
def key_span(
    rows_first, rows_stop, n_key, shift, window,
    BLOCK: tl.constexpr, IS_CAUSAL: tl.constexpr, HAS_WINDOW: tl.constexpr,
):  # fmt: skip
    """Marks of the keys that queries rows_first … rows_stop − 1 may see."""
    first, full_first = 0, 0
    stop, full_stop = n_key, n_key // BLOCK * BLOCK
    if IS_CAUSAL:  # key ≤ row + shift
        stop = tl.minimum(n_key, tl.maximum(0, rows_stop + shift))
        all_see = tl.maximum(0, rows_first + shift + 1)
        full_stop = tl.minimum(full_stop, all_see // BLOCK * BLOCK)
    if HAS_WINDOW:  # key ≥ row + shift − window
        first = tl.maximum(0, rows_first + shift - window) // BLOCK * BLOCK
        all_see = tl.maximum(0, rows_stop - 1 + shift - window)
        full_first = tl.cdiv(all_see, BLOCK) * BLOCK
    full_first = tl.maximum(first, tl.minimum(full_first, tl.cdiv(stop, BLOCK) * BLOCK))
    full_stop = tl.maximum(full_first, full_stop)
    return first, full_first, full_stop, stop


@triton.jit
def query_span(
    keys_first, keys_stop, n_query, n_key, shift, window, BLOCK: tl.constexpr,
    IS_CAUSAL: tl.constexpr, HAS_WINDOW: tl.constexpr, HAS_LENGTHS: tl.constexpr,
):  # fmt: skip
    """Marks of the queries that may see keys keys_first … keys_stop − 1.

    The last full tile may reach past the queries: rows outside weigh nothing.
    """
    first, full_first = 0, 0
    stop, full_stop = n_query, n_query
    inside = tl.minimum(keys_stop, n_key)
    if HAS_LENGTHS:  # padding is seen by nobody
        stop = tl.where(keys_first < n_key, n_query, 0)
        full_stop = tl.where(keys_stop <= n_key, n_query, 0)
    if IS_CAUSAL:  # row ≥ key − shift
        first = tl.maximum(0, keys_first - shift) // BLOCK * BLOCK
        full_first = tl.cdiv(tl.maximum(0, inside - 1 - shift), BLOCK) * BLOCK
    if HAS_WINDOW:  # row ≤ key − shift + window
        stop = tl.minimum(stop, tl.maximum(0, inside - shift + window))
        all_seen = tl.maximum(0, keys_first - shift + window + 1)
        full_stop = tl.minimum(full_stop, all_seen // BLOCK * BLOCK)
    full_first = tl.maximum(first, tl.minimum(full_first, tl.cdiv(stop, BLOCK) * BLOCK))
    full_stop = tl.maximum(full_first, full_stop)
    return first, full_first, full_stop, stop
