"""2.q12 · How differently heads look, some heads counting for more."""

import torch

from course_utils.attention import entropy
from course_utils.checks import expect
from course_utils.checks.item import Item

ITEM = Item(
    id="2.q12",
    title="How differently do heads look?",
    kind="implement",
    asks="head_diversity",
    difficulty=2,
    minutes=15,
    lesson="2.5_the_symphony",
    hints=(
        "Where does the formula of the lesson take a mean over heads? A head that "
        "counts double acts like two heads.",
        "Both means become weighted ones. For heads that share no key, work out what "
        "the difference is: it depends on the importance only.",
        "entropy of x = −sum of x ln x, 0 where x is 0\n"
        "middle = heads, weighted by importance and summed over heads\n"
        "difference = entropy(middle) − weighted sum of the heads' entropies\n"
        "largest = entropy of the importance; where it is 0 the result is 0",
    ),
)


def diversity(heads: torch.Tensor, importance: torch.Tensor) -> torch.Tensor:
    """Weighted Jensen–Shannon divergence over its largest value, for each query."""
    share = importance[:, None, None]
    apart = entropy((share * heads).sum(0)) - (share[..., 0] * entropy(heads)).sum(0)
    largest = entropy(importance)
    return apart / largest if largest > 0 else torch.zeros_like(apart)


def _compare(student, heads, importance):
    got = student.head_diversity(heads, importance)
    right = diversity(heads, importance)
    expect.tensor(got, right, "head_diversity(…)", abs=1e-8, float32=True)


def _heads(rng, *shape):
    return (2 * rng.normal(*shape)).softmax(-1)


def _importance(rng, n_head):
    return rng.uniform(0.2, 2, n_head).softmax(0)


@ITEM.check(1, "equally important heads, in any order")
def equal_importance(student, rng):
    for shape in ((2, 3, 5), (4, 1, 6), (3, 6, 2)):
        heads = _heads(rng, *shape)
        equal = torch.full((len(heads),), 1 / len(heads), dtype=torch.float64)
        _compare(student, heads, equal)
        _compare(student, heads[rng.order(len(heads))], equal)


@ITEM.check(1, "any importance; identical heads give 0")
def any_importance(student, rng):
    for shape in ((2, 4, 3), (5, 2, 7)):
        importance = _importance(rng, shape[0])
        _compare(student, _heads(rng, *shape), importance)
        same = _heads(rng, 1, *shape[1:]).expand(shape).contiguous()
        _compare(student, same, importance)


@ITEM.check(1, "zeros: among the weights, in the importance, a head alone")
def zeros(student, rng):
    heads = torch.zeros(3, 2, 6, dtype=torch.float64)
    for head in range(3):
        heads[head, 0, 2 * head] = 1.0
        heads[head, 1, 2 * head : 2 * head + 2] = rng.uniform(1, 2, 2)
    heads = heads / heads.sum(-1, keepdim=True)
    _compare(student, heads, _importance(rng, 3))
    some = torch.tensor([0.3, 0.0, 0.7], dtype=torch.float64)
    _compare(student, _heads(rng, 3, 4, 5), some)
    _compare(student, _heads(rng, 3, 4, 5), some.round())
    _compare(student, _heads(rng, 1, 4, 5), torch.ones(1, dtype=torch.float64))


@ITEM.alternative
def by_divergence_from_the_mean(heads, importance):
    middle = torch.einsum("h,hqk->qk", importance, heads)
    ratio = torch.where(heads > 0, heads / middle.clamp(min=1e-300), 1.0)
    apart = torch.einsum("h,hqk->q", importance, heads * ratio.log())
    return apart / max(float(torch.special.entr(importance).sum()), 1e-9)


@ITEM.alternative
def in_bits(heads, importance):
    def bits(shares):
        return -torch.xlogy(shares, shares).sum(-1) / 0.5

    apart = bits(importance @ heads.movedim(0, 1)) - importance @ bits(heads)
    largest = bits(importance)
    return apart / largest if largest > 0 else 0 * apart


def _over(values, importance):
    largest = entropy(importance)
    return values / largest if largest > 0 else 0 * values


def _middle(heads, importance):
    return entropy((importance[:, None, None] * heads).sum(0))


def _inner(heads, importance):
    return (importance[:, None] * entropy(heads)).sum(0)


@ITEM.mutant("That tells how spread the heads are, not how different.")
def mean_of_entropies(heads, importance):
    return _over(_inner(heads, importance), importance)


@ITEM.mutant("Spread heads have a spread average too, without differing: subtract.")
def entropy_of_the_mean(heads, importance):
    return _over(_middle(heads, importance), importance)


@ITEM.mutant("The average is never sharper than its parts: turn the sign.")
def sign_turned(heads, importance):
    return -diversity(heads, importance)


@ITEM.mutant("0 · ln 0 counts as 0, but a computer says NaN.")
def nan_at_zero(heads, importance):
    def plain(shares):
        return -(shares * shares.log()).sum(-1)

    middle = plain((importance[:, None, None] * heads).sum(0))
    apart = middle - (importance[:, None] * plain(heads)).sum(0)
    return apart / plain(importance)


@ITEM.mutant("The largest possible value should become 1: it is not divided by it.")
def not_divided(heads, importance):
    return diversity(heads, importance) * entropy(importance)


@ITEM.mutant("ln(heads) is reached only where all heads are equally important.")
def divided_by_ln_heads(heads, importance):
    largest = max(float(torch.tensor(float(len(heads))).log()), 1e-9)
    return diversity(heads, importance) * entropy(importance) / largest


@ITEM.mutant("The importance was not used.")
def ignores_the_importance(heads, importance):
    equal = torch.full_like(importance, 1 / len(heads))
    return diversity(heads, equal)


@ITEM.mutant("The entropies must be averaged with the same importance as the heads.")
def importance_in_the_middle_only(heads, importance):
    return _over(_middle(heads, importance) - entropy(heads).mean(0), importance)


@ITEM.mutant("The heads must be averaged with the same importance as the entropies.")
def importance_in_the_entropies_only(heads, importance):
    return _over(entropy(heads.mean(0)) - _inner(heads, importance), importance)


@ITEM.mutant("Each query has a value of its own.")
def one_number_for_all(heads, importance):
    return diversity(heads, importance).mean()


@ITEM.mutant("Where one head has all the importance, 0 stands below the line: NaN.")
def nan_for_one_head(heads, importance):
    apart = _middle(heads, importance) - _inner(heads, importance)
    return apart / entropy(importance)
