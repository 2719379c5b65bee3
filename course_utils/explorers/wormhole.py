"""How far back does a gradient reach, with attention and without?"""

from functools import cache

import numpy as np
import torch
from matplotlib.figure import Figure
from torch import Tensor

from course_utils.attention import AdditiveScore, dot_score, softmax
from course_utils.explorers.explorer import Choice, Explorer, Slider
from course_utils.figures import COLOURS, DASHES

LENGTH, SIZE = 100, 32
FLOOR = 1e-25  # the lower end of the axis: what is smaller is drawn there
CELLS = {"tanh": torch.tanh, "linear": lambda state: state}
NAMES = ("RNN alone", "dot", "additive", "uniform")


@cache
def _setting() -> tuple[Tensor, Tensor, Tensor, Tensor, AdditiveScore]:
    """One sequence, an orthogonal matrix, a query, a direction to read, a scorer."""
    with torch.random.fork_rng(devices=[]):  # leave the lesson's seed alone
        torch.manual_seed(0)
        tokens, matrix = torch.randn(LENGTH, SIZE), torch.randn(SIZE, SIZE)
        query, probe = torch.randn(2, 1, SIZE) / SIZE**0.5
        additive = AdditiveScore(SIZE, SIZE, SIZE).double().requires_grad_(False)
    tokens, query = tokens.double(), query.double()
    # a fresh judge hardly tells states apart: let its scores spread by 1
    additive.v /= additive(query, tokens.tanh()).std()
    orthogonal = torch.linalg.qr(matrix.double())[0]
    probe = probe / probe.norm()
    return tokens, orthogonal, query, probe[0].double(), additive


def compute(rho: float, sharpness: float, cell: str) -> dict:
    """Gradient of each output and weight of each state, by distance from the end."""
    tokens, orthogonal, query, probe, additive = _setting()
    # one copy of the sequence an output, so that one backward pass serves all four
    inputs = tokens.expand(len(NAMES), -1, -1).clone().requires_grad_()
    state, states = torch.zeros(len(NAMES), SIZE, dtype=torch.float64), []
    for token in inputs.unbind(1):
        state = CELLS[cell](rho * state @ orthogonal.T + token)
        states.append(state)
    states = torch.stack(states, 1)  # (output, time, size)
    scores = (
        dot_score(query, states[1])[0],
        additive(query, states[2])[0],
        torch.zeros(LENGTH, dtype=torch.float64),
    )
    weights = softmax(sharpness * torch.stack(scores))
    contexts = (weights[:, None] @ states[1:])[:, 0]
    outputs = torch.cat([states[:1, -1], contexts])
    (slopes,) = torch.autograd.grad((outputs @ probe).sum(), inputs)
    return {
        "gradients": dict(zip(NAMES, slopes.norm(dim=-1).flip(-1), strict=True)),
        "weights": dict(zip(NAMES[1:], weights.detach().flip(-1), strict=True)),
    }


def draw(figure: Figure):
    """Left: gradient against distance. Right: the weights. The same log axis."""
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=(3, 2))
    distance = np.arange(LENGTH)
    panels = ((left, NAMES, "gradients"), (right, NAMES[1:], "weights"))
    curves = {
        (kind, name): panel.plot(
            distance,
            np.ones(LENGTH),
            color=COLOURS[NAMES.index(name)],
            linestyle=DASHES[NAMES.index(name)],
            marker="osD^"[NAMES.index(name)],
            markevery=(4 * NAMES.index(name), 20),
            label=name,
        )[0]
        for panel, names, kind in panels
        for name in names
    }
    left.set(
        title="gradient at the token",
        yscale="log",
        xlim=(0, LENGTH - 1),
        ylim=(FLOOR, 1e8),
        xlabel="distance from the end",
    )
    right.set(
        title="weight of the token",
        xlim=(0, LENGTH - 1),
        xlabel="distance from the end",
    )
    figure.legend(
        [curves["gradients", name] for name in NAMES],
        NAMES,
        loc="outside lower center",
        ncols=len(NAMES),
    )

    def update(data: dict) -> list:
        for (kind, name), curve in curves.items():
            curve.set_ydata(data[kind][name].clamp_min(FLOOR).numpy())
        return list(curves.values())

    return update


def describe(data: dict) -> str:
    """The gradient at the first token, and the largest weight."""
    gradients = ", ".join(
        f"{name} {values[-1]:.1e}" for name, values in data["gradients"].items()
    )
    largest = ", ".join(
        f"{name} {values.max():.2f}" for name, values in data["weights"].items()
    )
    return (
        f"The gradient at the first of {LENGTH} tokens: {gradients}. "
        f"The largest weight: {largest}"
    )


wormhole = Explorer(
    title="The gradient wormhole",
    parameters={
        "rho": Slider("recurrent scale ρ", 0.5, 1.1, 0.9, 0.05),
        "sharpness": Slider("sharpness", 0.1, 100.0, 1.0, 0.1, log=True),
        "cell": Choice("recurrent step", ("tanh", "linear"), "tanh"),
    },
    compute=compute,
    draw=draw,
    describe=describe,
    size=(9.0, 4.0),
)
