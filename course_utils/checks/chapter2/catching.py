"""2.q7 · Write the test that catches an unstable softmax."""

import torch

from course_utils.checks import expect
from course_utils.checks.chapter2 import masked
from course_utils.checks.chapter2.watching import watch, why_missed
from course_utils.checks.item import Item
from course_utils.checks.rng import Rng
from course_utils.checks.watching import spares_all

ITEM = Item(
    id="2.q7",
    title="The test that breaks softmax",
    kind="test",
    asks="test_softmax",
    difficulty=3,
    minutes=25,
    lesson="2.2_the_tyranny_of_softmax",
    hints=(
        "On gentle inputs every version is right. Which inputs hurt one step only?",
        "One input for each way to fail: rows far from 0 and far from each other, a "
        "mask, a row without keys, another axis. Compare all weights with expected "
        "ones, so that NaN fails too.",
        "scores: a row in the thousands, a row below minus a thousand\n"
        "mask: one partly False, one row False throughout\n"
        "expected: for each row by itself, shares of the allowed scores,\n"
        "    zeros where nothing is allowed\n"
        "assert that all weights are close to expected, rtol about 1e-6\n"
        "the same once more with rows and columns exchanged, along the other axis",
    ),
)

CORRECT = {
    "the package's": masked.right,
    "one that goes through logarithms": masked.through_logarithms,
    "one that goes row by row": masked.row_by_row,
}


def _spares_correct(student):
    spares_all({name: watch(student, name, each) for name, each in CORRECT.items()})


def _catches(student, name, function, special=""):
    _spares_correct(student)
    run = watch(student, name, function)
    expect.require(
        run.raised is not None,
        f"No assertion of yours fails on an implementation with this bug: {name}.",
        None if run.raised else why_missed(student, run, function, special),
    )


@ITEM.check(1, "catches a missing or a wrong shift, spares what is correct")
def catches_the_wrong_shift(student, rng):
    _catches(student, "exp of the scores as they are", masked.naive_exponential, "tame")
    _catches(student, "one maximum for the array", masked.maximum_of_everything)
    _catches(student, "scores clipped to ±80", masked.clips)


@ITEM.check(1, "catches an axis that is ignored, spares what is correct")
def catches_the_wrong_axis(student, rng):
    _catches(student, "`dim` is ignored", masked.always_the_last_axis, "dim")


@ITEM.check(1, "catches a mask that comes late, spares what is correct")
def catches_the_late_mask(student, rng):
    _catches(student, "the mask comes last", masked.mask_after_softmax, "mask")


@ITEM.check(1, "catches NaN or weights in empty rows, spares what is correct")
def catches_empty_rows(student, rng):
    _catches(student, "NaN in empty rows", masked.nan_in_empty_rows, "empty")
    _catches(student, "equal weights in empty rows", masked.finite_fill, "empty")


def _rows():
    """Scores and mask (4, 5) that hurt every step; the last row is empty."""
    random = Rng("a test of chapter 2")
    offsets = torch.tensor([[2e3], [-2e3], [0.0], [0.0]]).double()
    scores, mask = 2 * random.normal(4, 5) + offsets, random.mask(4, 5)
    scores[2] *= 100
    mask[3] = False
    return scores, mask


@ITEM.alternative
def compares_with_another(softmax):
    scores, mask = _rows()
    expected = masked.through_logarithms(scores, mask, 1)
    torch.testing.assert_close(softmax(scores, mask, 1), expected)
    torch.testing.assert_close(softmax(scores.T, mask.T, 0), expected.T)


@ITEM.alternative
def works_by_hand(softmax):
    """Rows whose weights are easy to say: ln 3 more score is 3 times the weight."""
    step = torch.tensor(3.0).double().log()
    row = torch.stack([step, 0 * step, step * 99]).expand(3, 3)
    scores = row + torch.tensor([[1e3], [-1e3], [0.0]]).double()
    mask = torch.tensor([[True, True, False]]).expand(3, 3).clone()
    mask[2] = False
    expected = torch.tensor([[0.75, 0.25, 0], [0.75, 0.25, 0], [0, 0, 0]]).double()
    assert torch.allclose(softmax(scores, mask, 1), expected)
    assert torch.allclose(softmax(scores.T, mask.T, 0), expected.T)
    wide = torch.tensor([[100.0, 100 - float(step)]]).double()
    expected = torch.tensor([[0.75, 0.25]]).double()
    assert torch.allclose(softmax(wide, wide > 0, 1), expected)


@ITEM.mutant("Your test passes a single 0 in place of the weights.")
def accepts_a_single_0(softmax):
    softmax(*_rows(), 1)


@ITEM.mutant("Your test passes weights that are a million too large: compare values.")
def accepts_a_million_more(softmax):
    weights = softmax(*_rows(), 1)
    assert weights.shape == (4, 5)
    assert weights.dtype == torch.float64


@ITEM.mutant("Your test passes NaN for every weight: `NaN > limit` is False. Turn it.")
def accepts_nan(softmax):
    scores, mask = _rows()
    for dim, s, m in ((1, scores, mask), (0, scores.T, mask.T)):
        far = (softmax(s, m, dim) - masked.right(s, m, dim)).abs() > 1e-6
        assert not far.any()


@ITEM.mutant("Your test passes weights that are all 0.3 too large: compare closely.")
def accepts_a_third_more(softmax):
    scores, mask = _rows()
    assert softmax(scores, mask, 1).shape == mask.shape
    assert torch.allclose(
        softmax(scores, mask, 1), masked.right(scores, mask, 1), atol=1
    )


@ITEM.mutant(
    "Your test passes equal weights for all allowed keys, whatever they score."
)
def accepts_equal_weights(softmax):
    scores, mask = _rows()
    total = softmax(scores, mask, 1).sum(1)
    assert torch.allclose(total, torch.tensor([1.0, 1, 1, 0]).double())


@ITEM.mutant("It fails before it has called `softmax`: so it fails for all of them.")
def rejects_everything(softmax):
    raise AssertionError("wrong")


@ITEM.mutant(
    "Exact equality rejects correct code that rounds differently: use a tolerance. "
    "With one in place, look at your expected values."
)
def rejects_all_correct_ones(softmax):
    scores, mask = _rows()
    assert torch.equal(softmax(scores, mask, 1), scores.softmax(1) * mask)


@ITEM.mutant("Two correct programs differ in the last digits: allow a tolerance.")
def compares_bit_by_bit(softmax):
    scores, mask = _rows()
    assert torch.equal(softmax(scores, mask, 1), masked.right(scores, mask, 1))


@ITEM.mutant("On all your scores the plain formula is finite: nothing overflows.")
def uses_tame_scores(softmax):
    scores, mask = Rng("tame").normal(3, 4), Rng("tame mask").mask(3, 4)
    mask[1] = False
    for dim, s, m in ((1, scores, mask), (0, scores.T, mask.T)):
        assert torch.allclose(softmax(s, m, dim), masked.right(s, m, dim))


def _uses(scores, mask, dims):
    def test_softmax(softmax):
        for dim in dims:
            expected = masked.right(scores, mask, dim)
            assert torch.allclose(softmax(scores, mask, dim), expected)

    return test_softmax


_scores, _mask = _rows()
for name, says, answer in (
    ("uses_no_mask", "No mask of yours holds a False.",
     _uses(_scores, _mask | True, (0, 1))),
    ("has_no_empty_row", "No row of yours is masked throughout.",
     _uses(_scores[:3], _mask[:3] | (torch.arange(5) < 1), (1,))),
    ("uses_the_last_axis_only", "You called it along the last axis only.",
     _uses(_scores, _mask, (1,))),
):  # fmt: skip
    ITEM.wrong(name, says, answer)


@ITEM.mutant("On your inputs this bug does no harm: all weights come out right.")
def inputs_hide_it(softmax):
    scores, mask = _rows()
    for row in range(3):
        s, m = scores[[row, 3]], mask[[row, 3]]
        assert torch.allclose(softmax(s, m, 1), masked.right(s, m, 1))
        assert torch.allclose(softmax(s.T, m.T, 0), masked.right(s, m, 1).T)


@ITEM.mutant("On your inputs this bug gives wrong weights; no assertion looks at them.")
def assertions_miss_it(softmax):
    scores, mask = _rows()
    expected = masked.right(scores, mask, 1)[1]
    assert torch.allclose(softmax(scores, mask, 1)[1], expected)
    assert torch.allclose(softmax(scores.T, mask.T, 0)[:, 1], expected)


@ITEM.mutant("It returns False where it should assert; nobody reads what it returns.")
def returns_instead_of_asserting(softmax):
    scores, mask = _rows()
    return torch.allclose(softmax(scores, mask, 1), masked.right(scores, mask, 1))
