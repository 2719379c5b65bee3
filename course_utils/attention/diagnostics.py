"""Numbers that describe attention weights."""

import torch
from jaxtyping import Float
from torch import Tensor


def entropy(weights: Float[Tensor, "*batch key"]) -> Float[Tensor, "*batch"]:
    """Entropy in nats: 0 for one key, ln(n) for n equal ones."""
    return torch.special.entr(weights).sum(-1)


def effective_keys(weights: Float[Tensor, "*batch key"]) -> Float[Tensor, "*batch"]:
    """The number of equally weighted keys with the same entropy: 1…n."""
    return entropy(weights).exp()


def total_variation(
    first: Float[Tensor, "*batch key"], second: Float[Tensor, "*batch key"]
) -> Float[Tensor, "*batch"]:
    """Half the summed difference: 0 for equal weights, 1 for disjoint ones."""
    return (first - second).abs().sum(-1) / 2


def jensen_shannon(
    heads: Float[Tensor, "*batch heads key"],
) -> Float[Tensor, "*batch"]:
    """Entropy of the mean minus mean entropy over heads: 0…ln(heads) nats."""
    return entropy(heads.mean(-2)) - entropy(heads).mean(-1)
