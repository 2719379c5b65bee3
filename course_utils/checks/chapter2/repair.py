"""2.q11 · A cosine with two bugs; one of them shows at length 0 only."""

import torch

from course_utils.checks import expect
from course_utils.checks.item import Item

ITEM = Item(
    id="2.q11",
    title="A cosine that survives silence",
    kind="repair",
    asks="cosine_with_gradient",
    difficulty=2,
    minutes=15,
    lesson="2.4_stability_by_design",
    hints=(
        "Call it with a query of zeros and print the gradient. Then double the key.",
        "What is the slope of a root at 0, and where must ε stand so that the root "
        "never sees 0? And how many lengths does a cosine divide by?",
        "length of x: root of (sum of squares + ε squared)\n"
        "cosine = dot product / (length of query times length of key)",
    ),
)
NAMES = ("cosine", "gradient")


def _call(student, query, key, eps):
    got = student.cosine_with_gradient(query, key, eps)
    cosine, gradient = expect.keys(got, NAMES, "cosine_with_gradient(…)")
    expect.shaped(gradient, tuple(query.shape), "'gradient'")
    expect.require(bool(gradient.isfinite().all()), "'gradient' holds NaN or infinity.")
    return cosine, gradient.double()


def _near(gradient, right, what):
    off = (gradient - right).norm().item()
    expect.require(
        off <= 0.02 * right.norm().item() + 1e-9,
        f"'gradient' {what} has length {gradient.norm():.4g} and lies {off:.4g} off; "
        f"expected length {right.norm():.4g}.",
    )


def _pair(rng, dim, length, key_length):
    """Vectors of these lengths at an angle between 30° and 150°."""
    frame = torch.linalg.qr(rng.normal(dim, 2)).Q.T
    angle = rng.uniform(0.6, 2.5)
    return length * frame[0], key_length * (
        angle.cos() * frame[0] + angle.sin() * frame[1]
    )


@ITEM.check(1, "a query of zeros: cosine 0, gradient of length 1/ε along the key")
def stands_silence(student, rng):
    for dim, eps in ((3, 1e-3), (6, 0.01)):
        _, key = _pair(rng, dim, 1.0, 4.0)
        zeros = torch.zeros_like(key)
        # not judged here, but it tells which of the two bugs is left
        student.cosine_with_gradient(*_pair(rng, dim, 1.0, 4.0), eps)
        cosine, gradient = _call(student, zeros, key, eps)
        expect.number(cosine, 0.0, "'cosine'")
        _near(gradient, key / key.norm() / eps, "at 0")
        cosine, gradient = _call(student, key, zeros, eps)
        expect.number(cosine, 0.0, "'cosine' with a key of zeros")


@ITEM.check(1, "the gradient is never longer than 1/ε, from silence to loud")
def bounds_the_gradient(student, rng):
    for eps in (1e-3, 0.01):
        for share in (0.0, 0.01, 0.3, 1.0, 3.0, 100.0):
            given = _pair(rng, 4, share * eps, 5.0)
            length = _call(student, *given, eps)[1].norm().item()
            expect.require(
                length * eps <= 1 + 1e-4,
                f"at length {share:g} ε, 'gradient' has length {length * eps:.4g}/ε.",
            )


@ITEM.check(1, "loud vectors: the true cosine and gradient, at any length")
def keeps_the_cosine(student, rng):
    for dim, length, key_length in ((3, 2.0, 1.5), (5, 70.0, 9.0), (4, 1.0, 800.0)):
        query, key = _pair(rng, dim, length, key_length)
        # not judged here, but it tells which of the two bugs is left
        student.cosine_with_gradient(torch.zeros_like(query), key, 1e-3)
        cosine, gradient = _call(student, query, key, 1e-3)
        towards, along = key / key_length, query / length
        true = (towards @ along).item()
        expect.number(cosine, true, "'cosine'", rel=0.01, abs=1e-3)
        _near(gradient, (towards - true * along) / length, "of loud vectors")


def _answer(query, key, eps, query_length, key_length, end=None):
    query = query.clone().requires_grad_()
    cosine = query @ key / (query_length(query, eps) * key_length(key, eps))
    (gradient,) = torch.autograd.grad(cosine, query)
    return {"cosine": cosine.detach(), "gradient": end(gradient) if end else gradient}


def _inside(x, eps):
    return (x.square().sum() + eps**2).sqrt()


def _outside(x, eps):
    return x.square().sum().sqrt() + eps


def _one(x, eps):
    return 1.0


@ITEM.alternative
def with_a_root(query, key, eps):
    return _answer(query, key, eps, _inside, _inside)


@ITEM.alternative
def with_a_floor(query, key, eps):
    """The longer of length and ε, differentiated by hand."""
    towards = key / key.norm().clamp(min=eps)
    length = query.norm()
    if length <= eps:
        return {"cosine": float(query @ towards / eps), "gradient": towards / eps}
    along = query / length
    cosine = along @ towards
    return {"cosine": cosine.item(), "gradient": (towards - cosine * along) / length}


@ITEM.alternative
def with_the_norm_of_torch(query, key, eps):
    return _answer(query, key, eps, _norm, _norm)


def _floored(x, eps):
    return x.square().sum().sqrt().clamp(min=eps)


def _norm(x, eps):
    return x.norm() + eps


def _eps_unsquared(x, eps):
    return (x.square().sum() + eps).sqrt()


def _never_short(x, eps):
    return x.square().sum().sqrt().detach() + eps


def _one_length(query, key, eps):
    query = query.clone().requires_grad_()
    cosine = query @ key / (query.norm() * key.norm() + eps)
    (gradient,) = torch.autograd.grad(cosine, query)
    return {"cosine": cosine.detach(), "gradient": gradient}


for name, says, answer in (
    ("as_given", "No bug is mended yet.", (_outside, _one)),
    ("root_unmended", "The root still sees 0, where it has no slope.",
     (_outside, _inside)),
    ("key_unmended", "The score still grows with the key's length.", (_inside, _one)),
    ("key_unmended_norm", "The score still grows with the key's length.",
     (_norm, _one)),
    ("key_unmended_floor", "The score still grows with the key's length.",
     (lambda x, e: x.norm().clamp(min=e), _one)),
    ("gradient_set_to_0", "With the gradient set to 0, a silent query stays silent.",
     (_outside, _inside, lambda gradient: gradient.nan_to_num(0.0))),
    ("eps_unsquared", "Under the root stands a square: there ε must be squared too.",
     (_eps_unsquared, _eps_unsquared)),
    ("floor_after_the_root", "A floor under the root leaves its slope: at 0 that is "
     "infinite, times 0 is NaN.", (_floored, _inside)),
    ("length_held_fixed", "The length depends on the query too: its slope is "
     "missing.", (_never_short, _inside)),
    ("without_eps", "Without ε a length of 0 gives 0/0.",
     (lambda x, e: x.norm(), lambda x, e: x.norm())),
    ("eps_outside_and_inside", "The root is safe, but a second ε makes the gradient at "
     "0 half as long.", (lambda x, e: _inside(x, e) + e, _inside)),
):  # fmt: skip

    def wrong(query, key, eps, how=answer):
        return _answer(query, key, eps, *how)

    ITEM.wrong(name, says, wrong)
ITEM.wrong(
    "eps_on_the_product",
    "Beside the product of lengths, ε caps the gradient at ‖k‖/ε, not 1/ε.",
    _one_length,
)
