"""1.q1 · The dot score on the circle."""

import math

import torch

from course_utils.checks import expect
from course_utils.checks.item import Item

ITEM = Item(
    id="1.q1",
    title="A score on the circle",
    kind="implement",
    asks="score_on_circle",
    difficulty=1,
    minutes=6,
    lesson="1.1_a_simple_contest",
    hints=(
        "Each angle gives one key, (cos θ, sin θ). How many scores come out?",
        "Stack the keys into a matrix of shape (n_angles, 2). The query reaches the "
        "two coordinates of a key through W.",
        "keys = stack(cos(angles), sin(angles)) along a new last axis\n"
        "direction = query times weight        # two numbers\n"
        "one score for each key: keys times direction",
    ),
)


def _reference(query, angles, weight):
    keys = torch.stack([angles.cos(), angles.sin()], dim=-1)
    return keys @ (query @ weight)


@ITEM.check(1, "a query of length 1, W = identity")
def follows_the_cosine(student, rng):
    start = rng.uniform(0, 2 * math.pi, 1)
    query = torch.cat([start.cos(), start.sin()])
    angles = rng.uniform(-7, 7, 17)
    got = student.score_on_circle(query, angles, torch.eye(2, dtype=torch.float64))
    expect.tensor(got, (angles - start).cos(), "score_on_circle(…)")


@ITEM.check(1, "queries of any length and dimension, any W")
def follows_any_matrix(student, rng):
    for d_query in (2, 3, 5):
        query, weight = 3 * rng.normal(d_query), rng.normal(d_query, 2)
        angles = rng.uniform(-7, 7, 11 + d_query)
        got = student.score_on_circle(query, angles, weight)
        expect.tensor(got, _reference(query, angles, weight), "score_on_circle(…)")


@ITEM.alternative
def harmonic(query, angles, weight):
    """R cos(θ − φ)."""
    east, north = (query @ weight).tolist()
    return math.hypot(east, north) * (angles - math.atan2(north, east)).cos()


@ITEM.alternative
def one_by_one(query, angles, weight):
    scores = [
        float(query @ weight @ query.new_tensor([math.cos(angle), math.sin(angle)]))
        for angle in angles.tolist()
    ]
    return query.new_tensor(scores)


@ITEM.mutant("The score keeps the query's length: s = ‖Wᵀq‖ cos(θ − φ).")
def normalises_query(query, angles, weight):
    return _reference(query / query.norm(), angles, weight)


@ITEM.mutant("A score is a product; the cosine divides by the lengths.")
def cosine_instead_of_dot(query, angles, weight):
    return _reference(query, angles, weight) / (query @ weight).norm()


@ITEM.mutant("The score is the cosine of the angle, times a length, not the angle.")
def returns_the_angle(query, angles, weight):
    return cosine_instead_of_dot(query, angles, weight).clamp(-1, 1).arccos()


@ITEM.mutant("The angles are radians already.")
def takes_degrees(query, angles, weight):
    return _reference(query, angles * math.pi / 180, weight)


@ITEM.mutant("A key is (cos θ, sin θ): the cosine comes first.")
def swaps_cosine_and_sine(query, angles, weight):
    return _reference(query, math.pi / 2 - angles, weight)


@ITEM.mutant("W stands between query and key: s = qᵀ W k. It was not used.")
def ignores_weight(query, angles, weight):
    return _reference(query, angles, torch.eye(len(query), 2, dtype=query.dtype))


@ITEM.mutant("s = qᵀ W k; this is qᵀ Wᵀ k, which is the same only for a symmetric W.")
def transposes_weight(query, angles, weight):
    return _reference(query, angles, weight.T)


@ITEM.mutant(
    "One score for each angle: the shape is (n_angles,), without an axis of 1."
)
def returns_a_column(query, angles, weight):
    return _reference(query, angles, weight).unsqueeze(-1)
