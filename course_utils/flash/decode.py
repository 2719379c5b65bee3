# ruff: noqa: N803 (constants of the compiler stand in capitals, as in all of Triton)
"""One query against a long cache: the keys are split, so that a whole GPU has work.

A program takes one part of the keys for all query heads that share them, which also
reads the cache once for the group. Source: Flash-Decoding, Dao, Haziza, Massa and
Sizov 2023.
"""

import torch
import triton
import triton.language as tl
from jaxtyping import Float, Int
from torch import Tensor

from course_utils.flash.configs import Tile
from course_utils.flash.kernels import attend
from course_utils.flash.merge import merge_attention
from course_utils.flash.pieces import LN2, LOG2E, load_tile

TILE = Tile(16, 64, 4, 3)


@triton.jit(do_not_specialize=["first", "stop", "part"])
def decode_kernel(
    query, key, value, outputs, lses, key_lengths,
    stride_qb, stride_qh, stride_qd,
    stride_kb, stride_kh, stride_kn, stride_kd,
    stride_vb, stride_vh, stride_vn, stride_vd,
    kv_heads, group, first, stop, part, scale,
    HEAD_DIM: tl.constexpr, BLOCK_DIM: tl.constexpr,
    BLOCK_GROUP: tl.constexpr, BLOCK_KEY: tl.constexpr, HAS_LENGTHS: tl.constexpr,
):  # fmt: skip
    """One part of the keys first … stop − 1, for the query heads of one key head."""
    index = tl.cast(tl.program_id(1), tl.int64)
    batch, kv_head = index // kv_heads, index % kv_heads
    members = tl.arange(0, BLOCK_GROUP)  # a row is a head here
    columns = tl.arange(0, BLOCK_KEY).to(tl.int64)
    dims = tl.arange(0, BLOCK_DIM).to(tl.int64)
    query += batch * stride_qb + kv_head * group * stride_qh
    key += batch * stride_kb + kv_head * stride_kh
    value += batch * stride_vb + kv_head * stride_vh
    key_tile = key + columns[:, None] * stride_kn + dims[None, :] * stride_kd
    value_tile = value + columns[:, None] * stride_vn + dims[None, :] * stride_vd
    at = query + members.to(tl.int64)[:, None] * stride_qh + dims[None, :] * stride_qd
    q = load_tile(at, members, group, dims, HEAD_DIM, True)
    m = tl.full([BLOCK_GROUP], float("-inf"), tl.float32)
    total = tl.zeros([BLOCK_GROUP], tl.float32)
    acc = tl.zeros([BLOCK_GROUP, BLOCK_DIM], tl.float32)

    if HAS_LENGTHS:
        stop = tl.minimum(stop, tl.load(key_lengths + batch)).to(tl.int32)
    start = first + tl.program_id(0) * part
    stop = tl.minimum(stop, start + part)
    full_stop = start + tl.maximum(0, stop - start) // BLOCK_KEY * BLOCK_KEY
    scale_log2 = scale * LOG2E
    acc, total, m = attend(
        acc, total, m, q, key_tile, value_tile, stride_kn, stride_vn,
        start, full_stop, members, dims, stop, 0, 0, scale_log2,
        HEAD_DIM, BLOCK_KEY, False, False, False,
    )  # fmt: skip
    acc, total, m = attend(
        acc, total, m, q, key_tile, value_tile, stride_kn, stride_vn,
        full_stop, stop, members, dims, stop, 0, 0, scale_log2,
        HEAD_DIM, BLOCK_KEY, False, False, True,
    )  # fmt: skip

    empty = total == 0.0
    total = tl.where(empty, 1.0, total)
    lse = tl.where(empty, float("-inf"), (m + tl.log2(total)) * LN2)
    row = (tl.program_id(0) * tl.num_programs(1) + index) * group + members
    tl.store(lses + row, lse, mask=members < group)
    inside = (members < group)[:, None] & (dims < HEAD_DIM)[None, :]
    o = acc / total[:, None]
    tl.store(outputs + row[:, None] * HEAD_DIM + dims[None, :], o, mask=inside)


def forward(
    query: Float[Tensor, "batch heads 1 dim"],
    key: Float[Tensor, "batch kv_heads key dim"],
    value: Float[Tensor, "batch kv_heads key dim"],
    key_lengths: Int[Tensor, " batch"] | None,
    is_causal: bool,
    shift: int,
    window: int | None,
    scale: float,
    *,
    parts: int,
    block_key: int = TILE.block_key,
) -> tuple[Float[Tensor, "batch heads 1 dim"], Float[Tensor, "batch heads 1"]]:
    """Output and log-sum-exp of one query, its keys in at most so many parts.

    The query stands at place `shift` among the keys; the scale is above 0.
    """
    batch, heads, _, dim = query.shape
    kv_heads, n_key = key.shape[1:3]
    stop = min(n_key, max(0, shift + 1)) if is_causal else n_key
    first = 0 if window is None else min(stop, max(0, shift - window))
    part = max(1, triton.cdiv(triton.cdiv(stop - first, block_key), parts)) * block_key
    parts = max(1, triton.cdiv(stop - first, part))
    outputs = query.new_empty(parts, batch, heads, dim, dtype=torch.float32)
    lses = query.new_empty(parts, batch, heads, dtype=torch.float32)
    group = heads // kv_heads
    stride_qb, stride_qh, _, stride_qd = query.stride()
    with torch.cuda.device_of(query):
        decode_kernel[(parts, batch * kv_heads)](
            query, key, value, outputs, lses, key_lengths,
            stride_qb, stride_qh, stride_qd, *key.stride(), *value.stride(),
            kv_heads, group, first, stop, part, scale,
            HEAD_DIM=dim, BLOCK_DIM=max(16, triton.next_power_of_2(dim)),
            BLOCK_GROUP=max(16, triton.next_power_of_2(group)), BLOCK_KEY=block_key,
            HAS_LENGTHS=key_lengths is not None,
            num_warps=TILE.num_warps, num_stages=TILE.num_stages,
        )  # fmt: skip
    output, lse = merge_attention(outputs, lses)
    result = torch.empty_like(query)
    result.copy_(output.unsqueeze(2))
    return result, lse.unsqueeze(2)


def parts_for(n_key: int, programs: int, processors: int) -> int:
    """How many parts give each of a GPU's processors two programs; 256 keys at least.

    `programs` is batch × key heads, the programs without any split.
    """
    wanted = triton.cdiv(2 * processors, programs)
    return max(1, min(wanted, n_key // 256))
