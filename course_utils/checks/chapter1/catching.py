"""1.q9 · Write the test that catches the bug."""

import torch

from course_utils.checks import expect
from course_utils.checks.chapter1 import additive, batched
from course_utils.checks.chapter1.additive import attend, inputs
from course_utils.checks.chapter1.watching import watch, why_missed
from course_utils.checks.item import Item
from course_utils.checks.rng import Rng
from course_utils.checks.watching import spares_all

ITEM = Item(
    id="1.q9",
    title="The test that catches the bug",
    kind="test",
    asks="test_attention",
    difficulty=3,
    minutes=25,
    lesson="1.3_a_learned_judge",
    hints=(
        "A test needs inputs on which right and wrong differ. Which of your inputs are "
        "special: equal lengths, no mask, a bias of 0?",
        "Take n_query ≠ n_key, a mask with True and False in every row, a bias that is "
        "not 0. Compare all weights with ones that you compute another way, by hand or "
        "in a loop, within a tolerance.",
        "make the arguments with a fixed generator\n"
        "output, weights = attention(...)\n"
        "expected: for each query, softmax over the allowed keys of\n"
        "    v · tanh(w_query q + w_key k + bias)\n"
        "assert that weights are close to expected, rtol about 1e-6\n"
        "assert that output is close to expected times value",
    ),
)

CORRECT = {
    "the package's": attend,
    "one written with einsum": batched.by_einsum,
    "one that goes query by query": batched.one_query_at_a_time,
}


def _spares_correct(student):
    spares_all({name: watch(student, name, each) for name, each in CORRECT.items()})


def _catches(student, name, function, argument=""):
    _spares_correct(student)
    run = watch(student, name, function)
    expect.require(
        run.raised is not None,
        f"No assertion of yours fails on an implementation with this bug: {name}.",
        None if run.raised else why_missed(student, run, argument),
    )


def _unnormalised(**given):
    weights = attend(**given)[1] * 9.0
    return weights @ given["value"], weights


def _transposed(**given):
    output, weights = attend(**given)
    return output, weights.mT


@ITEM.check(1, "catches weights of the wrong axis or sum, spares what is correct")
def catches_the_wrong_axis(student, rng):
    _catches(student, "softmax over the queries", batched.softmax_over_queries)
    _catches(student, "weights not divided by their sum", _unnormalised)
    _catches(student, "weights with queries and keys exchanged", _transposed)


@ITEM.check(1, "catches a mask after the softmax, spares what is correct")
def catches_the_late_mask(student, rng):
    late = batched.mask_after_softmax
    _catches(student, "the mask comes after the softmax", late, "mask")


@ITEM.check(1, "catches a missing bias, spares what is correct")
def catches_the_missing_bias(student, rng):
    _catches(student, "the bias is left out", batched.no_bias, "bias")


@ITEM.check(1, "catches tanh after v and scaled scores, spares what is correct")
def catches_other_scores(student, rng):
    _catches(student, "tanh comes after v", batched.tanh_after_v)
    _catches(student, "scores divided by √width", batched.scaled_like_a_dot_product)


def _arguments(**changes):
    given = inputs(Rng("a test of chapter 1"), 2)
    return given | {"mask": Rng("its mask").mask(2, 3, 5)} | changes


@ITEM.alternative
def compares_with_a_loop(attention):
    given = _arguments()
    output, weights = attention(**given)
    expected = batched.one_query_at_a_time(**given)
    torch.testing.assert_close(weights, expected[1])
    torch.testing.assert_close(output, expected[0])


@ITEM.alternative
def checks_properties(attention):
    """Sums, masks, and two scores worked out by hand: one key in reach or two."""
    given = _arguments()
    _, weights = attention(**given)
    assert torch.allclose(weights.sum(-1), torch.ones(2, 3).double())
    assert not weights[~given["mask"]].any()
    one = torch.eye(1, dtype=torch.float64)
    key = torch.tensor([[[1.0], [-2.0]]]).double()
    both = torch.ones(1, 1, 2, dtype=torch.bool)
    v, bias = torch.tensor([3.0, 1.0]).double(), torch.tensor([0.5, 0.5]).double()
    column = torch.ones(2, 1, dtype=torch.float64)
    _, weights = attention(one[None], key, key, column, column, v, bias, both)
    odds = 4 * (torch.tensor(2.5).tanh() - torch.tensor(-0.5).tanh())
    assert abs(float(weights[0, 0, 0]) - float(odds.sigmoid())) < 1e-6


@ITEM.mutant("No assertion of yours looks at what came back: anything passes.")
def asserts_nothing(attention):
    attention(**_arguments())


@ITEM.mutant("Shapes are right in most wrong implementations: compare values.")
def looks_at_shapes_only(attention):
    output, weights = attention(**_arguments())
    assert output.shape == (2, 3, 2)
    assert weights.shape == (2, 3, 5)
    assert weights.dtype == torch.float64


@ITEM.mutant("It fails before it has called `attention`: so it fails for all of them.")
def rejects_everything(attention):
    raise AssertionError("wrong")


@ITEM.mutant(
    "Exact equality (torch.equal, ==) rejects correct code that rounds differently: "
    "use a tolerance. With one in place, look at your expected values."
)
def rejects_all_correct_ones(attention):
    given = _arguments()
    scores = additive.hidden(
        *(given[n] for n in ("query", "key", "w_query", "w_key", "bias"))
    )
    expected = (scores.tanh() * given["v"]).sum(-1).exp() * given["mask"]
    expected = expected / expected.sum(-1, keepdim=True)
    assert torch.equal(attention(**given)[1], expected)


@ITEM.mutant("Two correct programs differ in the last digits: allow a tolerance.")
def compares_bit_by_bit(attention):
    given = _arguments()
    _, weights = attention(**given)
    assert torch.equal(weights, attend(**given)[1])


@ITEM.mutant("Rows that sum to 1 do not show that the scores are right.")
def looks_at_row_sums_only(attention):
    _, weights = attention(**_arguments())
    assert torch.allclose(weights.sum(-1), torch.ones(2, 3).double())


@ITEM.mutant("Without a False in the mask, a mask in the wrong place does no harm.")
def uses_no_mask(attention):
    given = _arguments(mask=torch.ones(2, 3, 5, dtype=torch.bool))
    _, weights = attention(**given)
    assert torch.allclose(weights, attend(**given)[1])


@ITEM.mutant("With a bias of 0 nobody sees that the bias is missing.")
def uses_no_bias(attention):
    given = _arguments(bias=torch.zeros(7, dtype=torch.float64))
    _, weights = attention(**given)
    assert torch.allclose(weights, attend(**given)[1])


@ITEM.mutant("The tolerance is so wide that wrong weights fit into it.")
def tolerates_too_much(attention):
    given = _arguments()
    _, weights = attention(**given)
    assert torch.allclose(weights, attend(**given)[1], atol=1.0)


@ITEM.mutant("It returns False where it should assert; nobody reads what it returns.")
def returns_instead_of_asserting(attention):
    given = _arguments()
    return torch.allclose(attention(**given)[1], attend(**given)[1])
