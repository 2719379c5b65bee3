"""2.q5 · A softmax that survives: masks, empty rows, any axis, float16."""

import torch
from torch import Tensor

from course_utils.attention import softmax
from course_utils.checks import expect
from course_utils.checks.item import Item

ITEM = Item(
    id="2.q5",
    title="A softmax that survives",
    kind="implement",
    asks="masked_softmax",
    difficulty=2,
    minutes=20,
    lesson="2.2_the_tyranny_of_softmax",
    hints=(
        "Go through the check's titles. Which line of your code sees a masked entry "
        "first, and what if that entry is NaN?",
        "Replace masked entries before anything else. Subtract the largest of what "
        "remains, for each row by itself. An empty row has the sum 0: divide by "
        "something else there. Add many float16 numbers in a wider format.",
        "keep the dtype in mind, widen the scores\n"
        "masked scores become −infinity\n"
        "largest along dim; where it is −infinity take 0\n"
        "exponentials of scores less largest; their sum along dim\n"
        "where the sum is 0 divide by 1; back to the first dtype",
    ),
)


def right(scores: Tensor, mask: Tensor, dim: int) -> Tensor:
    """The weights in the scores' dtype, computed in float64."""
    return softmax(scores.double(), mask=mask, dim=dim).to(scores.dtype)


def compare(student, scores, mask, dim):
    """Wrong unless the learner's weights are right, for that dtype."""
    got = student.masked_softmax(scores, mask, dim)
    half = scores.dtype == torch.float16
    rel, near = (2e-2, 2e-4) if half else (1e-6, 1e-12)
    expected = right(scores, mask, dim)
    expect.tensor(got, expected, "masked_softmax(…)", rel=rel, abs=near)


@ITEM.check(1, "masks, along every axis")
def masks_along_every_axis(student, rng):
    for dim in (-1, 0, 1):
        scores, mask = 2 * rng.normal(3, 4, 5), rng.mask(3, 4, 5)
        some = torch.zeros_like(mask)
        some.select(dim, 1).fill_(True)  # no row is empty along dim
        compare(student, scores, mask | some, dim)


@ITEM.check(1, "rows in which everything is masked get 0")
def empties_empty_rows(student, rng):
    for dim, shape in ((-1, (4, 6)), (0, (7, 3))):
        mask = torch.ones(shape, dtype=torch.bool)
        mask.select(1 + dim, 2).fill_(False)
        mask[0, 0] = False
        compare(student, rng.normal(*shape), mask, dim)


@ITEM.check(1, "rows far up and far down, side by side")
def stands_offsets(student, rng):
    offsets = torch.tensor([[1e4], [-1e4], [3e3], [0.0]], dtype=torch.float64)
    scores, mask = 3 * rng.normal(4, 5), rng.mask(4, 5)
    compare(student, scores + offsets, mask, -1)
    spread = torch.tensor([0.0, 300.0, -700.0, 1500.0, 900.0], dtype=torch.float64)
    compare(student, (scores + spread).T, mask.T | True, 0)


@ITEM.check(1, "whatever masked entries hold: huge numbers, inf, NaN")
def ignores_what_is_masked(student, rng):
    scores, mask = rng.normal(3, 6), rng.mask(3, 6)
    compare(student, scores.masked_fill(~mask, 2e4), mask, -1)
    for junk in (torch.inf, torch.nan):
        compare(student, scores.masked_fill(~mask, junk), mask, -1)


@ITEM.check(1, "float16 in and out, with 2,500 keys")
def stands_half_precision(student, rng):
    scores = (8 + rng.uniform(0, 0.5, 3, 2500)).half()
    mask = torch.ones(3, 2500, dtype=torch.bool)
    mask[0, 7] = mask[1, ::3] = False
    mask[2] = False
    compare(student, scores, mask, -1)
    compare(student, (10 * rng.normal(5, 4)).half(), rng.mask(5, 4), -1)


@ITEM.alternative
def through_logarithms(scores, mask, dim):
    wide = scores.to(torch.float64).masked_fill(~mask, float("-inf"))
    logs = wide - wide.logsumexp(dim, keepdim=True)
    return logs.exp().nan_to_num(0.0).to(scores.dtype)


@ITEM.alternative
def row_by_row(scores, mask, dim):
    last, allowed = scores.movedim(dim, -1).contiguous(), mask.movedim(dim, -1)
    weights = torch.zeros_like(last)
    for place in allowed.any(-1).nonzero().tolist():
        row, kept = tuple(place), allowed[tuple(place)]
        values = last[row][kept].double()
        shares = (values - values.max()).exp()
        weights[row] = weights[row].masked_scatter(
            kept, (shares / shares.sum()).to(scores.dtype)
        )
    return weights.movedim(-1, dim)


def _by_steps(scores, mask, dim, shift=None, finish=None):
    """The right steps, with another shift or another end; in the scores' dtype."""
    clean = scores.masked_fill(~mask, -torch.inf)
    largest = clean.amax(dim, keepdim=True)
    largest = largest.where(largest > -torch.inf, 0.0)
    shares = (clean - (largest if shift is None else shift(clean))).exp()
    total = shares.sum(dim, keepdim=True)
    return shares / (total.where(total > 0, 1.0) if finish is None else total)


@ITEM.mutant(
    "One maximum for the whole array: rows far below it vanish. Take each row's own."
)
def maximum_of_everything(scores, mask, dim):
    return _by_steps(scores, mask, dim, shift=lambda clean: clean.max())


@ITEM.mutant("Without subtracting the largest score, exp overflows or vanishes.")
def naive_exponential(scores, mask, dim):
    return _by_steps(scores, mask, dim, shift=lambda clean: 0.0)


@ITEM.mutant("The mean is no bound: a score may lie far above it, and exp overflows.")
def subtracts_the_mean(scores, mask, dim):
    clean = scores.masked_fill(~mask, 0.0)
    count = mask.sum(dim, keepdim=True).clamp(min=1)
    mean = clean.sum(dim, keepdim=True) / count
    return _by_steps(scores, mask, dim, shift=lambda clean: mean)


@ITEM.mutant("Clipping moves scores relative to each other: the weights change.")
def clips(scores, mask, dim):
    return _by_steps(scores.clamp(-80, 80), mask, dim)


@ITEM.mutant("A row without keys is −inf throughout and becomes NaN here: it gets 0.")
def nan_in_empty_rows(scores, mask, dim):
    return scores.masked_fill(~mask, -torch.inf).softmax(dim)


@ITEM.mutant("A finite fill leaves equal weights in a row without keys.")
def finite_fill(scores, mask, dim):
    fill = torch.finfo(scores.dtype).min
    return scores.masked_fill(~mask, fill).softmax(dim)


@ITEM.mutant("−10⁹ is no float16 number, and leaves equal weights in an empty row.")
def minus_a_billion(scores, mask, dim):
    return scores.masked_fill(~mask, -1e9).softmax(dim)


@ITEM.mutant(
    "10⁹ taken from a whole row moves all of its scores alike: softmax does not see it."
)
def subtracts_a_billion(scores, mask, dim):
    return (scores - 1e9 * ~mask).softmax(dim)


@ITEM.mutant("Masked keys took their share first; the rest sums to less than 1.")
def mask_after_softmax(scores, mask, dim):
    return scores.softmax(dim).masked_fill(~mask, 0.0)


@ITEM.mutant("The softmax runs over the last axis, whatever `dim` says.")
def always_the_last_axis(scores, mask, dim):
    return _by_steps(scores, mask, -1)


@ITEM.mutant("True means “may attend”: here the allowed keys were removed.")
def inverted_mask(scores, mask, dim):
    return _by_steps(scores, ~mask, dim)


@ITEM.mutant("The mask was not used.")
def ignores_the_mask(scores, mask, dim):
    return scores.softmax(dim)


@ITEM.mutant("float16 came in: convert the weights back to it.")
def stays_in_float32(scores, mask, dim):
    wide = scores.float() if scores.dtype == torch.float16 else scores
    return _by_steps(wide, mask, dim)


@ITEM.mutant(
    "The mask was added as −inf, but masked +inf or NaN stays NaN: replace, do not add."
)
def adds_the_mask(scores, mask, dim):
    wide = scores.double() + torch.zeros_like(scores).masked_fill(~mask, -torch.inf)
    return _by_steps(wide, mask | True, dim).to(scores.dtype)


@ITEM.mutant("The largest score is sought among masked keys as well.")
def maximum_before_the_mask(scores, mask, dim):
    wide = scores.double()
    shares = (wide - wide.amax(dim, keepdim=True)).exp().masked_fill(~mask, 0.0)
    total = shares.sum(dim, keepdim=True)
    return (shares / total.where(total > 0, 1.0)).to(scores.dtype)
