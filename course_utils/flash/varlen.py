"""Sequences of different lengths, packed end to end without padding."""

import math
from itertools import pairwise

import torch
from jaxtyping import Float, Int
from torch import Tensor

from course_utils.attention.masks import Align
from course_utils.flash.dispatch import Backend, flash_attention


def varlen_attention(
    query: Float[Tensor, "all_queries heads dim"],
    key: Float[Tensor, "all_keys kv_heads dim"],
    value: Float[Tensor, "all_keys kv_heads dim_v"],
    query_starts: Int[Tensor, " starts"],
    key_starts: Int[Tensor, " starts"],
    *,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
    causal_align: Align = "top-left",
    window: int | None = None,
    return_lse: bool = False,
    backend: Backend = "auto",
) -> (
    Float[Tensor, "all_queries heads dim_v"]
    | tuple[Float[Tensor, "..."], Float[Tensor, "heads all_queries"]]
):
    """Attention within each sequence; sequence i has rows starts[i] … starts[i+1] − 1.

    Options as in `flash_attention`, which runs once for each sequence, on views: no
    padding is computed, but many short sequences mean many launches. A sequence
    without keys gets output 0 and log-sum-exp −inf.
    Raises what `flash_attention` raises, and ValueError for starts that are not
    cumulative lengths of the same number of sequences.
    """
    queries = _lengths("query_starts", query_starts, len(query))
    keys = _lengths("key_starts", key_starts, len(key))
    if len(queries) != len(keys):
        raise ValueError(
            f"key_starts has {len(keys)} sequences but query_starts has {len(queries)}"
        )
    options = {
        "is_causal": is_causal,
        "scale": scale,
        "enable_gqa": enable_gqa,
        "causal_align": causal_align,
        "window": window,
        "return_lse": return_lse,
        "backend": backend,
    }
    split = (query.split(queries), key.split(keys), value.split(keys))
    parts = [_one(*tensors, options) for tensors in zip(*split, strict=True)]
    output = torch.cat([part[0] for part in parts])
    return (output, torch.cat([x[1] for x in parts], 1)) if return_lse else output


def _one(
    query: Tensor, key: Tensor, value: Tensor, options: dict
) -> tuple[Tensor, Tensor | None]:
    """Output (queries, heads, dim) and log-sum-exp (heads, queries) of a sequence."""
    if len(query) == 0 or len(key) == 0:
        wide = torch.promote_types(query.dtype, torch.float32)
        lse = query.new_full((query.shape[1], len(query)), -math.inf, dtype=wide)
        return query.new_zeros(*query.shape[:2], value.shape[-1]), lse
    heads_first = (x.transpose(0, 1).unsqueeze(0) for x in (query, key, value))
    result = flash_attention(*heads_first, **options)
    output, lse = result if options["return_lse"] else (result, None)
    return output[0].transpose(0, 1), None if lse is None else lse[0]


def _lengths(name: str, starts: Tensor, rows: int) -> list[int]:
    if starts.dtype not in (torch.int32, torch.int64):
        raise TypeError(f"{name} has dtype {starts.dtype}; expected int32 or int64")
    bounds = starts.tolist()
    lengths = [b - a for a, b in pairwise(bounds)]
    if not lengths or bounds[0] != 0 or bounds[-1] != rows or min(lengths) < 0:
        raise ValueError(
            f"{name} are {bounds}; expected cumulative lengths from 0 to {rows}"
        )
    return lengths
