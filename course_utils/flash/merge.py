"""Attention over parts of the keys, put together by the parts' log-sum-exp."""

import math

import torch
from jaxtyping import Float
from torch import Tensor


def merge_attention(
    outputs: Float[Tensor, "parts *rows dim"], lses: Float[Tensor, "parts *rows"]
) -> tuple[Float[Tensor, "*rows dim"], Float[Tensor, "*rows"]]:
    """Output and log-sum-exp over all keys, from those over disjoint parts of them.

    A part weighs exp(its log-sum-exp − that of all); where no part saw a key, the
    output is 0 and the log-sum-exp −inf.
    Raises ValueError where outputs and lses differ in their leading sizes.
    Source: Flash-Decoding, Dao, Haziza, Massa and Sizov 2023.
    """
    expected = tuple(outputs.shape[:-1])
    if tuple(lses.shape) != expected:
        raise ValueError(
            f"lses have shape {tuple(lses.shape)}; expected {expected}, "
            "that of the outputs without head_dim"
        )
    empty = (lses == -math.inf).all(0)
    # an all-empty row is filled with 0 first: the gradient of lse(−inf, …) is NaN
    total = lses.masked_fill(empty, 0.0).logsumexp(0)
    weights = torch.exp(lses - total).unsqueeze(-1)
    merged = (weights * outputs.to(weights.dtype)).sum(0)
    return merged.to(outputs.dtype), total.masked_fill(empty, -math.inf)
