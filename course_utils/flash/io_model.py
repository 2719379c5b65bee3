"""Bytes between slow and fast memory: three ways to attend, run and counted.

Slow memory holds whole tensors; arithmetic happens in fast memory only. The standard
way is counted in its favour: each operator reads what it needs once and writes its
result once, however little fits. The first zeros of an accumulator are not counted.
Numbers are per head; multiply by batch and heads.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from course_utils.flash.tiled import tiled_forward
from course_utils.flash.traffic import Traffic
from course_utils.flash.visibility import Visibility


def run_standard(
    query: Float[Tensor, "query dim"],
    key: Float[Tensor, "key dim"],
    value: Float[Tensor, "key dim"],
    traffic: Traffic,
) -> Float[Tensor, "query dim"]:
    """Scores, weights and output as three operators; the matrices go to slow memory.

    Source: FlashAttention, Dao et al. 2022, algorithm 0.
    """
    scores = query.new_empty(len(query), len(key))
    weights, output = torch.empty_like(scores), torch.empty_like(query)
    q, k = traffic.load("query", query), traffic.load("key", key)
    traffic.store("scores", scores, q @ k.T / math.sqrt(q.shape[-1]))
    traffic.store("weights", weights, traffic.load("scores", scores).softmax(-1))
    p, v = traffic.load("weights", weights), traffic.load("value", value)
    traffic.store("output", output, p @ v)
    return output


def run_flash1(
    query: Float[Tensor, "query dim"],
    key: Float[Tensor, "key dim"],
    value: Float[Tensor, "key dim"],
    traffic: Traffic,
    *,
    block_query: int,
    block_key: int,
) -> Float[Tensor, "query dim"]:
    """Tiles with the keys outside: the output is read and written for each of them.

    Source: FlashAttention, Dao et al. 2022, algorithm 1.
    """
    output = torch.zeros_like(query)
    total = query.new_zeros(len(query))
    largest = torch.full_like(total, -math.inf)
    visible = Visibility(len(query), len(key))
    for keys in visible.key_tiles(block_key):
        k, v = traffic.load("key", key[keys]), traffic.load("value", value[keys])
        for rows in visible.query_tiles(block_query):
            q = traffic.load("query", query[rows])
            o = traffic.load("output", output[rows])
            old_total = traffic.load("total", total[rows])
            m = traffic.load("largest", largest[rows])
            s = q @ k.T / math.sqrt(q.shape[-1])
            m_new = torch.maximum(m, s.amax(-1))
            p = torch.exp(s - m_new[:, None])
            kept = torch.exp(m - m_new) * old_total
            new_total = kept + p.sum(-1)
            o = (kept[:, None] * o + p @ v) / new_total[:, None]
            traffic.store("output", output[rows], o)
            traffic.store("total", total[rows], new_total)
            traffic.store("largest", largest[rows], m_new)
    return output


def run_flash2(
    query: Float[Tensor, "query dim"],
    key: Float[Tensor, "key dim"],
    value: Float[Tensor, "key dim"],
    traffic: Traffic,
    *,
    block_query: int,
    block_key: int,
) -> Float[Tensor, "query dim"]:
    """Tiles with the queries outside: `tiled_forward`, each output written once.

    Source: FlashAttention-2, Dao 2023, algorithm 1.
    """
    output, _ = tiled_forward(
        query[None, None], key[None, None], value[None, None],
        Visibility(len(query), len(key)), scale=1 / math.sqrt(query.shape[-1]),
        block_query=block_query, block_key=block_key, traffic=traffic,
    )  # fmt: skip
    return output[0, 0]


def standard_elements(length: int, dim: int) -> int:
    """4Nd + 4N²: q, k, v, o once; scores and weights written and read."""
    return 4 * length * dim + 4 * length**2


def flash1_elements(length: int, dim: int, block_key: int) -> int:
    """2Nd + T(3Nd + 4N), T = ⌈N / block_key⌉: q, o, o and four statistics each time."""
    tiles = math.ceil(length / block_key)
    return 2 * length * dim + tiles * (3 * length * dim + 4 * length)


def flash2_elements(length: int, dim: int, block_query: int) -> int:
    """2Nd + N + 2Nd⌈N / block_query⌉: q, o, log-sum-exp once; k, v for each tile."""
    tiles = math.ceil(length / block_query)
    return 2 * length * dim + length + 2 * length * dim * tiles


def flash1_tiles(fast_memory: int, dim: int) -> tuple[int, int]:
    """(block_query, block_key) that FlashAttention gives a fast memory, in numbers.

    block_key = ⌈M/4d⌉, block_query = min(block_key, d). Raises ValueError below one
    number. Source: FlashAttention, Dao et al. 2022, algorithm 1, line 1.
    """
    if fast_memory < 1:
        raise ValueError(f"fast_memory is {fast_memory}; expected 1 number or more")
    block_key = math.ceil(fast_memory / (4 * dim))
    return min(block_key, dim), block_key


def flash_moves_more(length: int, dim: int, fast_memory: int) -> bool:
    """Whether FlashAttention moves more than the standard way, with M numbers.

    For long sequences that is so for M below about 3d² + 4d, since each of the
    4dN/M tiles of keys moves 3Nd + 4N and the standard way 4N².
    """
    block_key = flash1_tiles(fast_memory, dim)[1]
    return flash1_elements(length, dim, block_key) > standard_elements(length, dim)


def break_even_memory(length: int, dim: int) -> int | None:
    """Smallest fast memory, in numbers, from which on FlashAttention moves less.

    None where it never does: one tile of all keys still moves 5Nd + 4N.
    """
    low, high = 0, 4 * dim * length  # it moves more at low, all keys fit at high
    if flash_moves_more(length, dim, high):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        if flash_moves_more(length, dim, middle):
            low = middle
        else:
            high = middle
    return high
