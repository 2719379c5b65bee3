"""The sixteen pairs of the two-feature rule, and what scorers can do on them."""

import itertools
from fractions import Fraction
from functools import lru_cache

import numpy as np
import torch
from scipy.optimize import Bounds, LinearConstraint, milp
from torch import Tensor

from course_utils.attention import bilinear_score

SIDES = torch.tensor(
    list(itertools.product([-1.0, 1.0], repeat=2)), dtype=torch.float64
)  # the four queries, and the four keys


def pairs() -> tuple[Tensor, Tensor]:
    """All 16 pairs (query, key) of two ±1 features; each (16, 2)."""
    return SIDES.repeat_interleave(4, dim=0), SIDES.repeat(4, 1)


def products(query: Tensor, key: Tensor) -> Tensor:
    """What a bilinear score weighs: all q_i k_j of a pair, (16, 4)."""
    return torch.einsum("ni,nj->nij", query, key).flatten(1)


def exactly_one(query: Tensor, key: Tensor) -> Tensor:
    """+1 where exactly one feature agrees, −1 elsewhere."""
    return -(query * key).prod(-1)


def both(query: Tensor, key: Tensor) -> Tensor:
    """+1 where both features agree, −1 elsewhere."""
    return torch.where((query * key > 0).all(-1), 1.0, -1.0).double()


Rule = tuple[int, tuple[float, ...], float]  # rows right, weights, threshold


def ceiling(features: Tensor, labels: Tensor, *, threshold: bool = True) -> int:
    """Most rows that sign(features · w − threshold) can get right, over all w."""
    return best_rule(features, labels, threshold=threshold)[0]


def best_rule(features: Tensor, labels: Tensor, *, threshold: bool = True) -> Rule:
    """How many rows one rule can get right, and weights and threshold that do.

    Exact for small tables: a mixed-integer programme that gives up as few rows
    as it can, with margin 1 and |w|, |threshold| ≤ 200.
    """
    table = tuple(map(tuple, features.tolist())), tuple(labels.tolist())
    return _best_rule(*table, threshold)


@lru_cache(maxsize=256)
def _best_rule(features: tuple, labels: tuple, threshold: bool) -> Rule:
    rows, signs = np.array(features), np.array(labels)[:, None]
    count, width = rows.shape
    offset = -np.ones((count, 1)) if threshold else np.zeros((count, 1))
    given_up = 1e3 * np.eye(count)
    sides = np.hstack([signs * rows, signs * offset, given_up])
    free = np.zeros(width + 1)
    ones = np.ones(count)
    solved = milp(
        np.concatenate([free, ones]),
        constraints=LinearConstraint(sides, 1, np.inf),
        integrality=np.concatenate([free, ones]),
        bounds=Bounds(
            np.concatenate([free - 200, 0 * ones]), np.concatenate([free + 200, ones])
        ),
        options={"presolve": False},  # with it, HiGHS prints
    )
    *weights, limit = solved.x[: width + 1].tolist()
    return count - round(solved.fun), tuple(weights), limit if threshold else 0.0


def sides(features: Tensor, labels: Tensor, weights, threshold) -> list[int]:
    """+1 for a row that the rule gets right, −1 for a wrong one, 0 for a tie.

    In exact fractions of the numbers given, so that no rounding decides.
    """
    w, t = [Fraction(x) for x in weights], Fraction(threshold)
    found = []
    for row, label in zip(features.tolist(), labels.tolist(), strict=True):
        away = sum(Fraction(x) * y for x, y in zip(row, w, strict=True)) - t
        found.append(int(label) * ((away > 0) - (away < 0)))
    return found


def pairwise_order(scores: Tensor, relevant: Tensor) -> float:
    """AUC: how often a relevant key stands above another; ties count half."""
    gaps = scores[relevant][:, None] - scores[~relevant]
    return float(((gaps > 0).double() + (gaps == 0).double() / 2).mean())


def mean_order(weight: Tensor) -> float:
    """AUC of a bilinear score for the XOR rule, mean over the four queries."""
    scores = bilinear_score(SIDES, SIDES, weight)
    relevant = exactly_one(SIDES[:, None], SIDES) > 0
    rows = zip(scores, relevant, strict=True)
    return sum(pairwise_order(row, right) for row, right in rows) / 4


def best_key_is_right(weight: Tensor) -> int:
    """For how many of the four queries the highest score is a relevant key's."""
    scores = bilinear_score(SIDES, SIDES, weight)
    relevant = exactly_one(SIDES[:, None], SIDES) > 0
    return int(relevant.gather(1, scores.argmax(1, keepdim=True)).sum())
