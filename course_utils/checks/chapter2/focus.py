"""2.q10 · The sharpness that a focus needs."""

import math

import torch

from course_utils.checks import expect
from course_utils.checks.item import Item

ITEM = Item(
    id="2.q10",
    title="The sharpness a focus needs",
    kind="implement",
    asks="gamma_for_focus",
    difficulty=2,
    minutes=18,
    lesson="2.4_stability_by_design",
    hints=(
        "How does the largest weight change while γ grows from 0? What are its two "
        "limits?",
        "The largest weight is 1 over a sum of e^(−γ · distance to the best cosine). "
        "It grows with γ, so halving an interval finds the γ. Decide the two limits "
        "first.",
        "gaps = best cosine − cosine, for every key\n"
        "weight(γ) = 1 / sum of e^(−γ gaps)\n"
        "weight(0) is enough → 0; the limit for huge γ is not → inf\n"
        "double an upper γ until it is enough, then halve the interval",
    ),
)


def _weight(gaps, gamma):
    return 1 / (-gamma * gaps).exp().sum().item()


def needed(target: float, cosines: torch.Tensor) -> float:
    """The smallest γ ≥ 0 that gives the largest weight `target`, by halving."""
    gaps = cosines.max() - cosines.double()
    if _weight(gaps, 0.0) >= target:
        return 0.0
    if 1 / int((gaps == 0).sum()) <= target:
        return math.inf
    low, high = 0.0, 1.0
    while _weight(gaps, high) < target:
        low, high = high, 2 * high
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if _weight(gaps, middle) >= target else (middle, high)
    return high


def _compare(student, target, cosines):
    got = student.gamma_for_focus(target, cosines)
    expect.number(
        got, needed(target, cosines), "gamma_for_focus(…)", rel=2e-3, abs=1e-3
    )


@ITEM.check(1, "all other keys alike, up to 1000 keys")
def others_alike(student, rng):
    for length, level in ((7, 0.25), (1000, 0.0), (31, -0.6)):
        cosines = torch.full((length,), level, dtype=torch.float64)
        cosines[rng.integer(0, length - 1)] = 0.9
        _compare(student, float(rng.uniform(0.7, 0.95)), cosines)


@ITEM.check(1, "any cosines")
def any_cosines(student, rng):
    for length in (3, 40, 700):
        cosines = rng.uniform(-0.9, 0.6, length)
        cosines[rng.integer(0, length - 1)] = 0.8
        _compare(student, float(rng.uniform(0.6, 0.9)), cosines)


@ITEM.check(1, "no sharpness needed, and none that is enough")
def at_the_limits(student, rng):
    cosines = rng.uniform(-0.9, 0.5, 5)
    _compare(student, 0.15, cosines)  # equal shares are more
    cosines[1] = cosines[3] = 0.7
    _compare(student, 0.6, cosines)  # a tie leaves each of two less than ½
    _compare(student, 0.4, cosines)


@ITEM.alternative
def by_logarithms(target, cosines):
    gaps = (cosines.max() - cosines).double()
    best = int((gaps == 0).sum())
    if target * len(gaps) <= 1:
        return 0
    if target * best >= 1:
        return torch.inf
    low, high = -30.0, 30.0  # of ln γ
    while high - low > 1e-9:
        middle = (low + high) / 2
        share = torch.log_softmax(-math.exp(middle) * gaps, 0).max().exp()
        low, high = (middle, high) if share < target else (low, middle)
    return math.exp(high)


@ITEM.alternative
def by_newton(target, cosines):
    """Newton on the convex ln Σ e^(−γ gap) + ln target, from 0."""
    gaps = cosines.max() - cosines
    if 1 / len(gaps) >= target:
        return torch.tensor(0.0)
    if 1 / (gaps == 0).sum() <= target:
        return torch.tensor(math.inf)
    gamma = torch.tensor(0.0, dtype=gaps.dtype)
    for _ in range(200):
        terms = (-gamma * gaps).exp()
        value = terms.sum().log() + math.log(target)
        gamma = gamma + value * terms.sum() / (terms * gaps).sum()
    return gamma


def _guess(target, cosines, others, gap):
    """ln(odds · others) / gap, within 0…inf; inf for a gap of 0."""
    value = math.log(target / (1 - target) * others)
    return max(0.0, value / gap) if gap > 0 else math.inf


def _gaps(cosines):
    return (cosines.max() - cosines).sort().values[1:]


@ITEM.mutant("The number of keys does not enter: each of them takes a share.")
def one_rival_only(target, cosines):
    return _guess(target, cosines, 1, _gaps(cosines)[0].item())


@ITEM.mutant("This holds where all other keys are as good as the second one.")
def all_as_good_as_the_second(target, cosines):
    return _guess(target, cosines, len(cosines) - 1, _gaps(cosines)[0].item())


@ITEM.mutant("This holds where all other keys have cosine 0 and the best one has 1.")
def assumes_orthogonal_keys(target, cosines):
    return _guess(target, cosines, len(cosines) - 1, 1.0)


@ITEM.mutant("This holds where all other keys have cosine −1 and the best one has 1.")
def assumes_opposite_keys(target, cosines):
    return _guess(target, cosines, len(cosines) - 1, 2.0)


@ITEM.mutant("A key near the best one counts for more than the mean gap tells.")
def uses_the_mean_gap(target, cosines):
    return _guess(target, cosines, len(cosines) - 1, _gaps(cosines).mean().item())


@ITEM.mutant("Only length − 1 keys are rivals of the best one.")
def counts_one_rival_too_many(target, cosines):
    return _guess(target, cosines, len(cosines), _gaps(cosines)[0].item())


@ITEM.mutant("That is a temperature, 1/γ.")
def returns_the_temperature(target, cosines):
    gamma = needed(target, cosines)
    return 1 / gamma if gamma else math.inf


@ITEM.mutant("At a tie no γ is enough, however large: return inf.")
def a_large_number_for_never(target, cosines):
    return min(needed(target, cosines), 1e6)


@ITEM.mutant("Where equal shares are enough, the smallest γ ≥ 0 is 0.")
def negative_where_none_is_needed(target, cosines):
    if target * len(cosines) < 1:
        return math.log(target / (1 - target) * (len(cosines) - 1))
    return needed(target, cosines)


@ITEM.mutant("A tie at the top has limits of its own: each of two gets less than ½.")
def forgets_ties(target, cosines):
    return needed(target, cosines.unique())
