"""Additive attention as the checks need it: right, and wrong in one place.

`attend` computes everything from the package's scores and softmax; each keyword
replaces one step by a mistake.
"""

import torch
from torch import Tensor

from course_utils.attention import additive_score, softmax
from course_utils.checks.rng import Rng

ARGUMENTS = ("query", "key", "value", "w_query", "w_key", "v", "bias", "mask")


def weights(query, key, w_query, w_key, v, bias, mask) -> Tensor:
    """Weights (…, n_query, n_key) of additive attention."""
    return softmax(additive_score(query, key, w_query, w_key, v, bias), mask=mask)


def attend(query, key, value, w_query, w_key, v, bias, mask) -> tuple[Tensor, Tensor]:
    """Output (…, n_query, d_value) and weights (…, n_query, n_key)."""
    share = weights(query, key, w_query, w_key, v, bias, mask)
    return share @ value, share


def hidden(query, key, w_query, w_key, bias) -> Tensor:
    """Pre-activations, (…, n_query, n_key, width)."""
    projected = (query @ w_query.T).unsqueeze(-2) + (key @ w_key.T).unsqueeze(-3)
    return projected + bias


def inputs(rng: Rng, *batch: int, n_query=3, n_key=5, spread=1.0) -> dict[str, Tensor]:
    """Arguments of `attend` with sizes that differ from each other; mask all True."""
    d_query, d_key, d_value, width = 4, 6, 2, 7
    return {
        "query": rng.normal(*batch, n_query, d_query),
        "key": rng.normal(*batch, n_key, d_key),
        "value": rng.normal(*batch, n_key, d_value),
        "w_query": rng.normal(width, d_query) / 2,
        "w_key": rng.normal(width, d_key) / 2,
        "v": spread * rng.normal(width),
        "bias": rng.normal(width),
        "mask": torch.ones(*batch, n_query, n_key, dtype=torch.bool),
    }
