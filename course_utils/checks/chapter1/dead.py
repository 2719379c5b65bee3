"""1.q12 · Dead is more than inactive."""

import torch

from course_utils.checks import expect
from course_utils.checks.item import Item

ITEM = Item(
    id="1.q12",
    title="Dead, or only resting?",
    kind="repair",
    asks="dead_fraction",
    difficulty=1,
    minutes=6,
    lesson="1.4_taming_tanh",
    hints=(
        "A unit that is off for this input may be on for the next. What does the given "
        "code count?",
        "First ask each unit whether it is off on every row; then take the share of "
        "units for which that is so.",
        "off = hidden is 0 or below             # (rows, units)\n"
        "dead = off on all rows, for each unit  # (units,)\n"
        "the mean of dead, as a number",
    ),
)


def _hidden(rng, rows, units, dead):
    """Mostly negative; `dead` units never rise above 0, the others do once."""
    hidden = -rng.uniform(0.1, 2, rows, units)
    for unit in rng.order(units)[dead:]:
        hidden[rng.integer(0, rows - 1), unit] = rng.uniform(0.1, 40)
    return hidden


@ITEM.check(1, "units that rest on most rows but live: 0 are dead")
def resting_is_not_dead(student, rng):
    for rows, units in ((7, 5), (20, 3)):
        hidden = _hidden(rng, rows, units, 0)
        expect.number(student.dead_fraction(hidden), 0.0, "dead_fraction(…)")


@ITEM.check(1, "some dead, some exactly at 0, some always on")
def counts_dead_units(student, rng):
    for rows, units, dead in ((9, 8, 3), (6, 11, 10)):
        hidden = _hidden(rng, rows, units, dead)
        got = student.dead_fraction(hidden)
        expect.number(got, dead / units, "dead_fraction(…)")
    hidden = torch.cat(
        [torch.zeros(5, 1), torch.ones(5, 2), -torch.ones(5, 1)], dim=1
    ).double()
    hidden[2, 0] = -1.0
    expect.number(student.dead_fraction(hidden), 0.5, "dead_fraction(…)")


@ITEM.alternative
def by_the_largest(hidden):
    return float((hidden.amax(0) <= 0).sum()) / hidden.shape[1]


@ITEM.alternative
def by_relu(hidden):
    alive = [bool(unit.relu().any()) for unit in hidden.T]
    return torch.tensor(alive.count(False) / len(alive))


@ITEM.mutant("This is still the share of entries at 0 or below: resting, not dead.")
def as_given(hidden):
    return float((hidden <= 0).double().mean())


@ITEM.mutant("Off on one row is enough here; dead means off on all of them.")
def any_instead_of_all(hidden):
    return float((hidden <= 0).any(0).double().mean())


@ITEM.mutant("The share of rows was taken, not of units: ask along the first axis.")
def share_of_rows(hidden):
    return float((hidden <= 0).all(1).double().mean())


@ITEM.mutant("At 0 the gradient of ReLU is 0 as well: count 0 as off.")
def zero_counts_as_on(hidden):
    return float((hidden < 0).all(0).double().mean())


@ITEM.mutant("This is the number of dead units; the share divides by all units.")
def count_instead_of_share(hidden):
    return int((hidden <= 0).all(0).sum())


@ITEM.mutant("A mean below 0 hides the rows on which the unit is on.")
def negative_on_average(hidden):
    return float((hidden.mean(0) <= 0).double().mean())


@ITEM.mutant("This is the share of units that live.")
def share_of_the_living(hidden):
    return float((hidden > 0).any(0).double().mean())
