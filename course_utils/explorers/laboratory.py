"""The attention laboratory: temperature, scaling and head count in one place."""

from functools import cache

import numpy as np
import torch
from einops import rearrange
from matplotlib import colormaps
from matplotlib.figure import Figure

from course_utils.attention import effective_keys, scaled_dot_score, softmax
from course_utils.explorers.explorer import Explorer, Slider, Steps
from course_utils.figures import COLOURS

WORDS = (
    *("the", "cat", "saw", "the", "dog", "and"),
    *("the", "dog", "saw", "the", "mouse"),
)
HEADS = (1, 2, 4, 8)
D_MODEL = 64


@cache
def _tokens() -> tuple[torch.Tensor, torch.Tensor]:
    """Token vectors (half word, half place) and one random projection, seeded."""
    random = torch.Generator().manual_seed(0)
    vocabulary = {
        word: torch.randn(D_MODEL, generator=random) for word in sorted(set(WORDS))
    }
    word = torch.stack([vocabulary[word] for word in WORDS])
    place = torch.randn(len(WORDS), D_MODEL, generator=random)
    projection = torch.randn(D_MODEL, D_MODEL, generator=random) / D_MODEL**0.5
    return (word + place) / 2**0.5, projection


def compute(temperature: float, exponent: float, heads: int, query: int) -> dict:
    """Weights (head, key) of one query; untrained heads, keys as queries."""
    tokens, projection = _tokens()
    projected = rearrange(
        tokens @ projection, "length (heads dim) -> heads length dim", heads=heads
    )
    scale = (D_MODEL / heads) ** -exponent
    scores = scaled_dot_score(projected, projected, scale)
    weights = softmax(scores, temperature=temperature)[:, query - 1]
    return {
        "weights": weights,
        "effective": effective_keys(weights),
        "query": query,
        "head_dim": D_MODEL // heads,
        "scale": scale,
    }


def draw(figure: Figure):
    """Left: weights of every head. Right: how many keys each head really uses."""
    most, length = max(HEADS), len(WORDS)
    left, right = figure.subplots(1, 2, width_ratios=(3, 1), sharey=True)
    shape = (most, length)
    colours = colormaps["Blues"].with_extremes(bad="#dddddd")  # a head that is off
    area = left.imshow(np.zeros(shape), cmap=colours, vmin=0, vmax=1, aspect="auto")
    left.set(xlabel="key", ylabel="head", yticks=range(most))
    left.set_yticklabels(range(1, most + 1))
    left.set_xticks(range(length), WORDS, rotation=40, ha="right")
    left.grid(False)
    numbers = [
        left.text(column, row, "0.00", ha="center", va="center", fontsize=9)
        for row, column in np.ndindex(shape)
    ]
    (mark,) = left.plot([0], [-0.62], "v", color="black", ms=9, clip_on=False)
    bars = right.barh(range(most), [1.0] * most, color=COLOURS[0])
    right.set(xlim=(0, length), xlabel=f"effective keys, of {length}")

    def update(data: dict) -> list:
        weights = data["weights"].numpy()
        shown = np.full(shape, np.nan)
        shown[: len(weights)] = weights
        area.set_data(shown)
        for (row, column), text in zip(np.ndindex(shape), numbers, strict=True):
            text.set_text(f"{shown[row, column]:.2f}" if row < len(weights) else "")
            text.set_color("white" if shown[row, column] > 0.6 else "black")
        mark.set_xdata([data["query"] - 1])
        for row, bar in enumerate(bars):
            bar.set_width(data["effective"][row].item() if row < len(weights) else 0)
        return [area, *numbers, mark, *bars]

    return update


def describe(data: dict) -> str:
    """The query, where the heads look, and how sharply."""
    weights, effective = data["weights"], data["effective"]
    best = [f"{WORDS[place]} (place {place + 1})" for place in weights.argmax(-1)]
    heads = ", ".join(f"head {n}: {word}" for n, word in enumerate(best, 1))
    return (
        f"Query {WORDS[data['query'] - 1]} at place {data['query']}, marked by a "
        f"triangle. Head dimension {data['head_dim']}, scale {data['scale']:.3f}. Most "
        f"weight, {heads}. On average a head uses {effective.mean():.1f} of "
        f"{len(WORDS)} keys"
    )


laboratory = Explorer(
    title="The attention laboratory",
    parameters={
        "temperature": Slider("temperature", 0.1, 10.0, 1.0, 0.05, log=True),
        "exponent": Slider("scaling 1/d^p: p", 0.0, 1.0, 0.5, 0.05),
        "heads": Steps("head count", HEADS, 4),
        "query": Slider("place of the query", 1, len(WORDS), 5, 1),
    },
    compute=compute,
    draw=draw,
    describe=describe,
    size=(9.0, 4.2),
)
