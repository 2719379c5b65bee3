"""2.q12 · How differently heads look."""

import math

import torch

from course_utils.attention import entropy, jensen_shannon
from course_utils.checks import expect
from course_utils.checks.item import Item

ITEM = Item(
    id="2.q12",
    title="How differently do heads look?",
    kind="implement",
    asks="head_diversity",
    difficulty=2,
    minutes=12,
    lesson="2.5_the_symphony",
    hints=(
        "Two heads that do the same have an average that is just as sharp. What if "
        "they do not?",
        "Compare the entropy of the average with the average of the entropies, for "
        "each query. A weight of 0 adds nothing to an entropy, and one head cannot "
        "differ from itself.",
        "entropy of x = −sum of x ln x over the keys, 0 where x is 0\n"
        "difference = entropy(mean over heads) − mean over heads of entropy\n"
        "divide by the largest value that this can have\n"
        "one head: 0",
    ),
)


def diversity(heads: torch.Tensor) -> torch.Tensor:
    """Jensen–Shannon divergence of the heads over ln(heads), for each query."""
    if len(heads) == 1:
        return torch.zeros_like(heads[0, :, 0])
    return jensen_shannon(heads.movedim(0, -2)) / math.log(len(heads))


def _compare(student, heads):
    got = student.head_diversity(heads)
    expect.tensor(got, diversity(heads), "head_diversity(…)", abs=1e-8, float32=True)


def _heads(rng, *shape):
    return (2 * rng.normal(*shape)).softmax(-1)


@ITEM.check(1, "heads that differ")
def heads_that_differ(student, rng):
    for shape in ((2, 3, 5), (4, 1, 6), (3, 6, 2)):
        heads = _heads(rng, *shape)
        _compare(student, heads)
        _compare(student, heads[rng.order(len(heads))])


@ITEM.check(1, "identical heads give 0, and so does a single head")
def identical_heads(student, rng):
    same = _heads(rng, 1, 4, 7)
    _compare(student, same.expand(3, 4, 7).contiguous())
    _compare(student, same)


@ITEM.check(1, "weights of exactly 0, and heads with no key in common")
def weights_of_zero(student, rng):
    heads = torch.zeros(3, 2, 6, dtype=torch.float64)
    for head in range(3):
        heads[head, 0, 2 * head] = 1.0
        heads[head, 1, 2 * head : 2 * head + 2] = rng.uniform(1, 2, 2)
    _compare(student, heads / heads.sum(-1, keepdim=True))
    some = _heads(rng, 2, 3, 5)
    some[0, 1, 2] = 0.0
    _compare(student, some / some.sum(-1, keepdim=True))


@ITEM.alternative
def by_divergence_from_the_mean(heads):
    middle = heads.mean(0)
    ratio = torch.where(heads > 0, heads / middle.clamp(min=1e-300), 1.0)
    apart = (heads * ratio.log()).sum(-1).mean(0)
    return apart / max(math.log(len(heads)), 1e-9)


@ITEM.alternative
def in_bits(heads):
    def bits(shares):
        return -torch.xlogy(shares, shares).sum(-1) / math.log(2)

    apart = bits(heads.mean(0)) - bits(heads).mean(0)
    return apart / math.log2(len(heads)) if len(heads) > 1 else 0 * apart


def _over_log(values, heads):
    return values / math.log(len(heads)) if len(heads) > 1 else 0 * values


@ITEM.mutant("That tells how spread the heads are, not how different.")
def mean_of_entropies(heads):
    return _over_log(entropy(heads).mean(0), heads)


@ITEM.mutant("Spread heads have a spread average too, without differing: subtract.")
def entropy_of_the_mean(heads):
    return _over_log(entropy(heads.mean(0)), heads)


@ITEM.mutant("The average is never sharper than its parts: turn the sign.")
def sign_turned(heads):
    return -diversity(heads)


@ITEM.mutant("0 · ln 0 counts as 0, but a computer says NaN.")
def nan_at_zero(heads):
    def plain(shares):
        return -(shares * shares.log()).sum(-1)

    return _over_log(plain(heads.mean(0)) - plain(heads).mean(0), heads)


@ITEM.mutant("The largest possible value should become 1: it is not divided by it.")
def not_divided(heads):
    return diversity(heads) * math.log(len(heads))


@ITEM.mutant("A difference cannot exceed ln(heads), however many keys there are.")
def divided_by_ln_keys(heads):
    ratio = math.log(len(heads)) / math.log(heads.shape[-1])
    return diversity(heads) * ratio


@ITEM.mutant("Each query has a value of its own.")
def one_number_for_all(heads):
    return diversity(heads).mean()


@ITEM.mutant("The first axis holds the heads; here queries were compared.")
def compares_queries(heads):
    n_query = heads.shape[1]
    return jensen_shannon(heads) / max(math.log(n_query), 1e-9)


@ITEM.mutant("One head has ln 1 = 0 below the line: that gives NaN.")
def nan_for_one_head(heads):
    return jensen_shannon(heads.movedim(0, -2)) / torch.tensor(len(heads)).log()


@ITEM.mutant("Two heads were compared; there are more.")
def first_two_heads(heads):
    return _over_log(jensen_shannon(heads[:2].movedim(0, -2)), heads)
