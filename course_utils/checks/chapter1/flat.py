"""1.q15 · A flat direction, and how flat it is."""

import torch

from course_utils.checks import expect
from course_utils.checks.item import Item

ITEM = Item(
    id="1.q15",
    title="How flat is the flat direction?",
    kind="implement",
    asks="hessian_along",
    difficulty=3,
    minutes=20,
    lesson="1.5_the_gradient_wormhole",
    hints=(
        "The loss is the same at (v, τ) and at (cv, cτ). Differentiate that sentence.",
        "Let g(θ) be the gradient of the loss, θ = (v, τ). Scaling θ by c scales g by "
        "1/c. Or compute: H θ is the gradient of g · a with a = θ held fixed.",
        "theta = v and temperature joined, requires_grad\n"
        "loss = cross-entropy of (hidden times v) / temperature with the target\n"
        "gradient = autograd.grad(loss, theta, create_graph=True)\n"
        "autograd.grad of (gradient · theta detached), again with respect to theta",
    ),
)


def _loss(theta, hidden, target):
    scores = hidden @ theta[:-1] / theta[-1]
    return -scores.log_softmax(0)[target]


def _theta(v, temperature):
    return torch.cat([v, v.new_tensor([temperature])])


def _gradient(hidden, v, temperature, target):
    theta = _theta(v, temperature).requires_grad_()
    return torch.autograd.grad(_loss(theta, hidden, target), theta)[0]


def _compare(student, rng, n_key, width, temperature):
    hidden, v = rng.uniform(-1, 1, n_key, width), rng.normal(width)
    target = rng.integer(0, n_key - 1)
    got = student.hessian_along(hidden, v, temperature, target)
    right = -_gradient(hidden, v, temperature, target)
    expect.tensor(got, right, "hessian_along(…)", float32=True)


@ITEM.check(1, "temperature 1")
def at_temperature_one(student, rng):
    _compare(student, rng, 4, 3, 1.0)
    _compare(student, rng, 6, 2, 1.0)


@ITEM.check(2, "any temperature")
def at_any_temperature(student, rng):
    for n_key, width, temperature in ((5, 4, 0.4), (3, 6, 2.5)):
        _compare(student, rng, n_key, width, temperature)


@ITEM.alternative
def full_hessian(hidden, v, temperature, target):
    theta = _theta(v, temperature)
    hessian = torch.autograd.functional.hessian(
        lambda point: _loss(point, hidden, target), theta
    )
    return hessian @ theta


@ITEM.alternative
def by_hand(hidden, v, temperature, target):
    """−∇L, written out: α − onehot, times ∂e/∂v and ∂e/∂τ."""
    scores = hidden @ v / temperature
    surplus = scores.softmax(0)
    surplus[target] -= 1
    along_v = surplus @ hidden / temperature
    along_temperature = -(surplus @ scores) / temperature
    return -torch.cat([along_v, along_temperature[None]])


@ITEM.mutant("H θ = 0 only where the gradient is 0. Elsewhere it is not.")
def zero_everywhere(hidden, v, temperature, target):
    return torch.zeros(len(v) + 1, dtype=v.dtype)


@ITEM.mutant("The size is right and the sign is not.")
def sign_turned(hidden, v, temperature, target):
    return _gradient(hidden, v, temperature, target)


@ITEM.mutant("The temperature is a parameter too: its entry is not 0.")
def forgets_the_temperature(hidden, v, temperature, target):
    got = by_hand(hidden, v, temperature, target)
    got[-1] = 0
    return got


@ITEM.mutant("With the temperature held fixed the direction is not flat: move both.")
def moves_v_only(hidden, v, temperature, target):
    theta = _theta(v, temperature)
    hessian = torch.autograd.functional.hessian(
        lambda point: _loss(point, hidden, target), theta
    )
    return hessian[:, :-1] @ v


@ITEM.mutant("θ itself was asked for, not the direction of length 1.")
def uses_a_unit_direction(hidden, v, temperature, target):
    theta = _theta(v, temperature)
    return by_hand(hidden, v, temperature, target) / theta.norm()


@ITEM.mutant("The result has width + 1 entries: the last one belongs to τ.")
def leaves_out_the_last_entry(hidden, v, temperature, target):
    return by_hand(hidden, v, temperature, target)[:-1]


@ITEM.mutant("The scores were not divided by the temperature.")
def ignores_the_temperature(hidden, v, temperature, target):
    return by_hand(hidden, v, 1.0, target)


@ITEM.mutant("τ stands in the last place of θ, not in the first.")
def temperature_first(hidden, v, temperature, target):
    return by_hand(hidden, v, temperature, target).roll(1)
