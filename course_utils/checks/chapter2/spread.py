"""2.q3 · The variance of a score, over all pairs and across the keys of a query."""

import torch

from course_utils.checks import expect
from course_utils.checks.item import Item

ITEM = Item(
    id="2.q3",
    title="Whose variance?",
    kind="implement",
    asks="score_variances",
    difficulty=2,
    minutes=12,
    lesson="2.1_scores_grow",
    hints=(
        "What stays the same for all keys of one query, and what does it add to each "
        "score?",
        "Fix the query: then q·k is a weighted sum of the key's components, and the "
        "variance follows. Average over queries; the square of a component has a mean "
        "that holds its mean as well.",
        "for each component, and then in sum:\n"
        "  E[q²] = variance + squared mean, and so for k\n"
        "  all pairs: E[q²] E[k²] less the squared mean of the product\n"
        "  across keys: E[q²] times what differs from key to key",
    ),
)
NAMES = ("all pairs", "across keys")


def variances(mean_query, var_query, mean_key, var_key) -> dict:
    """Both variances, from sums over the components."""
    across = (var_key * (var_query + mean_query**2)).sum()
    return {
        "all pairs": across + (var_query * mean_key**2).sum(),
        "across keys": across,
    }


def _inputs(rng, dim, means=1.0):
    return (
        means * rng.signs(dim) * rng.uniform(0.5, 2, dim),
        rng.uniform(0.3, 3, dim),
        means * rng.signs(dim) * rng.uniform(0.5, 2, dim),
        rng.uniform(0.3, 3, dim),
    )


def _compare(student, given, *names):
    got = expect.keys(student.score_variances(*given), NAMES, "score_variances(…)")
    right = variances(*given)
    for name, value in zip(NAMES, got, strict=True):
        if name in names:
            expect.number(value, right[name].item(), f"{name!r}", rel=1e-4)


@ITEM.check(1, "means of 0")
def without_means(student, rng):
    for dim in (1, 7):
        _compare(student, _inputs(rng, dim, means=0.0), *NAMES)


@ITEM.check(1, "over all pairs, any means", part="all pairs")
def over_all_pairs(student, rng):
    for dim in (1, 3, 13):
        _compare(student, _inputs(rng, dim), "all pairs")


@ITEM.check(1, "across the keys of a query, any means", part="across keys")
def across_keys(student, rng):
    for dim in (1, 3, 13):
        _compare(student, _inputs(rng, dim), "across keys")


@ITEM.alternative
def by_second_moments(mean_query, var_query, mean_key, var_key):
    query, key = var_query + mean_query**2, var_key + mean_key**2
    return {
        "all pairs": float(query @ key - (mean_query * mean_key).square().sum()),
        "across keys": float(query @ var_key),
    }


@ITEM.alternative
def component_by_component(mean_query, var_query, mean_key, var_key):
    found = {"across keys": 0.0, "all pairs": 0.0}
    rows = torch.stack([mean_query, var_query, mean_key, var_key], dim=1).tolist()
    for m, v, n, w in rows:
        found["all pairs"] += v * w + v * n**2 + w * m**2
        found["across keys"] += v * w + w * m**2
    return found


def _wrong(name, says, all_pairs, across):
    def answer(mean_query, var_query, mean_key, var_key):
        given = (mean_query, var_query, mean_key, var_key)
        found = zip(NAMES, (all_pairs, across), strict=True)
        return {key: rule(*given).sum() for key, rule in found}

    ITEM.wrong(name, says, answer)


def _all(m, v, n, w):
    return v * w + v * n**2 + w * m**2


def _across(m, v, n, w):
    return w * (v + m**2)


def _neither(m, v, n, w):
    return v * w


for name, says, pairs, keys in (
    ("forgets_the_means", "The means do not matter only where they are 0.",
     _neither, _neither),
    ("across_without_means", "The queries' mean is a direction along which keys "
     "differ.",
     _all, _neither),
    ("pooled_over_queries", "The keys of one query share what the keys' mean adds; "
     "softmax does not see it.", _all, _all),
    ("queries_for_keys", "That is the variance over the queries of one key. Softmax "
     "runs over keys.", _all, lambda m, v, n, w: v * (w + n**2)),
    ("forgets_the_keys_mean", "Over all pairs the keys' mean counts too: queries "
     "differ along it.", _across, _across),
    ("forgets_the_queries_mean", "The queries' mean counts: keys differ along it.",
     lambda m, v, n, w: v * (w + n**2), _neither),
    ("mean_square", "That is the mean square of the score. Take the squared mean of "
     "each product away.", lambda m, v, n, w: (v + m**2) * (w + n**2), _across),
    ("squares_the_variances", "The arguments are variances, not standard deviations.",
     lambda m, v, n, w: _all(m, v**2, n, w**2),
     lambda m, v, n, w: w**2 * (v**2 + m**2)),
    ("averages_components", "The score is a sum over components, not an average.",
     lambda m, v, n, w: _all(m, v, n, w) / len(m),
     lambda m, v, n, w: _across(m, v, n, w) / len(m)),
    ("results_swapped", "The two results are exchanged.", _across, _all),
):  # fmt: skip
    _wrong(name, says, pairs, keys)
