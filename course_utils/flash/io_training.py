"""Bytes of one training step of attention: FlashAttention's figure 2, counted again.

The paper (Dao et al. 2022) reports 40.3 GB against 4.4 GB for GPT-2 medium, forward
and backward, without saying what is counted. These assumptions give its numbers:

- 64 sequences, 16 heads, N = 1024, d = 64; tensors in 16 bits, GB = 10⁹ bytes;
- standard: each operator below reads its operands once and writes its result once;
  the scale is part of the product, dropout keeps one byte a weight, and the causal
  mask has no backward of its own, since masked weights are 0;
- flash: algorithms 1 and 4 as printed, statistics in 32 bits, tiles of 64 queries;
  key tiles that lie after all of a tile's queries are skipped, as GPT-2 is causal.

The paper gives no tile sizes. 4.4 GB comes out with 128 keys a tile forward and 256
backward; the table of `figure2_flash` over other sizes is the honest answer.
"""

from typing import NamedTuple

HEADS, LENGTH, DIM = 64 * 16, 1024, 64


class Operator(NamedTuple):
    """What one operator reads and writes."""

    name: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]


STANDARD_STEP = [
    Operator("S = QKᵀ", ("query", "key"), ("scores",)),
    Operator("causal mask", ("scores",), ("scores",)),
    Operator("P = softmax S", ("scores",), ("weights",)),
    Operator("dropout", ("weights",), ("dropped weights", "kept bytes")),
    Operator("O = PV", ("dropped weights", "value"), ("output",)),
    Operator("dV = Pᵀ dO", ("dropped weights", "d output"), ("d value",)),
    Operator("dP = dO Vᵀ", ("d output", "value"), ("d dropped weights",)),
    Operator("dropout, back", ("d dropped weights", "kept bytes"), ("d weights",)),
    Operator("softmax, back", ("d weights", "weights"), ("d scores",)),
    Operator("dQ = dS K", ("d scores", "key"), ("d query",)),
    Operator("dK = dSᵀ Q", ("d scores", "query"), ("d key",)),
]


def bytes_of(tensor: str) -> int:
    """Bytes of one named tensor, all heads together."""
    if tensor == "kept bytes":
        return HEADS * LENGTH * LENGTH
    if tensor.endswith(("scores", "weights")):
        return 2 * HEADS * LENGTH * LENGTH
    return 2 * HEADS * LENGTH * DIM


def figure2_standard() -> float:
    """GB that the operators of `STANDARD_STEP` move."""
    moved = sum(bytes_of(x) for each in STANDARD_STEP for x in each.reads + each.writes)
    return moved / 1e9


def figure2_flash(keys_forward: int = 128, keys_backward: int = 256) -> float:
    """GB that FlashAttention moves with so many keys a tile, by its loops.

    Raises ValueError for tiles below one key.
    """
    for name, keys in (("forward", keys_forward), ("backward", keys_backward)):
        if keys < 1:
            raise ValueError(f"keys_{name} is {keys}; expected 1 or more")
    row, statistic = 2 * DIM, 4
    moved = 2 * LENGTH * row  # forward: k and v once
    for rows in _rows_of_each_tile(keys_forward):  # q, o, o; l and m read and written
        moved += rows * (3 * row + 4 * statistic)
    moved += 4 * LENGTH * row  # backward: k, v, dk, dv once
    for rows in _rows_of_each_tile(keys_backward):  # q, o, dO, dq, dq; l and m
        moved += rows * (5 * row + 2 * statistic)
    return HEADS * moved / 1e9


def _rows_of_each_tile(keys: int, block_query: int = 64) -> list[int]:
    """For each tile of keys, how many queries lie in tiles that see some of it."""
    return [LENGTH - j // block_query * block_query for j in range(0, LENGTH, keys)]
