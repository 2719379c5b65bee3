"""Bytes the Triton kernels move, predicted from shapes: one number per argument.

A program reads what lies inside the tensors only, so the prediction is exact; what
the hardware's caches serve again is not known here.
"""

from collections.abc import Iterator
from dataclasses import replace

from course_utils.flash.configs import Tile
from course_utils.flash.traffic import Traffic
from course_utils.flash.visibility import Visibility


def forward_traffic(
    visible: Visibility, batch: int, heads: int, dim: int, itemsize: int, tile: Tile
) -> Traffic:
    """Bytes of `forward_kernel`; a group reads its keys once for each query head.

    `itemsize` is bytes a number; the log-sum-exp has 4, a length 8.
    """
    traffic, row = Traffic(), dim * itemsize
    traffic.loaded["query"] = batch * heads * visible.n_query * row
    traffic.stored["output"] = batch * heads * visible.n_query * row
    traffic.stored["lse"] = batch * heads * visible.n_query * 4
    _add_keys(traffic, visible, batch, heads, row, tile)
    return traffic


def query_gradient_traffic(
    visible: Visibility, batch: int, heads: int, dim: int, itemsize: int, tile: Tile
) -> Traffic:
    """Bytes of `query_gradient_kernel`, as `forward_traffic` has them."""
    traffic, row = Traffic(), dim * itemsize
    queries = batch * heads * visible.n_query
    for name, size in (("query", row), ("grad_output", row), ("lse", 4), ("delta", 4)):
        traffic.loaded[name] = queries * size
    traffic.stored["grad_query"] = queries * row
    _add_keys(traffic, visible, batch, heads, row, tile)
    return traffic


def key_gradient_traffic(
    visible: Visibility,
    batch: int,
    heads: int,
    kv_heads: int,
    dim: int,
    itemsize: int,
    tile: Tile,
) -> Traffic:
    """Bytes of `key_gradient_kernel`, which reads keys once and queries again."""
    traffic, row = Traffic(), dim * itemsize
    for name in ("key", "value"):
        traffic.loaded[name] = batch * kv_heads * visible.n_key * row
        traffic.stored[f"grad_{name}"] = batch * kv_heads * visible.n_key * row
    for length in _lengths(visible, batch):
        for keys in replace(visible, key_lengths=None).key_tiles(tile.block_key):
            if visible.key_lengths is not None:
                traffic.loaded["key_lengths"] += kv_heads * 8
            if keys.start >= length:
                continue
            seen = slice(keys.start, min(keys.stop, length))
            for rows in visible.query_tiles(tile.block_query, seen):
                queries = heads * (rows.stop - rows.start)
                for name, size in (("query", row), ("grad_output", row)):
                    traffic.loaded[name] += queries * size
                for name in ("lse", "delta"):
                    traffic.loaded[name] += queries * 4
    return traffic


def _add_keys(
    traffic: Traffic, visible: Visibility, batch: int, heads: int, row: int, tile: Tile
) -> None:
    """Keys and values: for each tile of queries, the tiles that it may see."""
    for length in _lengths(visible, batch):
        for rows in visible.query_tiles(tile.block_query):
            if visible.key_lengths is not None:
                traffic.loaded["key_lengths"] += heads * 8
            for keys in visible.key_tiles(tile.block_key, rows):
                lines = max(0, min(keys.stop, length) - keys.start)
                for name in ("key", "value"):
                    traffic.loaded[name] += heads * lines * row


def _lengths(visible: Visibility, batch: int) -> Iterator[int]:
    if visible.key_lengths is None:
        return iter([visible.n_key] * batch)
    return iter(visible.key_lengths.tolist())
