"""1.q10 · The exact ceiling of a family of scorers."""

import itertools

import numpy as np
import torch
from scipy.optimize import linprog

from course_utils.checks import expect
from course_utils.checks.chapter1 import tables
from course_utils.checks.item import Item

ITEM = Item(
    id="1.q10",
    title="A ceiling, proved by computation",
    kind="implement",
    asks="best_ceiling",
    difficulty=3,
    minutes=30,
    lesson="1.2_when_similarity_fails",
    hints=(
        "Whether *all* rows of a set can be right is a question with an exact answer. "
        "Training is no proof.",
        "A set of rows can be separated when labels · (features w − t) ≥ 1 has a "
        "solution: a linear programme. Give up 0 rows, then 1, then 2, … until it has; "
        "or let an integer programme choose the rows to give up.",
        "for errors in 0, 1, 2, …:\n"
        "    for every set of rows that leaves out `errors` rows:\n"
        "        linprog with objective 0, unknowns w and t, free bounds\n"
        "        if it is feasible: return rows − errors",
    ),
)


def _compare(student, features, labels, what):
    got = student.best_ceiling(features, labels)
    right = tables.ceiling(features, labels)
    expect.number(got, right, f"{what}: best_ceiling(…)")


@ITEM.check(1, "tables that can be solved")
def solves_what_can_be_solved(student, rng):
    query, key = tables.pairs()
    features = tables.products(query, key)
    _compare(student, features, tables.both(query, key), "“both agree”")
    points = rng.normal(9, 3)
    away = points @ rng.normal(3)
    labels = torch.where(away > away.sort().values[2:4].mean(), 1.0, -1.0)
    _compare(student, points, labels.double(), "nine points cut by a plane off centre")
    line = torch.tensor([[-1.0], [-0.5], [0.2], [0.5], [40.0]]).double()
    ends = torch.tensor([-1.0, -1.0, 1.0, 1.0, 1.0]).double()
    _compare(student, line, ends, "five points, one far away")


@ITEM.check(2, "exactly one agrees: products, and the raw features")
def finds_the_ceiling_of_xor(student, rng):
    query, key = tables.pairs()
    labels = tables.exactly_one(query, key)
    shuffled = rng.order(16)
    products = tables.products(query, key)[shuffled]
    _compare(student, products, labels[shuffled], "products q_i k_j")
    dot = (query * key).sum(1, keepdim=True)
    _compare(student, dot, labels, "the plain dot product")


@ITEM.check(1, "other tables: repeated rows, few positives, random labels")
def finds_other_ceilings(student, rng):
    for count, width in ((9, 2), (11, 3)):
        features = rng.signs(count, width)
        _compare(student, features, rng.signs(count), f"{count} rows of ±1")
    features, labels = rng.normal(10, 2), -torch.ones(10).double()
    labels[rng.order(10)[:3]] = 1.0
    _compare(student, features, labels, "three positives among ten points")
    bit = torch.tensor([[0.0], [0.0], [1.0], [2.0], [2.0]]).double()
    one = torch.tensor([1.0, 1.0, -1.0, 1.0, 1.0]).double()
    _compare(student, bit, one, "a hole in the middle")


@ITEM.alternative
def integer_programme(features, labels):
    return tables.ceiling(features, labels)


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
                return len(labels) - errors
    return 0


@ITEM.mutant("The threshold may be anything; here it stays at 0.")
def no_threshold(features, labels):
    return tables.ceiling(features, labels, threshold=False)


@ITEM.mutant("Every row the same answer: that is the worst a threshold can do.")
def majority_only(features, labels):
    return int(max((labels > 0).sum(), (labels < 0).sum()))


@ITEM.mutant("Least squares minimises another error than the count of wrong rows.")
def least_squares(features, labels):
    rows = torch.cat([features, torch.ones(len(features), 1).double()], dim=1)
    fitted = rows @ torch.linalg.pinv(rows) @ labels
    return int((fitted * labels > 1e-9).sum())


@ITEM.mutant(
    "Training stops where it stops; it shows what was reached, not what can be."
)
def perceptron(features, labels):
    rows = torch.cat([features, torch.ones(len(features), 1).double()], dim=1)
    w = torch.zeros(rows.shape[1]).double()
    for _ in range(200):
        for row, label in zip(rows, labels, strict=True):
            if label * (row @ w) <= 0:
                w = w + label * row
    return int((rows @ w * labels > 0).sum())


@ITEM.mutant("A score that equals the threshold is on no side: w = 0 would win all.")
def counts_ties_as_right(features, labels):
    return len(labels)


@ITEM.mutant("Weights may be negative too; here only rising scores are tried.")
def positive_weights_only(features, labels):
    return _single_cut(features.sum(1), labels)


@ITEM.mutant("One feature at a time: a weighted sum of several can do more.")
def best_single_feature(features, labels):
    columns = features.unbind(1)
    return max(
        _single_cut(sign * column, labels) for column in columns for sign in (1, -1)
    )


def _single_cut(score, labels):
    cuts = torch.cat([score.unique() - 1e-6, score.max()[None] + 1])
    return max(int(((score - cut).sign() * labels > 0).sum()) for cut in cuts)


@ITEM.mutant("This is the count of rows given up; the rest is right.")
def counts_the_errors(features, labels):
    return len(labels) - tables.ceiling(features, labels)
