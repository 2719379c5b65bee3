"""How sharp are the weights, and how far do they move when one score is nudged?"""

import math

import numpy as np
import torch
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from torch import Tensor

from course_utils.attention import entropy, softmax, total_variation
from course_utils.explorers.explorer import Explorer, Slider, Steps
from course_utils.figures import COLOURS

KEYS = (2, 4, 8, 16)
SHIFTS = (-0.2, 0.2)  # of the bars before and after the nudge
TAUS = torch.logspace(-2, 1, 121, dtype=torch.float64)


def _scores(gap: float, keys: int) -> Tensor:
    """The best key scores 0, the second −gap, the others −1 down to −3."""
    others = torch.linspace(-1, -3, keys - 2, dtype=torch.float64)
    return torch.cat([torch.tensor([0.0, -gap], dtype=torch.float64), others])


def _hard(scores: Tensor) -> Tensor:
    """All weight on the largest score; on the first of them at a tie."""
    return torch.nn.functional.one_hot(scores.argmax(-1), scores.shape[-1]).double()


def compute(temperature: float, gap: float, nudge: float, keys: int) -> dict:
    """Weights before and after the second key's score rises by `nudge`."""
    before = _scores(gap, keys)
    after = before.clone()
    after[1] = round(nudge - gap, 9)  # sliders are not exact: let equal steps tie
    # a row a temperature, and the chosen one last
    taus = torch.cat([TAUS, torch.tensor([temperature], dtype=torch.float64)])
    soft = [softmax(scores / taus[:, None]) for scores in (before, after)]
    uncertain = entropy(soft[0])
    moved = total_variation(*soft)
    return {
        "temperature": temperature,
        "keys": keys,
        "soft": [weights[-1] for weights in soft],
        "hard": [_hard(scores) for scores in (before, after)],
        "entropy": uncertain[:-1],
        "entropy_here": uncertain[-1].item(),
        "moved": moved[:-1],
        "moved_here": moved[-1].item(),
        "moved_hard": total_variation(_hard(before), _hard(after)).item(),
    }


def draw(figure: Figure):
    """Left: weights before and after. Right: entropy and movement by temperature."""
    left, right = figure.subfigures(1, 2, width_ratios=(3, 2))
    weights = left.subplots()
    upper, lower = right.subplots(2, 1, sharex=True)
    places = np.arange(max(KEYS))
    styles = ((COLOURS[0], "", "o"), ("#f3b98b", "///", "x"))
    groups, marks = [], []
    for shift, (colour, hatch, mark) in zip(SHIFTS, styles, strict=True):
        groups.append(
            weights.bar(
                places + shift, places * 0.0 + 1, 0.4, color=colour, hatch=hatch
            )
        )
        ends = {"color": "black", "ms": 8, "mew": 2, "mfc": "none", "ls": ""}
        marks.append(weights.plot([0], [1], mark, **ends)[0])
    weights.set(ylim=(0, 1.34), xlim=(-0.6, 15.6), xlabel="key", ylabel="weight")
    weights.set_xticks(places, [f"{place + 1}" for place in places])
    weights.set_yticks(np.linspace(0, 1, 6))
    weights.grid(axis="x", visible=False)
    weights.legend(
        [*(Patch(facecolor=c, hatch=h) for c, h, _ in styles), *marks],
        ["soft", "soft, key 2 nudged", "hard", "hard, key 2 nudged"],
        loc="upper right",
        ncols=2,
    )
    curves, points = [], []
    for panel, colour, top, label in (
        (upper, COLOURS[2], math.log(max(KEYS)) + 1, "entropy (nats)"),
        (lower, COLOURS[1], 1.08, "weight moved"),
    ):
        curves.append(panel.plot(TAUS, np.zeros(len(TAUS)), "-", color=colour)[0])
        points.append(panel.plot([1], [0], "o", color="black", ms=9)[0])
        panel.set(ylim=(-0.06 * top, top), ylabel=label, xscale="log")
    (even,) = upper.plot(TAUS[[0, -1]], [0, 0], ":", color="black", label="all equal")
    (switch,) = lower.plot(TAUS[[0, -1]], [0, 0], "--", color="black", label="hard")
    upper.legend(loc="upper left")
    lower.legend(loc="center right")
    lower.set_xticks([0.01, 0.1, 1, 10], ["0.01", "0.1", "1", "10"])
    lower.set_xlabel("temperature τ")

    def update(data: dict) -> list:
        shown = data["keys"]
        for shift, group, mark, soft, hard in zip(
            SHIFTS, groups, marks, data["soft"], data["hard"], strict=True
        ):
            for place, bar in enumerate(group):
                bar.set_height(soft[place].item() if place < shown else 0)
            mark.set_xdata([hard.argmax().item() + shift])
        for name, curve, point in zip(
            ("entropy", "moved"), curves, points, strict=True
        ):
            curve.set_ydata(data[name])
            point.set_data([data["temperature"]], [data[f"{name}_here"]])
        even.set_ydata([math.log(shown)] * 2)
        switch.set_ydata([data["moved_hard"]] * 2)
        bars = [bar for group in groups for bar in group]
        return [*bars, *marks, *curves, even, switch, *points]

    return update


def describe(data: dict) -> str:
    """The two best weights before and after, the entropy, and what moved."""
    (first, second), (first_after, second_after) = (
        soft[:2].tolist() for soft in data["soft"]
    )
    flips = "changes its winner" if data["moved_hard"] else "keeps its winner"
    return (
        f"{data['keys']} keys at temperature {data['temperature']:.3g}. Soft weights "
        f"of keys 1 and 2: {first:.2f} and {second:.2f}, with key 2 nudged "
        f"{first_after:.2f} and {second_after:.2f}. Entropy "
        f"{data['entropy_here']:.2f} nats, of {math.log(data['keys']):.2f} if all "
        f"were equal. The nudge moves {data['moved_here']:.0%} of the weight; the "
        f"hard choice {flips}"
    )


temperature = Explorer(
    title="Temperature: soft and hard weights",
    parameters={
        "temperature": Slider("temperature τ", 0.01, 10.0, 1.0, 0.05, log=True),
        "gap": Slider("lead of key 1", 0.0, 1.0, 0.2, 0.05),
        "nudge": Slider("nudge to key 2", 0.0, 1.0, 0.3, 0.05),
        "keys": Steps("number of keys", KEYS, 8),
    },
    compute=compute,
    draw=draw,
    describe=describe,
    size=(9.0, 4.6),
)
