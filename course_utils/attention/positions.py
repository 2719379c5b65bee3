"""Positions: vectors that tell places apart, to be added to what stands there."""

import math

import torch
from jaxtyping import Float
from torch import Tensor


def sinusoidal(
    length: int, dim: int, base: float = 10000.0
) -> Float[Tensor, "{length} {dim}"]:
    """Row t: sin(ωᵢ t) and cos(ωᵢ t) in turn, with ωᵢ = base^(−2i/dim).

    Entries lie in [−1, 1], and every row has norm √(dim/2). The product of two
    rows depends only on how far apart they are.
    Raises ValueError for a length below 1, a dim that is not even and positive,
    and a base that is not a finite number above 0.
    Source: Vaswani et al. 2017, section 3.5.
    """
    if length < 1:
        raise ValueError(f"length is {length}; expected 1 or more")
    if dim < 2 or dim % 2:
        raise ValueError(f"dim is {dim}; expected an even number, 2 or more")
    if not (base > 0 and math.isfinite(base)):
        raise ValueError(f"base is {base}; expected a finite number above 0")
    frequency = base ** (-torch.arange(0, dim, 2, dtype=torch.float64) / dim)
    angle = torch.arange(length, dtype=torch.float64)[:, None] * frequency
    hands = torch.stack([angle.sin(), angle.cos()], -1)  # (place, frequency, 2)
    return hands.flatten(1).to(torch.get_default_dtype())
