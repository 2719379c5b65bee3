"""2.q14 · LayerNorm and its gradient, by hand."""

import torch

from course_utils.checks import expect
from course_utils.checks.item import Item

ITEM = Item(
    id="2.q14",
    title="LayerNorm, forwards and back",
    kind="implement",
    asks="layer_norm_with_gradient",
    difficulty=3,
    minutes=25,
    lesson="2.4_stability_by_design",
    hints=(
        "The output does not change when a constant is added to x, nor (without ε) "
        "when x is stretched. What does that say about the gradient?",
        "Let s be the root and y the output. Three ways lead from x to y: directly, "
        "through the mean, through s. Each gives one term, and 1/s stands before all "
        "of them.",
        "m and variance over the last axis, divided by d\n"
        "s = root of (variance + ε); y = (x − m) / s\n"
        "from grad take its mean (the way through m)\n"
        "and take y times the mean of grad · y (the way through s)\n"
        "divide by s",
    ),
)
NAMES = ("output", "gradient")


def _steps(x, eps, correction=0):
    centred = x - x.mean(-1, keepdim=True)
    variance = x.var(-1, correction=correction, keepdim=True)
    return centred, (variance + eps).sqrt()


def _back(output, grad, root, mean=True, length=True):
    if mean:
        grad = grad - grad.mean(-1, keepdim=True)
    if length:
        grad = grad - output * (grad * output).mean(-1, keepdim=True)
    return grad / root


def levelled(x, grad, eps) -> dict:
    """Output and gradient at x, both of x's shape."""
    centred, root = _steps(x, eps)
    output = centred / root
    return {"output": output, "gradient": _back(output, grad, root)}


def _inputs(rng, *shape):
    offset = 4 * rng.normal(*shape[:-1], 1)
    return offset + rng.uniform(0.5, 3) * rng.normal(*shape), rng.normal(*shape)


def _compare(student, x, grad, eps, *names):
    got = student.layer_norm_with_gradient(x, grad, eps)
    found = expect.keys(got, NAMES, "layer_norm_with_gradient(…)")
    right = levelled(x, grad, eps)
    for name, value in zip(NAMES, found, strict=True):
        if name in names:
            expect.tensor(value, right[name], f"{name!r}", float32=True)


@ITEM.check(1, "the output", part="output")
def gives_the_output(student, rng):
    for shape in ((3, 5), (1, 2), (2, 4, 7)):
        _compare(student, *_inputs(rng, *shape), 1e-5, "output")


@ITEM.check(1, "quiet inputs, for which ε counts", part="output")
def heeds_eps(student, rng):
    for size in (1e-3, 0.03):
        x, grad = _inputs(rng, 4, 6)
        _compare(student, size * x, grad, 1e-3, "output")


@ITEM.check(2, "the gradient", part="gradient")
def gives_the_gradient(student, rng):
    for shape, eps in (((3, 5), 1e-5), ((1, 2), 0.3), ((2, 4, 7), 0.05)):
        _compare(student, *_inputs(rng, *shape), eps, "gradient")


@ITEM.alternative
def by_autograd(x, grad, eps):
    leaf = x.clone().requires_grad_()
    output = torch.nn.functional.layer_norm(leaf, x.shape[-1:], eps=eps)
    output.backward(grad)
    return {"gradient": leaf.grad, "output": output.detach()}


@ITEM.alternative
def through_the_jacobian(x, grad, eps):
    size = x.shape[-1]
    centring = torch.eye(size, dtype=x.dtype) - 1 / size
    centred = x @ centring
    root = ((centred**2).sum(-1, keepdim=True) / size + eps) ** 0.5
    output = centred / root
    outer = output[..., :, None] * output[..., None, :] / size
    jacobian = (centring - outer) / root[..., None]
    return {"output": output, "gradient": (jacobian @ grad[..., None])[..., 0]}


@ITEM.mutant("The variance is divided by d here, not by d − 1.")
def unbiased_variance(x, grad, eps):
    centred, root = _steps(x, eps, correction=1)
    return {"output": centred / root, "gradient": _back(centred / root, grad, root)}


@ITEM.mutant("The result has length 1; LayerNorm gives length √d.")
def length_one(x, grad, eps):
    scale = x.shape[-1] ** -0.5
    return {name: value * scale for name, value in levelled(x, grad, eps).items()}


@ITEM.mutant("ε stands inside the root, beside the variance.")
def eps_outside_the_root(x, grad, eps):
    centred, root = _steps(x, 0.0)
    output = centred / (root + eps)
    return {"output": output, "gradient": _back(output, grad, root + eps)}


@ITEM.mutant("ε was not used.")
def without_eps(x, grad, eps):
    return levelled(x, grad, 0.0)


@ITEM.mutant("ε joins a variance, so it is not squared.")
def eps_squared(x, grad, eps):
    return levelled(x, grad, eps**2)


@ITEM.mutant("The mean stays in: that is RMSNorm.")
def keeps_the_mean(x, grad, eps):
    root = (x.square().mean(-1, keepdim=True) + eps).sqrt()
    return {"output": x / root, "gradient": _back(x / root, grad, root, mean=False)}


@ITEM.mutant("The mean and the root depend on x too: both ways back are missing.")
def root_and_mean_held_fixed(x, grad, eps):
    _, root = _steps(x, eps)
    return levelled(x, grad, eps) | {"gradient": grad / root}


@ITEM.mutant("The root depends on x too: that way back is missing.")
def root_held_fixed(x, grad, eps):
    _, root = _steps(x, eps)
    back = _back(None, grad, root, length=False)
    return levelled(x, grad, eps) | {"gradient": back}


@ITEM.mutant("The mean depends on x too: that way back is missing.")
def mean_held_fixed(x, grad, eps):
    centred, root = _steps(x, eps)
    back = _back(centred / root, grad, root, mean=False)
    return levelled(x, grad, eps) | {"gradient": back}


@ITEM.mutant(
    "The normalised row is one vector: its entries, not the rows, are levelled."
)
def over_the_rows(x, grad, eps):
    turned = levelled(x.transpose(0, -1), grad.transpose(0, -1), eps)
    return {name: value.transpose(0, -1) for name, value in turned.items()}
