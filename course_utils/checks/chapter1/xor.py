"""1.q7 · Weights that solve the XOR rule, set by hand."""

import itertools

import torch

from course_utils.checks import expect
from course_utils.checks.chapter1 import parameters
from course_utils.checks.item import Item

ITEM = Item(
    id="1.q7",
    title="A judge built by hand",
    kind="implement",
    asks="xor_scorer",
    difficulty=3,
    minutes=25,
    lesson="1.3_a_learned_judge",
    hints=(
        "Add the four signs: S = q₁ + q₂ + k₁ + k₂. For which values of S is the pair "
        "relevant?",
        "Relevant are S = −2 and S = 2; irrelevant −4, 0 and 4. A steep tanh is a "
        "step. Up at −3, down at −1, up at 1, down at 3 makes two plateaus; the bias "
        "says where a step stands.",
        "every unit reads β·S: ones times β in the columns of the two features,\n"
        "zeros in all others, in w_query and in w_key alike\n"
        "four units, bias = β · (3, 1, −1, −3), v = (1, −1, 1, −1)\n"
        "β about 2",
    ),
)


def _table(dim, first, second, others):
    """All 16 pairs among 4 queries and 4 keys, and which are relevant."""
    sides = torch.tensor(list(itertools.product([-1.0, 1.0], repeat=2))).double()
    query, key = others[:4].clone(), others[4:].clone()
    query[:, [first, second]] = sides
    key[:, [first, second]] = sides
    agree = (sides[:, None] * sides).prod(-1)  # +1: both or none
    return query, key, agree < 0


def _gap(student, dim, first, second, others, *, per_query):
    """The smallest distance from relevant scores down to irrelevant ones."""
    got = student.xor_scorer(dim, first, second)
    read = parameters.read(got, dim, f"xor_scorer({dim}, {first}, {second})")
    query, key, relevant = _table(dim, first, second, others)
    scores = parameters.score(query, key, read)
    lowest = scores.masked_fill(~relevant, torch.inf)
    highest = scores.masked_fill(relevant, -torch.inf)
    if per_query:
        return float((lowest.amin(1) - highest.amax(1)).min())
    return float(lowest.min() - highest.max())


def _require_gap(gap, dim, first, second, where="for one query"):
    expect.require(
        gap >= 0.5,
        f"dim {dim}, features {first} and {second}: {where}, the lowest relevant score "
        f"minus the highest irrelevant one is {gap:.3g}; expected at least 0.5.",
    )


@ITEM.check(1, "two features: every query ranks its keys")
def ranks_two_features(student, rng):
    for first, second in ((0, 1), (1, 0)):
        gap = _gap(student, 2, first, second, rng.signs(8, 2), per_query=True)
        _require_gap(gap, 2, first, second)


@ITEM.check(1, "two features among several, anywhere")
def ranks_any_two_features(student, rng):
    for dim in (3, 5, 6):
        first, second = rng.order(dim)[:2]
        gap = _gap(student, dim, first, second, rng.signs(8, dim), per_query=True)
        _require_gap(gap, dim, first, second)


@ITEM.check(1, "one threshold for all queries")
def one_threshold_for_all(student, rng):
    first, second = rng.order(4)[:2]
    gap = _gap(student, 4, first, second, rng.signs(8, 4), per_query=False)
    _require_gap(gap, 4, first, second, "over all queries")


def _scorer(dim, columns, factor, bias, v):
    """Units that all read factor · (sum of the columns of query and key)."""
    weight = torch.zeros(len(v), dim)
    weight[:, columns] = torch.tensor(factor)[:, None].expand(-1, len(columns))
    return {
        "w_query": weight,
        "w_key": weight.clone(),
        "v": torch.tensor(v),
        "bias": torch.tensor(bias),
    }


def _staircase(dim, columns, steepness=2.0, sign=1.0):
    places = [3 * steepness, steepness, -steepness, -3 * steepness]
    return _scorer(dim, columns, [steepness] * 4, places, [sign, -sign, sign, -sign])


@ITEM.alternative
def sawtooth(dim, first, second):
    """Two steps up and a slope down: three units."""
    slope = 0.02
    return _scorer(
        dim,
        [first, second],
        [6.0, 6.0, slope],
        [18.0, -6.0, 0.0],
        [1.0, 1.0, -0.5 / slope],
    )


@ITEM.alternative
def pair_of_bumps(dim, first, second):
    """Four bumps, one around each relevant pair of sums q₁ + q₂ and k₁ + k₂."""
    parts = {name: [] for name in parameters.NAMES}
    for total, edge in itertools.product((-2.0, 2.0), (1.0, -1.0)):
        row = torch.zeros(dim)
        row[[first, second]] = 3.0
        parts["w_query"].append(row)
        parts["w_key"].append(row)
        parts["v"].append(torch.tensor(5.0 * edge))
        parts["bias"].append(torch.tensor(-3.0 * (total - edge)))
    return {name: torch.stack(values) for name, values in parts.items()}


@ITEM.mutant("With b = 0 the score is odd, and the rule is even: half of it is lost.")
def no_bias(dim, first, second):
    got = _staircase(dim, [first, second])
    return got | {"bias": torch.zeros(4)}


@ITEM.mutant("This is XOR of one feature; the rule is about two.")
def one_feature_only(dim, first, second):
    return _scorer(dim, [first], [3.0, 3.0], [3.0, -3.0], [-1.0, 1.0])


@ITEM.mutant("The features are those named in the call, not always the first two.")
def always_the_first_two(dim, first, second):
    return _staircase(dim, [0, 1])


@ITEM.mutant("Every feature was added to the sum; the others must not count.")
def sums_every_feature(dim, first, second):
    return _staircase(dim, list(range(dim)))


@ITEM.mutant("Relevant pairs score lowest here: turn the signs of v around.")
def upside_down(dim, first, second):
    return _staircase(dim, [first, second], sign=-1.0)


@ITEM.mutant("Two units make one plateau: S = −2 is covered, S = 2 is not.")
def two_units(dim, first, second):
    return _scorer(dim, [first, second], [2.0, 2.0], [6.0, 2.0], [1.0, -1.0])


@ITEM.mutant("The steps are so flat that they melt into each other: larger weights.")
def flat_steps(dim, first, second):
    return _staircase(dim, [first, second], steepness=0.1)


@ITEM.mutant("The key was not read: W_k must see its features as W_q does.")
def reads_the_query_only(dim, first, second):
    got = _staircase(dim, [first, second])
    return got | {"w_key": torch.zeros(4, dim)}
