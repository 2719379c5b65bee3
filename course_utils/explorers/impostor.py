"""How long must a badly aligned key be before it wins?"""

import math

import numpy as np
import torch
from matplotlib.figure import Figure

from course_utils.attention import cosine_score, dot_score, softmax
from course_utils.explorers.explorer import Explorer, Slider
from course_utils.figures import COLOURS

LENGTHS = torch.linspace(0.1, 20, 200)


def _scores(length: torch.Tensor, cosine: float, score) -> torch.Tensor:
    """Scores of the true key (1, 0) and of an impostor at `cosine`, by length."""
    query = torch.tensor([[1.0, 0.0]])
    direction = torch.tensor([cosine, math.sqrt(1 - cosine**2)])
    impostor = length[:, None] * direction
    return torch.cat([score(query, query), score(query, impostor)], -1)[0]


def compute(length: float, cosine: float, temperature: float) -> dict:
    """Weights of the true key and the impostor, under dot and cosine score."""
    here = torch.tensor([float(length)])
    pair = {
        name: _scores(here, cosine, score)
        for name, score in (("dot", dot_score), ("cosine", cosine_score))
    }
    return {
        "length": length,
        "cosine": cosine,
        "lines": {
            "dot": _scores(LENGTHS, cosine, dot_score)[1:],
            "cosine": _scores(LENGTHS, cosine, cosine_score)[1:],
        },
        "weights": {
            name: softmax(scores, temperature=temperature)
            for name, scores in pair.items()
        },
    }


def draw(figure: Figure):
    """Left: the impostor's score against its length. Right: the weights."""
    left, right = figure.subplots(1, 2, width_ratios=(3, 2))
    curves = [
        left.plot(LENGTHS, np.zeros(len(LENGTHS)), dash, color=colour, label=name)[0]
        for name, colour, dash in (
            ("impostor, dot", COLOURS[0], "-"),
            ("impostor, cosine", COLOURS[1], "--"),
        )
    ]
    left.axhline(1, color="black", linestyle=":", label="true key")
    (mark,) = left.plot([1], [1], "o", color="black", markersize=9)
    left.set(
        xlim=(0, 20), ylim=(-4, 8), xlabel="length of the impostor", ylabel="score"
    )
    left.legend(loc="upper left")
    places = np.arange(2)
    groups = [
        right.bar(places + shift, [1, 1], 0.38, color=colour, hatch=hatch, label=name)
        for shift, colour, hatch, name in (
            (-0.2, COLOURS[0], "", "dot"),
            (0.2, COLOURS[1], "//", "cosine"),
        )
    ]
    right.set(ylim=(0, 1.15), ylabel="weight")
    right.set_xticks(places, ["true key", "impostor"])
    right.grid(axis="x", visible=False)
    right.legend(loc="upper right", ncols=2)

    def update(data: dict) -> list:
        for curve, values in zip(curves, data["lines"].values(), strict=True):
            curve.set_ydata(values)
        mark.set_data([data["length"]], [data["length"] * data["cosine"]])
        for group, weights in zip(groups, data["weights"].values(), strict=True):
            for bar, weight in zip(group, weights.tolist(), strict=True):
                bar.set_height(weight)
        return [*curves, mark, *(bar for group in groups for bar in group)]

    return update


def describe(data: dict) -> str:
    """Who wins, and by how much."""
    dot, cosine = (data["weights"][name][1].item() for name in ("dot", "cosine"))
    wins = "wins" if dot > 0.5 else "loses" if dot < 0.5 else "ties"
    return (
        f"An impostor of length {data['length']:.2f} at cosine {data['cosine']:.2f} "
        f"{wins} under the dot score with weight {dot:.2f}, and has weight "
        f"{cosine:.2f} under the cosine score"
    )


impostor = Explorer(
    title="The impostor",
    parameters={
        "length": Slider("impostor's length", 0.1, 20.0, 2.0, 0.1),
        "cosine": Slider("cosine to the query", -1.0, 1.0, 0.3, 0.05),
        "temperature": Slider("temperature", 0.1, 10.0, 0.5, 0.05, log=True),
    },
    compute=compute,
    draw=draw,
    describe=describe,
)
