"""A key turns round the circle: which curves can its score draw?"""

import math
from functools import cache

import numpy as np
import torch
from matplotlib.figure import Figure

from course_utils.attention import AdditiveScore, additive_score, bilinear_score
from course_utils.explorers.explorer import Explorer, Slider
from course_utils.figures import COLOURS

DEGREES = torch.arange(-180, 180, 2, dtype=torch.float64)
ANGLES = torch.deg2rad(DEGREES)
KEYS = torch.stack([ANGLES.cos(), ANGLES.sin()], -1)
QUERY = torch.tensor([[1.0, 0.0]], dtype=torch.float64)
TARGET = torch.cos(2 * ANGLES)
HARMONICS = 6


def _missed(scores: torch.Tensor) -> torch.Tensor:
    """Share of the target that is missed; a constant is invisible to softmax."""
    return (scores - scores.mean() - TARGET).square().mean() / TARGET.square().mean()


def _explained(curve: torch.Tensor) -> float:
    """R² of the target, at the best scale; 0 for a flat curve."""
    size = curve.square().sum() * TARGET.square().sum()
    return ((curve @ TARGET).square() / size).item() if size > 1e-9 else 0.0


@cache
def fitted(width: int) -> AdditiveScore:
    """An additive score with `width` units, fitted to cos 2θ on the unit circle.

    Seeded. Six starts at most: a start can get stuck, and the best one counts.
    """
    best, least = None, math.inf
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        for _ in range(6):
            score = AdditiveScore(2, 2, width).double()
            optimise = torch.optim.Adam(score.parameters(), lr=0.05)
            for _ in range(500):
                optimise.zero_grad()
                loss = _missed(score(QUERY, KEYS)[0])
                loss.backward()
                optimise.step()
            if loss.item() < least:
                best, least = score.requires_grad_(False), loss.item()
            if least < 0.01:
                break
    return best


def _harmonics(scores: torch.Tensor) -> torch.Tensor:
    """Share of the variation in harmonics 1 to 6; all 0 for a flat curve."""
    power = torch.fft.rfft(scores).abs().square()[1:]
    total = power.sum()
    return power[:HARMONICS] / (total if total > 1e-9 else math.inf)


def compute(length: float, turn: float, width: int, offset: float) -> dict:
    """Both scores by the key's angle, less their means, and their harmonics."""
    angle = math.radians(turn)
    rows = [[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]]
    weight = torch.tensor(rows, dtype=torch.float64)
    judge = fitted(width)
    keys = length * KEYS
    scores = {
        "bilinear": bilinear_score(QUERY, keys, weight)[0],
        # W_q q + b is what the query and the bias give every unit: its offset
        "additive": additive_score(
            offset * QUERY,
            keys,
            judge.w_query,
            judge.w_key,
            judge.v,
            offset * judge.bias,
        )[0],
    }
    curves = {name: values - values.mean() for name, values in scores.items()}
    return {
        "curves": curves,
        "harmonics": {name: _harmonics(curve) for name, curve in curves.items()},
        "length": length,
        "width": width,
        "offset": offset,
        "explained": _explained(curves["additive"]),
    }


def draw(figure: Figure):
    """Left: scores against the key's angle. Right: their harmonics."""
    left, right = figure.subplots(1, 2, width_ratios=(3, 2))
    styles = {"bilinear": (COLOURS[0], "-", ""), "additive": (COLOURS[1], "--", "//")}
    left.plot(DEGREES, TARGET, "-", color="0.8", lw=7, label="target cos 2θ")
    curves = [
        left.plot(DEGREES, np.zeros(len(DEGREES)), dash, color=colour, label=name)[0]
        for name, (colour, dash, _) in styles.items()
    ]
    told = left.text(0.5, 0.97, "", transform=left.transAxes, ha="center", va="top")
    left.set(
        xlim=(-180, 180),
        ylim=(-4.2, 4.2),
        xticks=range(-180, 181, 90),
        xlabel="angle of the key, in degrees",
        ylabel="score, less its mean",
    )
    places = np.arange(1, HARMONICS + 1)
    groups = [
        right.bar(
            places + shift, [1] * HARMONICS, 0.38, color=colour, hatch=hatch, label=name
        )
        for shift, (name, (colour, _, hatch)) in zip(
            (-0.2, 0.2), styles.items(), strict=True
        )
    ]
    right.set(ylim=(0, 1.05), xlabel="harmonic", ylabel="share of the variation")
    right.set_xticks(places)
    right.grid(axis="x", visible=False)
    right.legend(loc="upper right")
    handles, names = left.get_legend_handles_labels()
    left.legend(handles, names, loc="lower center", ncols=3, fontsize=9)

    def update(data: dict) -> list:
        for curve, values in zip(curves, data["curves"].values(), strict=True):
            curve.set_ydata(values)
        told.set_text(f"additive explains {data['explained']:.0%} at its best scale")
        for group, shares in zip(groups, data["harmonics"].values(), strict=True):
            for bar, share in zip(group, shares.tolist(), strict=True):
                bar.set_height(share)
        return [*curves, told, *(bar for group in groups for bar in group)]

    return update


def describe(data: dict) -> str:
    """Where the scores peak, and which harmonics they hold."""
    bilinear = data["curves"]["bilinear"]
    peak, top = DEGREES[bilinear.argmax()].item(), bilinear.max().item()
    single, waves = (data["harmonics"][name] for name in ("bilinear", "additive"))
    held = ", ".join(
        f"{share:.0%} in harmonic {n}"
        for n, share in enumerate(waves.tolist(), 1)
        if share >= 0.005
    )
    units = "1 unit" if data["width"] == 1 else f"{data['width']} units"
    return (
        f"Keys of length {data['length']:.1f}. The bilinear score peaks at {peak:.0f}° "
        f"with {top:.1f}, and has {single[0]:.0%} of its variation in harmonic 1. The "
        f"additive score of {units}, with {data['offset']:.0%} of its offsets, has "
        f"{held or 'no variation at all'}. At its best scale it explains "
        f"{data['explained']:.0%} of the target cos 2θ"
    )


circle = Explorer(
    title="Two scores on the circle",
    parameters={
        "length": Slider("length of the key", 0.1, 3.0, 1.0, 0.1),
        "turn": Slider("angle of W in °", -180, 180, 0, 10),
        "width": Slider("additive units", 1, 4, 2, 1),
        "offset": Slider("share of offsets", 0.0, 1.0, 1.0, 0.05),
    },
    compute=compute,
    draw=draw,
    describe=describe,
    size=(9.0, 3.9),
)
