"""2.q2 · How high a score may be before the sum of exponentials overflows."""

import math

from course_utils.checks import expect
from course_utils.checks.item import Item

HALF, FULL, DOUBLE = 65504.0, 3.4028234663852886e38, 1.7976931348623157e308

ITEM = Item(
    id="2.q2",
    title="How high may a score be?",
    kind="implement",
    asks="safe_limit",
    difficulty=1,
    minutes=8,
    lesson="2.2_the_tyranny_of_softmax",
    hints=(
        "How many terms has the sum, and how large is each beside the largest one?",
        "Write the sum of exponentials as e^best times a factor that holds no best. "
        "Set it equal to the largest float and take logarithms.",
        "factor = 1 for the best key\n"
        "       + one small term for each of the others, smaller by the gap\n"
        "ln(largest) = best + ln(factor); solve for best",
    ),
)


def limit(largest: float, length: int, gap: float) -> float:
    """The best score at which the sum of exponentials equals `largest`."""
    return math.log(largest) - math.log1p((length - 1) * math.exp(-gap))


def _compare(student, largest, length, gap):
    got = student.safe_limit(largest, length, gap)
    right = limit(largest, length, gap)
    expect.number(
        got, right, f"safe_limit({largest:.4g}, {length}, {gap:.3g})", rel=1e-4
    )


@ITEM.check(1, "all keys alike: gap 0")
def all_keys_alike(student, rng):
    for largest in (HALF, FULL):
        _compare(student, largest, rng.integer(20, 900), 0.0)


@ITEM.check(1, "the others lie behind, in any floating-point format")
def others_lie_behind(student, rng):
    for largest, low, high in ((HALF, 20, 60), (FULL, 300, 900), (DOUBLE, 5000, 9000)):
        gap = float(rng.uniform(0.5, 2.5))
        _compare(student, largest, rng.integer(low, high), gap)


@ITEM.alternative
def by_division(largest, length, gap):
    return math.log(largest / (1 + (length - 1) / math.exp(gap)))


@ITEM.alternative
def term_by_term(largest, length, gap):
    total = math.fsum([1.0] + [math.exp(-gap)] * (length - 1))
    return math.log(largest) - math.log(total)


@ITEM.mutant("That is where a single term overflows. The sum gets there earlier.")
def ignores_the_length(largest, length, gap):
    return math.log(largest)


@ITEM.mutant("This treats all keys as equal: the gap was not used.")
def ignores_the_gap(largest, length, gap):
    return math.log(largest) - math.log(length)


@ITEM.mutant("More keys make the limit lower, not higher.")
def adds_the_length(largest, length, gap):
    return math.log(largest) + math.log1p((length - 1) * math.exp(-gap))


@ITEM.mutant("Only length − 1 keys lie behind; the best one counts in full.")
def counts_one_key_too_many(largest, length, gap):
    return math.log(largest) - math.log1p(length * math.exp(-gap))


@ITEM.mutant("The best key itself adds a term to the sum.")
def forgets_the_best_key(largest, length, gap):
    return math.log(largest) - math.log((length - 1) * math.exp(-gap))


@ITEM.mutant(
    "The others lie below the best key, so their terms are smaller, not larger."
)
def gap_upwards(largest, length, gap):
    return math.log(largest) - math.log1p((length - 1) * math.exp(gap))


@ITEM.mutant("Softmax raises e to the scores: take natural logarithms, not base 10.")
def base_10(largest, length, gap):
    return limit(largest, length, gap) / math.log(10)


@ITEM.mutant("Softmax raises e to the scores: take natural logarithms, not base 2.")
def base_2(largest, length, gap):
    return limit(largest, length, gap) / math.log(2)


@ITEM.mutant("This is the limit of float64, whatever `largest` was given.")
def always_float64(largest, length, gap):
    return limit(DOUBLE, length, gap)
