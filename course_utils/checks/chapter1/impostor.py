"""1.q2 · How long an impostor must be to win."""

import math

import torch

from course_utils.checks import expect
from course_utils.checks.item import Item

ITEM = Item(
    id="1.q2",
    title="The impostor's length",
    kind="implement",
    asks="impostor_threshold",
    difficulty=1,
    minutes=8,
    lesson="1.2_when_similarity_fails",
    hints=(
        "Write down both scores. Which of them grows with the length?",
        "The impostor scores length · q·u, where u is its direction with length 1. "
        "Set that equal to q·k. What if q·u is not positive?",
        "unit = direction divided by its norm\n"
        "slope = query · unit\n"
        "if slope is not positive: infinity\n"
        "otherwise: (query · key) divided by slope",
    ),
)


def _acute(query, direction):
    return direction if query @ direction > 0 else -direction


@ITEM.check(1, "directions within 90° of the query")
def finds_where_scores_meet(student, rng):
    for dim in (2, 3, 7):
        query, direction = 2 * rng.normal(dim), 3 * rng.normal(dim)
        key = _acute(query, rng.normal(dim))
        direction = _acute(query, direction)
        length = student.impostor_threshold(query, key, direction)
        expect.number(
            length, _reference(query, key, direction), "impostor_threshold(…)"
        )


@ITEM.check(1, "directions at 90° and beyond")
def never_wins_from_behind(student, rng):
    for dim in (2, 5):
        query = rng.normal(dim)
        key, behind = _acute(query, rng.normal(dim)), -_acute(query, rng.normal(dim))
        length = student.impostor_threshold(query, key, behind)
        expect.number(length, math.inf, "with query · direction < 0, the length")
    query, across = torch.tensor([3.0, 4.0, 0.0]), torch.tensor([4.0, -3.0, 2.0])
    length = student.impostor_threshold(query.double(), query.double(), across.double())
    expect.number(length, math.inf, "with query · direction = 0, the length")


def _reference(query, key, direction):
    slope = float(query @ direction) / float(direction.norm())
    return float(query @ key) / slope if slope > 0 else math.inf


@ITEM.alternative
def by_cosines(query, key, direction):
    cosine = torch.cosine_similarity(query, direction, dim=0)
    if cosine <= 0:
        return torch.tensor(float("inf"))
    return (query * key).sum() / (query.norm() * cosine)


@ITEM.alternative
def by_sums(query, key, direction):
    along = sum(a * b for a, b in zip(query.tolist(), direction.tolist(), strict=True))
    score = sum(a * b for a, b in zip(query.tolist(), key.tolist(), strict=True))
    size = math.sqrt(sum(a * a for a in direction.tolist()))
    return score * size / along if along > 0 else float("inf")


@ITEM.mutant("The length is that of the impostor: give its direction length 1 first.")
def forgets_to_normalise(query, key, direction):
    slope = float(query @ direction)
    return float(query @ key) / slope if slope > 0 else math.inf


@ITEM.mutant("1/cosine holds only where the true key is the query and has length 1.")
def assumes_a_unit_key(query, key, direction):
    cosine = float(torch.cosine_similarity(query, direction, dim=0))
    return 1 / cosine if cosine > 0 else math.inf


@ITEM.mutant("The true key's score is q·k; here its length was divided away.")
def normalises_the_key(query, key, direction):
    return _reference(query, key / key.norm(), direction)


@ITEM.mutant("An impostor that points away scores below zero: it never wins.")
def uses_the_absolute_value(query, key, direction):
    slope = abs(float(query @ direction)) / float(direction.norm())
    return float(query @ key) / slope if slope > 0 else math.inf


@ITEM.mutant("A negative length means that the scores never meet: return infinity.")
def returns_a_negative_length(query, key, direction):
    slope = float(query @ direction) / float(direction.norm())
    return float(query @ key) / slope if slope else math.inf


@ITEM.mutant("0 would say that any length wins. These impostors never win: infinity.")
def returns_zero_for_never(query, key, direction):
    length = _reference(query, key, direction)
    return 0.0 if math.isinf(length) else length


@ITEM.mutant("The fraction is upside down: the impostor needs (q·k) / (q·u).")
def inverts_the_ratio(query, key, direction):
    return 1 / _reference(query, key, direction)


@ITEM.mutant("Where q·u is exactly 0 the scores never meet either: that is infinity.")
def divides_by_zero(query, key, direction):
    slope = float(query @ direction) / float(direction.norm())
    return math.inf if slope < 0 else float(query @ key) / slope
