"""1.q10 · The exact ceiling of a family of scorers, and a rule that attains it."""

import itertools
import math

import numpy as np
import torch
from scipy.optimize import linprog

from course_utils.checks import expect
from course_utils.checks.chapter1 import exact_tables, tables
from course_utils.checks.item import Item

PARTS = ("right", "weights", "threshold")
ITEM = Item(
    id="1.q10",
    title="A ceiling, proved by computation",
    kind="implement",
    asks="best_rule",
    difficulty=3,
    minutes=30,
    lesson="1.2_when_similarity_fails",
    seconds=60,  # to try every set of rows given up takes a while
    hints=(
        "Whether *all* rows of a set can be right is a question with an exact answer. "
        "Training is no proof.",
        "A set of rows can be separated when labels · (features w − t) ≥ 1 has a "
        "solution: a linear programme. Give up 0 rows, then 1, then 2, … until it has; "
        "or let an integer programme choose the rows to give up. The solution holds "
        "w and t.",
        "for errors in 0, 1, 2, …:\n"
        "    for every set of rows that leaves out `errors` rows:\n"
        "        linprog with objective 0, unknowns w and t, free bounds\n"
        "        if it is feasible: return rows − errors, and its w and t",
    ),
)


def _compare(student, features, labels, what):
    """The best count, and a rule that attains it: ties are wrong, no rounding."""
    got = student.best_rule(features, labels)
    right, weights, threshold = expect.parts(got, PARTS, f"{what}: best_rule(…)")
    right = expect.value(right, f"{what}: right")
    expect.shaped(weights, (features.shape[1],), f"{what}: weights")
    threshold = expect.value(threshold, f"{what}: threshold")
    expect.require(
        bool(weights.isfinite().all()) and math.isfinite(threshold),
        f"{what}: the rule holds NaN or infinity.",
    )
    best = tables.ceiling(features, labels)
    sides = tables.sides(features, labels, weights.tolist(), threshold)
    attained = sides.count(1)
    _require_attained(right, attained, sides, best, what)
    expect.require(
        right == best,
        f"{what}: your rule gets {attained} of {len(labels)} rows right; {best} can "
        "be. What a search or a training run reached is no proof of what can be.",
    )


def _require_attained(right, attained, sides, best, what):
    mistake = None
    if sides.count(0) and right == attained + sides.count(0):
        mistake = "counts_ties_as_right"
    elif right == len(sides) > best:
        mistake = "claims_every_row"
    elif right == len(sides) - attained:
        mistake = "counts_the_errors"
    expect.require(
        right == attained,
        f"{what}: right is {right:g}, but your weights and threshold get {attained} of "
        f"{len(sides)} rows right, {sides.count(0)} on the threshold.",
        mistake,
    )


def _grid(rng, count, width):
    """Points of whole numbers: no margin is thin by accident."""
    return (2 * rng.normal(count, width)).round()


@ITEM.check(1, "tables that can be solved")
def solves_what_can_be_solved(student, rng):
    query, key = tables.pairs()
    features = tables.products(query, key)
    _compare(student, features, tables.both(query, key), "“both agree”")
    points = _grid(rng, 9, 3)
    away = points @ rng.normal(3)
    labels = torch.where(away > away.sort().values[2:4].mean(), 1.0, -1.0)
    _compare(student, points, labels.double(), "nine points cut by a plane off centre")
    line = torch.tensor([[-1.0], [-0.5], [0.2], [0.5], [40.0]]).double()
    ends = torch.tensor([-1.0, -1.0, 1.0, 1.0, 1.0]).double()
    _compare(student, line, ends, "five points, one far away")


@ITEM.check(1, "exactly one agrees; repeated rows, few positives, random labels")
def finds_other_ceilings(student, rng):
    query, key = tables.pairs()
    shuffled = rng.order(16)
    products = tables.products(query, key)[shuffled]
    labels = tables.exactly_one(query, key)[shuffled]
    _compare(student, products, labels, "products q_i k_j")
    for count, width in ((9, 2), (11, 3)):
        features = rng.signs(count, width)
        _compare(student, features, rng.signs(count), f"{count} rows of ±1")
    features, labels = _grid(rng, 10, 2), -torch.ones(10).double()
    labels[rng.order(10)[:3]] = 1.0
    _compare(student, features, labels, "three positives among ten points")
    bit = torch.tensor([[0.0], [0.0], [1.0], [2.0], [2.0]]).double()
    one = torch.tensor([1.0, 1.0, -1.0, 1.0, 1.0]).double()
    _compare(student, bit, one, "a hole in the middle")


@ITEM.check(2, "thin margins, and rows far away that must be given up")
def finds_what_search_and_training_miss(student, rng):
    _compare(student, *exact_tables.thin(rng), "a thin margin")
    _compare(student, *exact_tables.thin(rng, 2), "a thin margin and two outliers")


@ITEM.alternative
def integer_programme(features, labels):
    right, weights, threshold = tables.best_rule(features, labels)
    return right, torch.tensor(weights).double(), threshold


@ITEM.alternative
def fewest_rows_given_up(features, labels):
    rows = np.column_stack([features.numpy(), -np.ones(len(labels))])
    sides = -labels.numpy()[:, None] * rows
    for errors in range(len(labels)):
        for left_out in itertools.combinations(range(len(labels)), errors):
            kept = np.delete(sides, left_out, axis=0)
            solved = linprog(
                np.zeros(rows.shape[1]),
                A_ub=kept,
                b_ub=-np.ones(len(kept)),
                bounds=(None, None),
            )
            if solved.status == 0:
                return [len(labels) - errors, solved.x[:-1], torch.tensor(solved.x[-1])]
    raise AssertionError  # without rows every rule is right


def _rule(features, labels, weights, threshold):
    """The rule, with the count of rows that it gets right."""
    away = features @ weights - threshold
    return int((away * labels > 0).sum()), weights, float(threshold)


@ITEM.mutant("The threshold may be anything; here it stays at 0.")
def no_threshold(features, labels):
    _, weights, _ = tables.best_rule(features, labels, threshold=False)
    return _rule(features, labels, torch.tensor(weights).double(), 0.0)


@ITEM.mutant("Every row the same answer: that is the worst a threshold can do.")
def majority_only(features, labels):
    side = 1.0 if labels.sum() < 0 else -1.0
    return _rule(features, labels, torch.zeros(features.shape[1]).double(), side)


@ITEM.mutant("Least squares minimises another error than the count of wrong rows.")
def least_squares(features, labels):
    fitted = torch.linalg.pinv(_with_ones(features)) @ labels
    return _rule(features, labels, fitted[:-1], -fitted[-1])


@ITEM.mutant(
    "Training stops where it stops; it shows what was reached, not what can be."
)
def perceptron(features, labels):
    rows = _with_ones(features)
    w = torch.zeros(rows.shape[1]).double()
    for _ in range(100):
        for row, label in zip(rows, labels, strict=True):
            if label * (row @ w) <= 0:
                w = w + label * row
    return _rule(features, labels, w[:-1], -w[-1])


@ITEM.mutant(
    "The logistic loss is no count of rows: what lowers it may lose some of them."
)
def trained_by_gradient(features, labels):
    """Adam on the logistic loss, 2000 steps."""
    sides = (labels[:, None] * _with_ones(features)).numpy()
    w = np.zeros(sides.shape[1])
    mean, square = w.copy(), w.copy()
    for step in range(1, 2001):
        slope = -(sides.T @ (1 / (1 + np.exp(np.clip(sides @ w, -500, 500)))))
        mean = 0.9 * mean + 0.1 * slope
        square = 0.999 * square + 0.001 * slope**2
        scale = np.sqrt(square / (1 - 0.999**step)) + 1e-8
        w -= 0.05 * mean / (1 - 0.9**step) / scale
    w = torch.from_numpy(w)
    return _rule(features, labels, w[:-1], -w[-1])


@ITEM.mutant("A random rule hardly ever hits a thin margin, however many are drawn.")
def random_search(features, labels):
    """5000 random directions, each with its best threshold."""
    generator = torch.Generator().manual_seed(0)
    drawn = torch.randn(5000, features.shape[1], generator=generator).double()
    scores = drawn @ features.T
    ordered = scores.sort(1).values
    cuts = torch.cat([ordered[:, :1] - 1, (ordered[:, 1:] + ordered[:, :-1]) / 2], 1)
    right = ((scores[:, None] - cuts[:, :, None]) * labels > 0).sum(-1)
    best, cut = divmod(int(right.argmax()), cuts.shape[1])
    return _rule(features, labels, drawn[best], cuts[best, cut])


@ITEM.mutant("A score that equals the threshold is on no side: w = 0 would win all.")
def counts_ties_as_right(features, labels):
    return len(labels), torch.zeros(features.shape[1]).double(), 0.0


@ITEM.mutant("Some rows cannot all be right at once: count what one rule gets right.")
def claims_every_row(features, labels):
    _, weights, threshold = tables.best_rule(features, labels)
    return len(labels), torch.tensor(weights).double(), threshold


@ITEM.mutant("Weights may be negative too; here only rising scores are tried.")
def positive_weights_only(features, labels):
    return _single_cut(features, labels, [torch.ones(features.shape[1]).double()])


@ITEM.mutant("One feature at a time: a weighted sum of several can do more.")
def best_single_feature(features, labels):
    eye = torch.eye(features.shape[1], dtype=torch.float64)
    return _single_cut(features, labels, [*eye, *-eye])


def _with_ones(features):
    return torch.cat([features, torch.ones(len(features), 1).double()], dim=1)


def _single_cut(features, labels, directions):
    rules = []
    for weights in directions:
        score = features @ weights
        cuts = [*(score.unique() - 1e-6), score.max() + 1]
        rules += [_rule(features, labels, weights, cut) for cut in cuts]
    return max(rules, key=lambda rule: rule[0])


@ITEM.mutant("This is the count of rows given up; the rest is right.")
def counts_the_errors(features, labels):
    right, weights, threshold = tables.best_rule(features, labels)
    return len(labels) - right, torch.tensor(weights).double(), threshold
