"""How loud may positions be beside the content, and where does attention then look?"""

import math
from functools import cache

import numpy as np
import torch
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from torch import Tensor

from course_utils.attention import entropy, scaled_dot_score, sinusoidal, softmax
from course_utils.explorers.explorer import Choice, Explorer, Slider, Steps
from course_utils.figures import COLOURS

LENGTH, DIM, TEXTS = 32, 64, 20
AMPLITUDES = (0, 0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 5, 7, 10, 20, 30, 50, 100)
PROJECTIONS = ("identity", "random")


@cache
def _products(projection: str) -> tuple[Tensor, Tensor, Tensor]:
    """Scores of content with content, across, and of place with place.

    Each is (text, query, key), so that the scores of s·content + A·place are
    s²·first + s·A·second + A²·third.
    """
    random = torch.Generator().manual_seed(0)
    content = torch.randn(TEXTS, LENGTH, DIM, generator=random)
    place = sinusoidal(LENGTH, DIM).expand(TEXTS, -1, -1)
    matrices = torch.randn(2, DIM, DIM, generator=random) / DIM**0.5
    if projection == "identity":
        matrices = torch.eye(DIM).expand(2, -1, -1)

    def scores(query: Tensor, key: Tensor) -> Tensor:
        return scaled_dot_score(query @ matrices[0], key @ matrices[1])

    across = scores(content, place) + scores(place, content)
    return scores(content, content), across, scores(place, place)


@cache
def _sweep(content: float, projection: str) -> tuple[Tensor, Tensor, Tensor]:
    """Mean maps (amplitude, query, key), their evenness, and that of single maps."""
    first, second, third = _products(projection)
    loud = torch.tensor(AMPLITUDES, dtype=torch.float32)[:, None, None, None]
    weights = softmax(content**2 * first + content * loud * second + loud**2 * third)
    maps = weights.mean(1)
    most = math.log(LENGTH)
    return maps, entropy(maps).mean(-1) / most, entropy(weights).mean((1, 2)) / most


def compute(amplitude: float, content: float, projection: str) -> dict:
    """The mean map at one amplitude, and the evenness of maps at all of them."""
    maps, of_mean, of_single = _sweep(round(content, 3), projection)
    here = AMPLITUDES.index(amplitude)
    winners = maps[here].argmax(-1)
    return {
        "amplitude": amplitude,
        "content": content,
        "projection": projection,
        "here": here,
        "weights": maps[here],
        "evenness": {"single": of_single, "mean": of_mean},
        "winners": len(winners.unique()),
        "itself": (winners == torch.arange(LENGTH)).sum().item(),
    }


def draw(figure: Figure):
    """Left: the mean map. Right: evenness against amplitude, the point marked."""
    left, right = figure.subplots(1, 2, width_ratios=(4, 5))
    area = left.imshow(
        np.zeros((LENGTH, LENGTH)), cmap="Blues", norm=PowerNorm(0.5, 0, 1)
    )
    left.set(title=f"mean weights of {TEXTS} texts", xlabel="key", ylabel="query")
    left.grid(False)
    figure.colorbar(area, ax=left, ticks=(0, 1 / LENGTH, 0.25, 1), format="%.2f")
    places = np.arange(len(AMPLITUDES))
    curves, marks = [], []
    for colour, dash, mark, name in (
        (COLOURS[0], "-", "o", "each text's map"),
        (COLOURS[1], "--", "s", "mean map"),
    ):
        style = {"color": colour, "linestyle": dash, "label": name}
        curves.append(right.plot(places, np.ones(len(places)), **style)[0])
        marks.append(right.plot([0], [1], mark, color=colour, markersize=10)[0])
    right.set(ylim=(-0.03, 1.05), xlabel="position amplitude A")
    right.set_ylabel("entropy, share of its maximum")
    ticks = [AMPLITUDES.index(tick) for tick in (0, 0.1, 0.3, 1, 3, 10, 30, 100)]
    right.set_xticks(ticks, [f"{AMPLITUDES[tick]:g}" for tick in ticks])
    right.legend(loc="lower left")

    def update(data: dict) -> list:
        area.set_data(data["weights"].numpy())
        for curve, mark, values in zip(
            curves, marks, data["evenness"].values(), strict=True
        ):
            curve.set_ydata(values)
            mark.set_data([data["here"]], [values[data["here"]]])
        return [area, *curves, *marks]

    return update


def describe(data: dict) -> str:
    """Evenness of single maps and of their mean, and where the mean looks."""
    single, mean = (values[data["here"]] for values in data["evenness"].values())
    return (
        f"Amplitude {data['amplitude']:g}, content strength {data['content']:.1f}, "
        f"{data['projection']} projections. Entropy, as a share of its maximum: "
        f"{single:.2f} for the map of a text, {mean:.2f} for the mean map. In the "
        f"mean map {data['winners']} of {LENGTH} keys get the most weight of some "
        f"query. Queries that look most at themselves: {data['itself']}"
    )


amplitude = Explorer(
    title="How loud positions speak",
    parameters={
        "amplitude": Steps("position amplitude A", AMPLITUDES, 3),
        "content": Slider("content strength", 0.0, 2.0, 1.0, 0.1),
        "projection": Choice("projections W", PROJECTIONS, "random"),
    },
    compute=compute,
    draw=draw,
    describe=describe,
    size=(9.0, 4.0),
)
