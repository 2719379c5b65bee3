"""Synthetic immune repertoires, built on the real substitution matrix BLOSUM62.

No patients: receptors are random letters at the frequencies that BLOSUM62 implies,
and in an ill repertoire one receptor, the witness, carries a motif of five letters,
one of them exchanged as BLOSUM62 says that letters are exchanged.
"""

from functools import cache
from typing import NamedTuple

import torch
from Bio.Align import substitution_matrices
from jaxtyping import Bool, Float, Int
from torch import Tensor

AMINO_ACIDS = "ARNDCQEGHILKMFPSTWYV"
RECEPTORS, LENGTH, MOTIF = 40, 9, 5


class Repertoires(NamedTuple):
    """Receptors as letters 0…19, who is ill, and where the witness is (−1: none)."""

    receptors: Int[Tensor, "people 40 9"]
    ill: Bool[Tensor, " people"]
    witness: Int[Tensor, " people"]


@cache
def odds() -> Float[Tensor, "20 20"]:
    """2^(S/2): how much oftener two letters stand opposite than by chance.

    S is BLOSUM62 in half bits (Henikoff and Henikoff 1992).
    """
    matrix = substitution_matrices.load("BLOSUM62")
    scores = [[matrix[a][b] for b in AMINO_ACIDS] for a in AMINO_ACIDS]
    return 2 ** (torch.tensor(scores, dtype=torch.float64) / 2)


@cache
def background() -> Float[Tensor, "20"]:
    """Letter frequencies p that solve odds · p = 1, scaled to sum 1.

    Row a says that Σ_b p_b odds_ab = 1: partners of a letter sum to certainty.
    """
    frequencies = torch.linalg.solve(odds(), torch.ones(20, dtype=torch.float64))
    return frequencies / frequencies.sum()


@cache
def exchanges() -> Float[Tensor, "20 20"]:
    """P(new letter | old letter) ∝ p_new odds, given that the letter changes."""
    weights = (background() * odds()).fill_diagonal_(0)
    return weights / weights.sum(1, keepdim=True)


def draw_motif(*, seed: int) -> Int[Tensor, "5"]:
    """Five different letters, drawn at background frequencies."""
    generator = torch.Generator().manual_seed(seed)
    return torch.multinomial(background(), MOTIF, generator=generator)


def draw(people: int, motif: Int[Tensor, "5"], *, seed: int) -> Repertoires:
    """Repertoires of 40 receptors; every second person is ill.

    The witness stands at a random place, and the motif at a random place in it.
    Raises ValueError for fewer than two people or a motif of other than 5 letters.
    """
    if people < 2 or tuple(motif.shape) != (MOTIF,):
        raise ValueError(
            f"people is {people} and the motif has shape {tuple(motif.shape)}; "
            f"expected 2 or more, and ({MOTIF},)"
        )
    generator = torch.Generator().manual_seed(seed)
    letters = torch.multinomial(
        background(), people * RECEPTORS * LENGTH, True, generator=generator
    )
    receptors = letters.view(people, RECEPTORS, LENGTH)
    ill = torch.arange(people) % 2 == 1
    witness = torch.randint(RECEPTORS, (people,), generator=generator)
    start = torch.randint(LENGTH - MOTIF + 1, (people,), generator=generator)
    changed = torch.randint(MOTIF, (people,), generator=generator)
    carried = motif.repeat(people, 1)
    everyone = torch.arange(people)
    carried[everyone, changed] = torch.multinomial(
        exchanges()[motif[changed]], 1, generator=generator
    )[:, 0]
    for person in everyone[ill].tolist():
        place = slice(start[person], start[person] + MOTIF)
        receptors[person, witness[person], place] = carried[person]
    return Repertoires(receptors, ill, witness.masked_fill(~ill, -1))


def letters(receptor: Int[Tensor, " letter"]) -> str:
    """A receptor or a motif as amino-acid letters."""
    return "".join(AMINO_ACIDS[place] for place in receptor.tolist())
