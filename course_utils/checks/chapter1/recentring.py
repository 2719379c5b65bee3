"""1.q11 · The bias that brings every unit back."""

import torch

from course_utils.checks import expect
from course_utils.checks.item import Item

ITEM = Item(
    id="1.q11",
    title="Bring every unit back",
    kind="implement",
    asks="recentring_bias",
    difficulty=1,
    minutes=6,
    lesson="1.4_taming_tanh",
    hints=(
        "A unit saturates when its inputs lie around 4 instead of 0. What would you "
        "add to that unit?",
        "Each unit has its own centre: average over every query and every key, but not "
        "over the units.",
        "mean of hidden over its first two axes, one number for each unit\n"
        "turn its sign",
    ),
)


def _hidden(rng, n_query, n_key, width):
    offset, spread = 4 * rng.normal(width), rng.uniform(0.3, 2, width)
    return offset + spread * rng.normal(n_query, n_key, width)


def _one_for_each_unit(got, n_query, n_key, width):
    """The bias; what was averaged over instead shows in its shape."""
    shape = tuple(got.shape) if isinstance(got, torch.Tensor) else None
    mistakes = {
        (): "mean_of_everything",
        (n_query, width): "one_bias_a_query",
        (n_key, width): "one_bias_a_key",
        (n_query, n_key): "averages_over_units",
    }
    if shape in mistakes:
        text = f"recentring_bias(…) has shape {shape}; expected {(width,)}."
        raise expect.Wrong(text, mistakes[shape])
    expect.shaped(got, (width,), "recentring_bias(…)", torch.float64)
    return got


@ITEM.check(1, "one bias for each unit")
def one_bias_a_unit(student, rng):
    for sizes in ((3, 5, 4), (6, 2, 3)):
        hidden = _hidden(rng, *sizes)
        got = _one_for_each_unit(student.recentring_bias(hidden), *sizes)
        expect.tensor(got, -hidden.mean((0, 1)), "recentring_bias(…)")


@ITEM.check(1, "the centred units have a mean of 0 and keep their spread")
def centres_each_unit(student, rng):
    for n_query, n_key, width in ((1, 7, 5), (8, 3, 2)):
        hidden = _hidden(rng, n_query, n_key, width)
        got = student.recentring_bias(hidden)
        _one_for_each_unit(got, n_query, n_key, width)
        mean = (hidden + got).mean((0, 1))
        expect.tensor(
            mean, torch.zeros(width).double(), "the mean afterwards", abs=1e-8
        )


@ITEM.alternative
def flattened(hidden):
    return -hidden.flatten(0, 1).mean(0)


@ITEM.alternative
def unit_by_unit(hidden):
    return torch.stack([(0 - unit).sum() / unit.numel() for unit in hidden.unbind(-1)])


@ITEM.mutant("Adding the mean doubles the offset: subtract it.")
def wrong_sign(hidden):
    return hidden.mean((0, 1))


@ITEM.mutant("One number for all units centres none of them: average for each unit.")
def one_mean_for_all(hidden):
    return -hidden.mean().expand(hidden.shape[-1])


@ITEM.mutant("A bias shifts; it cannot change the spread. Do not divide by it.")
def divides_by_the_spread(hidden):
    return -hidden.mean((0, 1)) / hidden.std((0, 1))


@ITEM.mutant("The average runs over the keys of the first query only.")
def first_query_only(hidden):
    return -hidden[0].mean(0)


@ITEM.mutant("A single bias serves all queries: average over them as well.")
def one_bias_a_query(hidden):
    return -hidden.mean(1)


@ITEM.mutant("A single bias serves all keys: average over them as well.")
def one_bias_a_key(hidden):
    return -hidden.mean(0)


@ITEM.mutant("One number for all units centres none of them: average for each unit.")
def mean_of_everything(hidden):
    return -hidden.mean()


@ITEM.mutant("The units were averaged away. Average over queries and keys instead.")
def averages_over_units(hidden):
    return -hidden.mean(-1)


@ITEM.mutant("The middle value is not the mean: they differ for skewed inputs.")
def takes_the_median(hidden):
    return -hidden.flatten(0, 1).median(0).values


@ITEM.mutant("Asked for is the bias, not the centred hidden units.")
def returns_the_centred_units(hidden):
    return hidden - hidden.mean((0, 1))
