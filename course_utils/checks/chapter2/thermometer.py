"""2.q9 · Read the temperature off the weights."""

import torch

from course_utils.attention import softmax
from course_utils.checks import expect
from course_utils.checks.item import Item

ITEM = Item(
    id="2.q9",
    title="A thermometer for weights",
    kind="implement",
    asks="temperature_of",
    difficulty=2,
    minutes=12,
    lesson="2.3_the_art_of_scaling",
    hints=(
        "A query adds a number of its own to the logarithms of its weights. What is "
        "left when you compare two of its keys?",
        "ln α differs by Δe/τ between two keys of a query. Use pairs whose scores "
        "differ and whose weights are not 0, and give near ties little say.",
        "for each query: leave out keys with weight 0\n"
        "centre its scores and its ln weights, each by their own mean\n"
        "sum products and squares over all queries: the slope of a straight line\n"
        "the slope is 1/τ",
    ),
)


def _compare(student, scores, temperature):
    weights = softmax(scores, temperature=temperature)
    got = student.temperature_of(scores, weights)
    expect.number(got, temperature, "temperature_of(…)", rel=1e-3)


@ITEM.check(1, "every weight above 0")
def reads_the_temperature(student, rng):
    for shape, temperature in (((1, 3), 0.7), ((4, 6), 2.3), ((5, 2), 1.4)):
        _compare(student, rng.normal(*shape), temperature)


@ITEM.check(1, "queries with another offset, or with all scores equal")
def ignores_offsets(student, rng):
    for temperature in (0.6, 3.0):
        scores = rng.normal(5, 4) + 40 * rng.normal(5, 1)
        scores[2] = 7.0
        _compare(student, scores, temperature)


@ITEM.check(1, "cold: some weights are exactly 0")
def stands_vanished_weights(student, rng):
    scores = rng.normal(3, 7)
    scores[:, 0] = scores.max() + 1
    scores[:, 1] = scores[:, 0] - rng.uniform(0.1, 0.3, 3)
    scores[:, 2] = scores[:, 0] - 40
    _compare(student, scores, 0.04)


def _shown(scores, weights):
    """Rows of (scores, log weights) without the weights that vanished."""
    for row, shares in zip(scores.double(), weights.double(), strict=True):
        yield row[shares > 0], shares[shares > 0].log()


@ITEM.alternative
def by_a_straight_line(scores, weights):
    over, under = 0.0, 0.0
    for row, logs in _shown(scores, weights):
        row, logs = row - row.mean(), logs - logs.mean()
        over, under = over + float(row @ row), under + float(row @ logs)
    return over / under


@ITEM.alternative
def by_the_widest_pair(scores, weights):
    best = (0.0, 1.0)
    for row, logs in _shown(scores, weights):
        high, low = row.argmax(), row.argmin()
        best = max(best, (float(row[high] - row[low]), float(logs[high] - logs[low])))
    return best[0] / best[1]


def _fit(scores, weights, centre=True, keep=True, row_by_row=True):
    logs = weights.log()
    kept = weights > 0 if keep else torch.ones_like(weights, dtype=torch.bool)
    if row_by_row:
        pairs = [(s[k], w[k]) for s, w, k in zip(scores, logs, kept, strict=True)]
    else:
        pairs = [(scores[kept], logs[kept])]
    if centre:
        pairs = [(s - s.mean(), w - w.mean()) for s, w in pairs]
    return sum(s @ s for s, _ in pairs) / sum(s @ w for s, w in pairs)


@ITEM.mutant("That is γ, the inverse: colder is sharper, and a smaller τ.")
def returns_gamma(scores, weights):
    return 1 / by_a_straight_line(scores, weights)


@ITEM.mutant("ln α holds the query's own ln Σ as well: compare keys of one query.")
def forgets_the_sum(scores, weights):
    return _fit(scores, weights, centre=False)


@ITEM.mutant("Each query has an offset of its own: centre each by itself.")
def one_centre_for_all(scores, weights):
    return _fit(scores, weights, row_by_row=False)


@ITEM.mutant("ln 0 is −∞ and spoils the sums: leave vanished weights out.")
def keeps_vanished_weights(scores, weights):
    return _fit(scores, weights, keep=False)


@ITEM.mutant("A floor under the weights makes up logarithms: leave those keys out.")
def floor_under_the_weights(scores, weights):
    return _fit(scores, weights.clamp(min=1e-12))


@ITEM.mutant("The ratio of the weights is e to the difference: take its logarithm.")
def forgets_the_logarithm(scores, weights):
    high, low = scores[0].argmax(), scores[0].argmin()
    return (scores[0, high] - scores[0, low]) / (weights[0, high] - weights[0, low])


@ITEM.mutant("The sign is turned: the higher score has the higher weight.")
def sign_turned(scores, weights):
    return -by_a_straight_line(scores, weights)


@ITEM.mutant("Softmax raises e to the scores: take natural logarithms, not base 2.")
def base_2(scores, weights):
    ratio = torch.log(torch.tensor(2.0)).item()
    return ratio * by_a_straight_line(scores, weights)


@ITEM.mutant("The slope of ln α over e is 1/τ, not 1/τ².")
def square_root(scores, weights):
    return by_a_straight_line(scores, weights) ** 0.5
