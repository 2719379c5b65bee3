"""How do the scores of one query grow with the dimension, and what does a scale do?"""

from functools import cache

import numpy as np
import torch
from matplotlib.figure import Figure
from torch import Tensor

from course_utils.attention import effective_keys, softmax
from course_utils.explorers.explorer import Explorer, Slider, Steps
from course_utils.figures import COLOURS

DIMS = (1, 4, 16, 64, 256, 1024)
KEYS = (4, 16, 64, 256)
QUERIES = 32
EDGE = 12.5  # the histogram shows scores within ±EDGE
BINS = np.arange(-EDGE, EDGE + 1)


@cache
def _products() -> tuple[Tensor, Tensor]:
    """q·k (dimension, query, key) and q·q (dimension, query), from seeded normals."""
    random = torch.Generator().manual_seed(0)
    query = torch.randn(QUERIES, max(DIMS), generator=random)
    key = torch.randn(max(KEYS), max(DIMS), generator=random)
    products = [query[:, :dim] @ key[:, :dim].T for dim in DIMS]
    return torch.stack(products), query.square().cumsum(-1)[:, torch.tensor(DIMS) - 1].T


def compute(dim: int, exponent: float, correlation: float, keys: int) -> dict:
    """Scores of one query, and the weights of all queries at every dimension.

    The first key of a query is ρ·query + √(1 − ρ²)·noise; the others are noise.
    """
    noise, own = _products()
    scores = noise[..., :keys].clone()  # (dimension, query, key)
    scores[..., 0] *= (1 - correlation**2) ** 0.5
    scores[..., 0] += correlation * own
    scores *= torch.tensor(DIMS)[:, None, None] ** -float(exponent)
    weights = softmax(scores)
    place = DIMS.index(dim)
    one = scores[place, 0]
    return {
        "dim": dim,
        "keys": keys,
        "exponent": exponent,
        "correlation": correlation,
        "shares": np.histogram(one, BINS)[0] / keys,
        "below": (one < -EDGE).float().mean().item(),
        "above": (one > EDGE).float().mean().item(),
        "aligned": one[0].item(),
        "spread": one[1:].std().item(),
        "in_use": effective_keys(weights).mean(1) / keys,  # (dimension)
        "on_aligned": weights[..., 0].mean(1),
    }


def draw(figure: Figure):
    """Left: histogram of one query's scores. Right: what becomes of the weights."""
    left, right = figure.subplots(1, 2, width_ratios=(3, 2))
    bars = left.stairs(
        np.zeros(len(BINS) - 1), BINS, fill=True, color=COLOURS[5], label="all keys"
    )
    (line,) = left.plot([0, 0], [0, 0.78], "--", color=COLOURS[1], label="aligned key")
    (end,) = left.plot([0], [0.78], "v", color=COLOURS[1], markersize=9, clip_on=False)
    number = left.text(0, 0, "", ha="center", va="bottom")
    spread = left.text(0, 1.1, "", ha="center", va="top", weight="bold")
    outside = [
        left.text(side * (EDGE - 0.4), 0.3, "", ha=align, va="top")
        for side, align in ((-1, "left"), (1, "right"))
    ]
    left.set(xlim=(-EDGE, EDGE), ylim=(0, 1.12), xlabel="score", ylabel="share of keys")
    left.legend(loc="upper left")
    curves = [
        right.plot(DIMS, np.zeros(len(DIMS)), style, color=colour, label=name)[0]
        for name, style, colour in (
            ("effective keys, share of all", "o-", COLOURS[0]),
            ("weight on the aligned key", "s--", COLOURS[1]),
        )
    ]
    (here,) = right.plot([1, 1], [0, 1], ":", color="black", label="dimension chosen")
    right.set_xscale("log")
    right.set_xticks(DIMS, [f"{dim}" for dim in DIMS])
    right.minorticks_off()
    right.set(ylim=(-0.03, 1.45), xlabel="dimension d", ylabel="mean over 32 queries")
    right.set_yticks(np.arange(0, 1.01, 0.25))
    right.legend(loc="upper left")

    def update(data: dict) -> list:
        bars.set_data(data["shares"])
        shown = min(max(data["aligned"], -EDGE), EDGE)
        line.set_xdata([shown, shown])
        end.set_xdata([shown])
        number.set_text(f"{data['aligned']:.1f}")
        number.set_position((min(max(shown, -EDGE + 2), EDGE - 2), 0.83))
        spread.set_text(f"spread {data['spread']:.2f}")
        below, above = (f"{data[name]:.0%} outside" for name in ("below", "above"))
        outside[0].set_text(f"← {below}" if data["below"] else "")
        outside[1].set_text(f"{above} →" if data["above"] else "")
        for curve, name in zip(curves, ("in_use", "on_aligned"), strict=True):
            curve.set_ydata(data[name])
        here.set_xdata([data["dim"]] * 2)
        return [bars, line, end, number, spread, *outside, *curves, here]

    return update


def describe(data: dict) -> str:
    """Spread, what lies outside the picture, and the weights at this dimension."""
    place = DIMS.index(data["dim"])
    in_use = data["in_use"][place] * data["keys"]
    outside = data["below"] + data["above"]
    return (
        f"{data['keys']} keys in {data['dim']} dimensions, scores times "
        f"1/d^{data['exponent']:.2f}. One query's scores have spread "
        f"{data['spread']:.2f}; {outside:.0%} of them lie outside the picture. Its "
        f"aligned key, of correlation {data['correlation']:.2f}, scores "
        f"{data['aligned']:.1f}. On average over {QUERIES} queries, attention uses "
        f"{in_use:.1f} effective keys and gives the aligned one weight "
        f"{data['on_aligned'][place]:.2f}"
    )


dimension = Explorer(
    title="Scores of one query, by dimension and scale",
    parameters={
        "dim": Steps("dimension d", DIMS, 64),
        "exponent": Slider("scaling 1/d^p: p", 0.0, 1.0, 0.0, 0.05),
        "correlation": Slider("aligned key's ρ", 0.0, 1.0, 0.0, 0.05),
        "keys": Steps("number of keys", KEYS, 64),
    },
    compute=compute,
    draw=draw,
    describe=describe,
    size=(9.0, 4.2),
)
