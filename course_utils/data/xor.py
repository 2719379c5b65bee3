"""The two-feature XOR rule: relevant if exactly one feature agrees."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

# all corners of the square, as queries or as keys
CORNERS = torch.tensor([[1, 1], [1, -1], [-1, 1], [-1, -1]], dtype=torch.float32)


def relevant(
    query: Float[Tensor, "*#batch 2"], key: Float[Tensor, "*#batch 2"]
) -> Bool[Tensor, "*batch"]:
    """True where exactly one of the two ±1 features of query and key agrees."""
    return (query * key > 0).sum(-1) == 1
