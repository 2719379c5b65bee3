"""How much gradient does a unit let through, and what can a bias mend?"""

import numpy as np
import torch
from matplotlib.figure import Figure
from torch import Tensor

from course_utils.explorers.explorer import Choice, Explorer, Slider
from course_utils.figures import COLOURS

EDGE = 12.0  # the picture shows pre-activations within ±EDGE
PLACES = torch.linspace(-EDGE, EDGE, 241)
BINS = torch.linspace(-EDGE, EDGE, 49)
BIASES = torch.linspace(-8, 8, 161)
# the standard normal as 400 equally likely values
NORMAL = torch.special.ndtri((torch.arange(400) + 0.5) / 400)

# each activation with its slope
ACTIVATIONS = {
    "tanh": (torch.tanh, lambda z: 1 - torch.tanh(z).square()),
    "ReLU": (torch.relu, lambda z: (z > 0).float()),
}


def compute(spread: float, offset: float, bias: float, activation: str) -> dict:
    """Curve and slope of a unit, its pre-activations, and its mean gate by bias."""
    curve, slope = ACTIVATIONS[activation]
    z = offset + spread * NORMAL  # before the bias
    below = torch.special.ndtr((BINS - offset - bias) / spread)
    gates = slope(z + BIASES[:, None]).mean(-1)
    here = slope(z + bias)
    return {
        "activation": activation,
        "offset": offset,
        "spread": spread,
        "bias": bias,
        "curve": curve(PLACES),
        "slope": slope(PLACES),
        "shares": below.diff(),
        "outside": 1 - (below[-1] - below[0]).item(),
        "gates": gates,
        "gate": here.mean().item(),
        "shut": (here < 0.1).float().mean().item(),
        "best": _best(gates),
    }


def _best(gates: Tensor) -> tuple[float, float, float]:
    """The lowest and the highest of the best biases, and their mean gate."""
    ties = BIASES[gates >= gates.max() - 1e-6]
    # to the slider's step; adding 0.0 turns -0.0 into 0.0
    low, high = (round(tie.item(), 1) + 0.0 for tie in ties[[0, -1]])
    return low, high, gates.max().item()


def draw(figure: Figure):
    """Left: the unit, and its pre-activations below. Right: mean gate by bias."""
    panels = figure.subplot_mosaic([["unit", "gate"], ["inputs", "gate"]])
    unit, inputs, gate = (panels[name] for name in ("unit", "inputs", "gate"))
    unit.sharex(inputs)
    (curve,) = unit.plot(
        PLACES, PLACES, "-", color=COLOURS[0], label="activation", lw=2.5
    )
    (slope,) = unit.plot(PLACES, PLACES, "--", color=COLOURS[1], label="its slope")
    unit.set(ylim=(-1.3, 2.3), ylabel="unit")
    unit.tick_params(labelbottom=False)
    unit.legend(loc="lower right")
    bars = inputs.stairs(np.zeros(len(BINS) - 1), BINS, fill=True, color=COLOURS[5])
    outside = inputs.text(
        0.98, 0.9, "", ha="right", va="top", transform=inputs.transAxes
    )
    inputs.set(
        xlim=(-EDGE, EDGE),
        ylim=(0, 0.45),
        xlabel="pre-activation, bias included",
        ylabel="share of inputs",
    )
    (gates,) = gate.plot(BIASES, BIASES, "-", color=COLOURS[0])
    (mark,) = gate.plot([0], [0], "ok", markersize=10, clip_on=False)
    label = gate.text(0, 0, "", ha="center", va="bottom", weight="bold")
    gate.set(xlim=(-9, 9), ylim=(0, 1.15), xlabel="bias b", ylabel="mean gate")
    gate.set_xticks(range(-8, 9, 4))

    def update(data: dict) -> list:
        curve.set_ydata(data["curve"])
        slope.set_ydata(data["slope"])
        bars.set_data(data["shares"].numpy())
        outside.set_text(f"outside the picture: {data['outside']:.0%}")
        gates.set_ydata(data["gates"])
        mark.set_data([data["bias"]], [data["gate"]])
        label.set_text(f"{data['gate']:.2f}")
        label.set_position((data["bias"], data["gate"] + 0.04))
        return [curve, slope, bars, outside, gates, mark, label]

    return update


def describe(data: dict) -> str:
    """Mean gate, closed units, and the best bias."""
    low, high, gate = data["best"]
    biases = f"{low:.1f}" if low == high else f"any from {low:.1f} to {high:.1f}"
    return (
        f"{data['activation']} with offset {data['offset']:.1f}, spread "
        f"{data['spread']:.1f} and bias {data['bias']:.1f}: the mean gate is "
        f"{data['gate']:.2f}, and {data['shut']:.0%} of the inputs meet a slope below "
        f"0.1. The best bias is {biases}: it opens the gate to {gate:.2f}"
    )


saturation = Explorer(
    title="A unit, its pre-activations and its gate",
    parameters={
        "spread": Slider("spread σ", 0.5, 10.0, 1.0, 0.5),
        "offset": Slider("offset μ", -8.0, 8.0, 4.0, 0.1),
        "bias": Slider("bias b", -8.0, 8.0, 0.0, 0.1),
        "activation": Choice("activation", ("tanh", "ReLU"), "tanh"),
    },
    compute=compute,
    draw=draw,
    describe=describe,
    size=(9.0, 4.2),
)
