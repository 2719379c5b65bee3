"""The Palmer penguins: 342 real birds, four measurements each, three species.

Measured by K. Gorman at Palmer Station, Antarctica, 2007–2009 (Gorman, Williams
and Fraser 2014); the package palmerpenguins ships the table.
"""

from functools import cache

import torch
from jaxtyping import Float, Int
from palmerpenguins import load_penguins
from torch import Tensor

SPECIES = ("Adelie", "Chinstrap", "Gentoo")
MEASURES = ("bill length", "bill depth", "flipper length", "body mass")  # mm, …, g
_COLUMNS = ["bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"]


@cache
def load() -> tuple[Float[Tensor, "342 4"], Int[Tensor, "342"]]:
    """Bill length, bill depth and flipper length in mm, body mass in g; species.

    Two birds of the table were not measured and are left out. Do not write into
    the tensors: they are shared.
    """
    table = load_penguins().dropna(subset=_COLUMNS)
    measured = torch.tensor(table[_COLUMNS].to_numpy(), dtype=torch.float32)
    species = [SPECIES.index(name) for name in table["species"]]
    return measured, torch.tensor(species)


def standardise(
    values: Float[Tensor, "bird measure"],
    by: Float[Tensor, "other measure"] | None = None,
) -> Float[Tensor, "bird measure"]:
    """Each measure less its mean, over its standard deviation; both from `by`.

    `by` is the values themselves unless given. Raises ValueError for fewer than
    two birds, and where a measure does not vary.
    """
    by = values if by is None else by
    if len(by) < 2:
        raise ValueError(f"{len(by)} bird; expected two or more")
    spread = by.std(0)
    if bool((spread == 0).any()):
        raise ValueError(
            f"spreads are {spread.tolist()}; expected every measure to vary"
        )
    return (values - by.mean(0)) / spread
