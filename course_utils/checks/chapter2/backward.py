"""2.q6 · Back through softmax, to the scores and to the temperature."""

import torch

from course_utils.attention import softmax
from course_utils.checks import expect
from course_utils.checks.item import Item

ITEM = Item(
    id="2.q6",
    title="Back through softmax",
    kind="implement",
    asks="softmax_gradients",
    difficulty=2,
    minutes=18,
    lesson="2.2_the_tyranny_of_softmax",
    hints=(
        "The scores meet the temperature before softmax. What reaches e/τ, and how "
        "does e/τ depend on e, and on τ?",
        "Let z = e/τ. The gradient at z is in the lesson. Then two chain rules: "
        "dz/de and dz/dτ. All scores share one τ.",
        "weights: a safe softmax of z, for each query\n"
        "at z: weight times (gradient less the query's weighted mean gradient)\n"
        "scores: that times dz/de\n"
        "temperature: that times dz/dτ, summed over all entries",
    ),
)
NAMES = ("scores", "temperature")


def _at_logits(scores, grad, temperature):
    weights = softmax(scores, temperature=temperature)
    return weights * (grad - (weights * grad).sum(-1, keepdim=True))


def _finish(inner, scores, temperature):
    return {
        "scores": inner / temperature,
        "temperature": -(inner * scores).sum() / temperature**2,
    }


def gradients(scores, grad, temperature) -> dict:
    """Gradients at the scores and the temperature."""
    return _finish(_at_logits(scores, grad, temperature), scores, temperature)


def _compare(student, scores, grad, temperature, *names):
    got = student.softmax_gradients(scores, grad, temperature)
    found = expect.keys(got, NAMES, "softmax_gradients(…)")
    right = gradients(scores, grad, temperature)
    if "scores" in names:
        expect.tensor(found[0], right["scores"], "'scores'", abs=1e-9, float32=True)
    if "temperature" in names:
        size = right["temperature"].item()
        expect.number(found[1], size, "'temperature'", rel=1e-3, abs=1e-7)


@ITEM.check(1, "at the scores, temperature 1", part="scores")
def at_scores(student, rng):
    for shape in ((1, 4), (3, 6), (7, 2)):
        _compare(student, rng.normal(*shape), rng.normal(*shape), 1.0, "scores")


@ITEM.check(1, "ties, and scores in the thousands", part="scores")
def at_ties_and_large_scores(student, rng):
    tied = rng.normal(2, 5)
    tied[:, 3] = tied[:, 1] = tied.max() + 1
    _compare(student, tied, rng.normal(2, 5), 0.5, "scores")
    large = 1000 + 100 * tied
    _compare(student, large, rng.normal(2, 5), 0.5, "scores")
    _compare(student, 900 - large, rng.normal(2, 5), 3.0, "scores")


@ITEM.check(1, "at the temperature", part="temperature")
def at_temperature(student, rng):
    for shape, temperature in (((1, 4), 1.0), ((3, 5), 0.4), ((4, 2), 2.5)):
        given = rng.normal(*shape), rng.normal(*shape)
        _compare(student, *given, temperature, "temperature")


@ITEM.alternative
def by_autograd(scores, grad, temperature):
    leaf = scores.clone().requires_grad_()
    tau = torch.tensor(temperature, dtype=scores.dtype, requires_grad=True)
    total = ((leaf / tau).softmax(-1) * grad).sum()
    at_leaf, at_tau = torch.autograd.grad(total, (leaf, tau))
    return {"temperature": at_tau.item(), "scores": at_leaf}


@ITEM.alternative
def with_the_whole_jacobian(scores, grad, temperature):
    rows, slope = [], 0.0
    for row, pull in zip(scores, grad, strict=True):
        weights = torch.softmax(row / temperature, 0)
        jacobian = torch.diag(weights) - torch.outer(weights, weights)
        rows.append(jacobian @ pull / temperature)
        slope -= float(rows[-1] @ row) / temperature
    return {"scores": torch.stack(rows), "temperature": slope}


@ITEM.mutant("Raising one score lowers the other weights: the −ααᵀ is missing.")
def diagonal_only(scores, grad, temperature):
    inner = softmax(scores, temperature=temperature) * grad
    return _finish(inner, scores, temperature)


@ITEM.mutant("The mean of the gradients is weighted by α, not plain.")
def plain_mean(scores, grad, temperature):
    weights = softmax(scores, temperature=temperature)
    return _finish(weights * (grad - grad.mean(-1, keepdim=True)), scores, temperature)


@ITEM.mutant("The weighted mean belongs to each query by itself.")
def one_mean_for_all_queries(scores, grad, temperature):
    weights = softmax(scores, temperature=temperature)
    mean = (weights * grad).sum() / len(scores)
    return _finish(weights * (grad - mean), scores, temperature)


@ITEM.mutant("α (1 − α) is the diagonal of the Jacobian; the rest is missing.")
def slope_of_a_sigmoid(scores, grad, temperature):
    weights = softmax(scores, temperature=temperature)
    return _finish(weights * (1 - weights) * grad, scores, temperature)


@ITEM.mutant("e/τ grows by 1/τ when e grows by 1: that factor is missing.")
def forgets_the_inner_slope(scores, grad, temperature):
    inner = _at_logits(scores, grad, temperature)
    return _finish(inner, scores, temperature) | {"scores": inner}


@ITEM.mutant("Without subtracting the largest score, exp overflows or vanishes.")
def naive_exponential(scores, grad, temperature):
    weights = (scores / temperature).exp()
    weights = weights / weights.sum(-1, keepdim=True)
    inner = weights * (grad - (weights * grad).sum(-1, keepdim=True))
    return _finish(inner, scores, temperature)


@ITEM.mutant("e/τ falls when τ grows: the sign at the temperature is turned.")
def sign_of_the_temperature(scores, grad, temperature):
    right = gradients(scores, grad, temperature)
    return right | {"temperature": -right["temperature"]}


@ITEM.mutant("e/τ has the slope −e/τ² in τ: one factor τ is missing.")
def temperature_once(scores, grad, temperature):
    right = gradients(scores, grad, temperature)
    return right | {"temperature": right["temperature"] * temperature}


@ITEM.mutant("One temperature serves all queries: sum their gradients.")
def averages_over_queries(scores, grad, temperature):
    right = gradients(scores, grad, temperature)
    return right | {"temperature": right["temperature"] / len(scores)}


@ITEM.mutant("The weights were computed at temperature 1.")
def ignores_the_temperature(scores, grad, temperature):
    return _finish(_at_logits(scores, grad, 1.0), scores, temperature)


@ITEM.mutant("Softmax runs over keys, the last axis; here it runs over queries.")
def softmax_over_queries(scores, grad, temperature):
    return _finish(_at_logits(scores.mT, grad.mT, temperature).mT, scores, temperature)
