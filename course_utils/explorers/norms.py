"""Voices of different loudness: which score lets the longest key win?"""

from functools import cache

import numpy as np
import torch
from matplotlib.figure import Figure
from torch import Tensor

from course_utils.attention import dot_score, effective_keys, softmax
from course_utils.explorers.explorer import Choice, Explorer, Slider
from course_utils.figures import COLOURS

KEYS = 16
DIM = 16
QUERIES = 400
SHOWN = 365  # a query of typical length, for whom the loudest key is no match
PLACES = np.arange(1, KEYS + 1)


@cache
def _voices() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Queries and keys of length √DIM, and the normal numbers behind their lengths.

    Keys come from the quietest to the loudest, at even quantiles of the normal.
    """
    random = torch.Generator().manual_seed(1)
    vectors = torch.randn(QUERIES + KEYS, DIM, generator=random, dtype=torch.float64)
    vectors /= vectors.square().mean(-1, keepdim=True).sqrt()
    query_loudness = torch.randn(QUERIES, generator=random, dtype=torch.float64)
    key_loudness = torch.special.ndtri((torch.arange(KEYS).double() + 0.5) / KEYS)
    return vectors[:QUERIES], vectors[QUERIES:], query_loudness, key_loudness


def _prepared(vectors: Tensor, score: str, eps: float) -> Tensor:
    """Vectors as the score multiplies them; `eps` counts in typical lengths."""
    if score == "dot":
        return vectors
    if score == "LayerNorm":
        vectors = vectors - vectors.mean(-1, keepdim=True)
    return vectors / (vectors.square().mean(-1, keepdim=True) + eps**2).sqrt()


def compute(score: str, spread: float, gamma: float, eps: float, hum: float) -> dict:
    """Lengths, one query's weights, and the share of queries each key wins.

    Scores are γ/d times the product of what each score makes of its vectors, so
    that γ = √d is the usual scale and all three agree where lengths are typical.
    """
    query, key, query_loudness, key_loudness = _voices()
    lengths = (spread * key_loudness).exp()
    queries = query * (spread * query_loudness).exp()[:, None] + hum
    keys = key * lengths[:, None] + hum
    scores = (gamma / DIM) * dot_score(
        _prepared(queries, score, eps), _prepared(keys, score, eps)
    )
    weights = softmax(scores)
    won = torch.bincount(scores.argmax(-1), minlength=KEYS) / QUERIES
    return {
        "score": score,
        "lengths": lengths.numpy(),
        "weights": weights[SHOWN].numpy(),
        "won": won.numpy(),
        "in_use": effective_keys(weights[SHOWN]).item(),
        "sharp": (weights.amax(-1) > 0.9).double().mean().item(),
    }


def draw(figure: Figure):
    """Lengths of the keys, one query's weights, and who wins over all queries."""
    panels = figure.subplots(1, 3)
    groups = []
    for panel, title in zip(
        panels,
        ("How loud", "Weights of one query", f"Share of {QUERIES} queries won"),
        strict=True,
    ):
        group = panel.bar(PLACES, np.ones(KEYS), color=COLOURS[5])
        group[-1].set(facecolor=COLOURS[1], edgecolor="black", hatch="///")
        panel.set(title=title, xlabel="key, quiet to loud", xticks=(1, 4, 8, 12, 16))
        panel.grid(axis="x", visible=False)
        groups.append(group)
    panels[0].set_yscale("log")
    panels[0].set(ylim=(0.01, 100), ylabel="length over typical length")
    panels[0].legend([groups[0][-1]], ["loudest key"], loc="upper left")
    for panel in panels[1:]:
        panel.set(ylim=(0, 1.2), yticks=np.arange(0, 1.01, 0.25))
    panels[2].axhline(1 / KEYS, color="black", linestyle="--", label="fair share")
    panels[2].legend(loc="center left")
    notes = [panel.text(1, 1.16, "", va="top", weight="bold") for panel in panels[1:]]

    def update(data: dict) -> list:
        heights = (data["lengths"], data["weights"], data["won"])
        for group, values in zip(groups, heights, strict=True):
            for bar, value in zip(group, values, strict=True):
                bar.set_height(value)
        notes[0].set_text(f"in use: {data['in_use']:.1f} of {KEYS}")
        notes[1].set_text(f"loudest wins {data['won'][-1]:.0%}")
        return [*(bar for group in groups for bar in group), *notes]

    return update


def describe(data: dict) -> str:
    """Lengths, who wins, and how sharp attention is."""
    low, high = data["lengths"][[0, -1]]
    best = int(data["weights"].argmax())
    return (
        f"Score: {data['score']}. {KEYS} keys, lengths from {low:.2f} to {high:.2f} "
        f"typical ones. The loudest key wins {data['won'][-1]:.0%} of {QUERIES} "
        f"queries; a fair share is {1 / KEYS:.0%}. {data['sharp']:.0%} of the queries "
        f"give one key a weight above 0.9. The query shown uses "
        f"{data['in_use']:.1f} effective keys and gives most, "
        f"{data['weights'][best]:.2f}, to key {best + 1}, counted from quiet to loud"
    )


norms = Explorer(
    title="Keys and queries of different length",
    parameters={
        "score": Choice("score", ("dot", "cosine", "LayerNorm"), "cosine"),
        "spread": Slider("spread of lengths σ", 0.0, 2.0, 1.0, 0.1),
        "gamma": Slider("γ", 0.1, 100.0, 4.0, 0.05, log=True),
        "eps": Slider("ε, in typical lengths", 0.001, 10.0, 0.001, 0.1, log=True),
        "hum": Slider("hum in every entry", 0.0, 4.0, 0.0, 0.25),
    },
    compute=compute,
    draw=draw,
    describe=describe,
    size=(9.0, 3.6),
)
