"""2.q13 · The pair of score vectors that moves softmax the most."""

import torch

from course_utils.attention import softmax
from course_utils.checks import expect
from course_utils.checks.item import Item

ITEM = Item(
    id="2.q13",
    title="The most sensitive scores",
    kind="implement",
    asks="worst_pair",
    difficulty=3,
    minutes=18,
    lesson="2.3_the_art_of_scaling",
    hints=(
        "How should weight be shared so that it can move the most? Between how many "
        "keys?",
        "A change x of the scores moves the weights by Jx/τ. Its size is largest where "
        "the variance of x under the weights is largest, for a given length of x.",
        "the sensitive keys: tied; all others so far below that they get nothing, at "
        "this temperature\n"
        "move them against each other, symmetrically around the tie\n"
        "choose the step so that the two vectors lie `distance` apart",
    ),
)


def _compare(student, n_key, temperature, share):
    distance = share * temperature
    got = student.worst_pair(n_key, temperature, distance)
    what = f"worst_pair({n_key}, {temperature:.3g}, {distance:.3g})"
    expect.shaped(got, (2, n_key), what)
    got = got.double()
    expect.require(bool(got.isfinite().all()), f"{what} holds NaN or infinity.")
    apart = (got[1] - got[0]).norm().item()
    expect.require(
        0 < apart <= 1.001 * distance,
        f"The rows of {what} lie {apart:.4g} apart; expected at most the distance, and "
        "more than 0.",
    )
    weights = softmax(got, temperature=temperature)
    moved, needed = (weights[1] - weights[0]).norm().item(), distance / temperature / 2
    expect.require(
        moved >= 0.99 * needed,
        f"The weights of {what} move by {moved:.4g}; possible are {needed:.4g}.",
    )


@ITEM.check(1, "three or four keys")
def few_keys(student, rng):
    _compare(student, 3, 1.0, 0.05)
    _compare(student, 4, float(rng.uniform(0.2, 0.9)), 0.02)


@ITEM.check(1, "many keys")
def many_keys(student, rng):
    for n_key in (17, 400):
        _compare(student, n_key, 1.0, 0.05)


@ITEM.check(1, "many keys, hot and cold")
def hot_and_cold(student, rng):
    for n_key, temperature in ((9, 0.01), (30, 50.0)):
        _compare(student, n_key, temperature, float(rng.uniform(0.01, 0.05)))


def _pair(n_key, temperature, move, far=-60.0, level=(0.0, 0.0)):
    """Rows with two keys at the top; `move` is half the difference of the rows."""
    middle = torch.full((n_key,), far * temperature, dtype=torch.float64)
    middle[:2] = torch.tensor(level, dtype=torch.float64)
    step = torch.zeros(n_key, dtype=torch.float64)
    step[: len(move)] = torch.tensor(move, dtype=torch.float64)
    return torch.stack([middle - step, middle + step])


ROOT = 2**0.5


@ITEM.alternative
def around_zero(n_key, temperature, distance):
    half = distance / 2 / ROOT
    return _pair(n_key, temperature, (half, -half))


@ITEM.alternative
def last_keys_in_float32(n_key, temperature, distance):
    rows = torch.full((2, n_key), -99.0 * temperature)
    rows[:, -2:] = torch.tensor([[1.0, -1.0], [-1.0, 1.0]]) * distance / 8**0.5
    return rows


@ITEM.mutant("One key moves alone: half of the motion is lost on the common part.")
def moves_one_key(n_key, temperature, distance):
    return _pair(n_key, temperature, (distance / 2,))


@ITEM.mutant("Both keys move together: softmax does not see that at all.")
def moves_both_alike(n_key, temperature, distance):
    return _pair(n_key, temperature, 2 * (distance / 2 / ROOT,))


@ITEM.mutant("All keys are tied: each has a small share, and little can move.")
def ties_all_keys(n_key, temperature, distance):
    half = distance / 2 / ROOT
    return _pair(n_key, temperature, (half, -half), far=0.0)


@ITEM.mutant("One key leads by ten temperatures: its weight hardly moves.")
def one_key_leads(n_key, temperature, distance):
    half, lead = distance / 2 / ROOT, (10.0 * temperature, 0.0)
    return _pair(n_key, temperature, (half, -half), level=lead)


@ITEM.mutant("Each of the two keys moves by the distance: together they move further.")
def too_far_apart(n_key, temperature, distance):
    return _pair(n_key, temperature, (distance / 2, -distance / 2))


@ITEM.mutant("The second row is the distance away on each side: twice too far.")
def twice_too_far(n_key, temperature, distance):
    return _pair(n_key, temperature, (distance / ROOT, -distance / ROOT))


@ITEM.mutant("Both rows are the same.")
def no_motion(n_key, temperature, distance):
    return _pair(n_key, temperature, (0.0, 0.0))


@ITEM.mutant("The others lie 60 below, which is not far at a high temperature.")
def forgets_the_temperature(n_key, temperature, distance):
    half = distance / 2 / ROOT
    return _pair(n_key, temperature, (half, -half), far=-60.0 / temperature)


@ITEM.mutant("The others lie 3 temperatures below: together they still take weight.")
def others_too_close(n_key, temperature, distance):
    half = distance / 2 / ROOT
    return _pair(n_key, temperature, (half, -half), far=-3.0)
