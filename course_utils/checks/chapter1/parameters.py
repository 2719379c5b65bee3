"""Reads the parameters of an additive scorer that a learner built by hand."""

import torch
from torch import Tensor

from course_utils.attention import additive_score
from course_utils.checks import expect
from course_utils.checks.values import Value

NAMES = ("w_query", "w_key", "v", "bias")


def read(got: Value, dim: int, what: str) -> dict[str, Tensor]:
    """The four tensors in float64, of any one width. Raises Wrong otherwise.

    A bias of zero is the mistake "no_bias", which the item declares.
    """
    values = dict(zip(NAMES, expect.keys(got, NAMES, what), strict=True))
    width = len(values["v"]) if isinstance(values["v"], Tensor) else 0
    expect.require(width > 0, f"{what}['v'] is no tensor of shape (width,).")
    shapes = {"w_query": (width, dim), "w_key": (width, dim)}
    for name, value in values.items():
        expect.shaped(value, shapes.get(name, (width,)), f"{what}[{name!r}]")
        expect.require(
            bool(value.isfinite().all()), f"{what}[{name!r}] holds NaN or infinity."
        )
    values = {name: value.to(torch.float64) for name, value in values.items()}
    expect.require(
        bool(values["bias"].any()),
        f"{what}['bias'] is zero throughout.",
        "no_bias",  # what it costs is said by each item
    )
    return values


def score(query: Tensor, key: Tensor, parameters: dict[str, Tensor]) -> Tensor:
    """Scores (…, n_query, n_key) of the scorer."""
    return additive_score(query, key, **parameters)
