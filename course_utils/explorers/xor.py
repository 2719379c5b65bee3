"""Which pairs of the two-feature XOR rule can an additive score sort?"""

from functools import cache

import numpy as np
import torch
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from torch.nn.functional import softplus

from course_utils.attention import additive_score
from course_utils.data import xor as rule
from course_utils.explorers.explorer import Choice, Explorer, Slider
from course_utils.figures import COLOURS

ITEMS = ("red round", "red square", "blue round", "blue square")
CORNERS = rule.CORNERS.float()  # a lesson may have changed torch's default
TRUTH = rule.relevant(CORNERS[:, None], CORNERS)
EDGE = 1.7
CELLS = 60
GRID = torch.cartesian_prod(*2 * [torch.linspace(-EDGE, EDGE, CELLS)]).float()
WIDEST = 6
RESTARTS = 32

# Built by hand, by bias and units: weight of S = q1 + q2 + k1 + k2, v and b by unit.
# With the bias the sawtooth and the staircase of lesson 1.3, 16 pairs; without it
# tanh S less S / 4, 12 pairs, which more units cannot improve.
_WITHOUT = ((1.0, 0.02), (1.0, -12.5), (0.0, 0.0))
BY_HAND = {
    True: {
        3: ((6.0, 6.0, 0.02), (1.0, 1.0, -25.0), (18.0, -6.0, 0.0)),
        4: ((2.0, 2.0, 2.0, 2.0), (1.0, -1.0, 1.0, -1.0), (6.0, 2.0, -2.0, -6.0)),
    },
    False: dict.fromkeys(range(2, WIDEST + 1), _WITHOUT),
}

# additive_score for a stack of judges at once
_scores = torch.vmap(additive_score, in_dims=(None, None, 0, 0, 0, 0))


# the judges of one batch: 32 starts of 1 unit, 32 of 2 units, …
_WIDTH = torch.arange(1, WIDEST + 1).repeat_interleave(RESTARTS)
_PRESENT = (torch.arange(WIDEST) < _WIDTH[:, None]).float()


def _starts(bias: bool, generator: torch.Generator) -> list[torch.Tensor]:
    """Random starts: w_query, w_key, v, b, each (judge, unit, …), absent units v = 0.

    The first of its width is built by hand, where there is one.
    """
    shapes = ((WIDEST, 2), (WIDEST, 2), (WIDEST,), (WIDEST,))
    starts = [
        torch.randn(len(_WIDTH), *one, generator=generator, dtype=torch.float32)
        for one in shapes
    ]
    w_query, w_key, v, offset = starts
    offset *= bias
    for width, (weight, sign, shift) in BY_HAND[bias].items():
        first, units = (width - 1) * RESTARTS, len(sign)
        w_query[first, :units] = w_key[first, :units] = torch.tensor(weight).float()[
            :, None
        ]
        v[first] = 0.0
        v[first, :units] = torch.tensor(sign).float()
        offset[first, :units] = torch.tensor(shift).float()
    v *= _PRESENT
    return starts


def _trained(starts: list[torch.Tensor], bias: bool) -> list[torch.Tensor]:
    """The same judges after 600 steps on the logistic loss of all 16 pairs."""
    learned = [part.clone().requires_grad_() for part in starts]
    threshold = torch.zeros(len(_WIDTH), 1, 1, dtype=torch.float32, requires_grad=True)
    optimise = torch.optim.Adam([*learned, threshold], lr=0.1)
    wanted = TRUTH.float() * 2 - 1

    def judge() -> list[torch.Tensor]:
        w_query, w_key, v, offset = learned
        return [w_query, w_key, v * _PRESENT, offset * bias]

    for _ in range(600):
        optimise.zero_grad()
        above = _scores(CORNERS, CORNERS, *judge()) - threshold
        softplus(-wanted * above).mean((1, 2)).sum().backward()
        optimise.step()
    return [part.detach() for part in judge()]


@cache
def judges() -> dict[tuple[int, bool], tuple[torch.Tensor, ...]]:
    """The best judge by width (1…6) and bias: w_query, w_key, v, b, threshold.

    Seeded. 32 starts a width, before and after training, each with its best
    threshold. Most of the 16 pairs right counts, and of equals the widest gap.
    """
    generator = torch.Generator().manual_seed(0)
    best = {}
    for bias in (True, False):
        starts = _starts(bias, generator)
        both = zip(starts, _trained(starts, bias), strict=True)
        pool = [torch.cat(pair) for pair in both]
        threshold, merit = _best_threshold(_scores(CORNERS, CORNERS, *pool))
        for width in range(1, WIDEST + 1):
            one = merit.where(_WIDTH.repeat(2) == width, -1).argmax()
            best[width, bias] = (*(part[one] for part in pool), threshold[one])
    return best


def _best_threshold(scores: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """For (judge, query, key) scores: the best threshold, and pairs right + its gap.

    The gap around the threshold is a share of the scores' range, below 1.
    """
    ranked, order = scores.flatten(1).sort(1)
    relevant_there = TRUTH.flatten()[order].int()
    # a threshold above the first n: right are irrelevant ones below, relevant above
    right = (1 - relevant_there).cumsum(1) + relevant_there.flip(1).cumsum(1).flip(1)
    right = right[:, :-1] - relevant_there[:, :-1]
    gap = ranked.diff(dim=1) / (ranked[:, -1:] - ranked[:, :1] + 1e-9)
    merit, place = (right + 0.9 * gap).max(1)
    middle = (ranked[:, 1:] + ranked[:, :-1]) / 2
    return middle.gather(1, place[:, None])[:, 0], merit


def compute(width: int, bias: str, query: str) -> dict:
    """Scores of all pairs above the threshold, and what the query accepts."""
    *judge, threshold = judges()[width, bias == "on"]
    row = ITEMS.index(query)
    gap = additive_score(CORNERS, CORNERS, *judge) - threshold
    plane = additive_score(CORNERS[row : row + 1], GRID, *judge) > threshold
    return {
        "above": gap / gap.abs().max(),
        "right": (gap > 0) == TRUTH,
        "plane": plane.view(CELLS, CELLS),
        "row": row,
        "width": width,
        "bias": bias,
    }


def draw(figure: Figure):
    """Left: the key plane of the query. Right: all 16 pairs above the threshold."""
    left, right = figure.subplots(1, 2, width_ratios=(2, 3))
    area = left.imshow(
        np.zeros((CELLS, CELLS)),
        extent=(-EDGE, EDGE, -EDGE, EDGE),
        origin="lower",
        cmap="Blues",
        vmin=0,
        vmax=2.5,
    )
    ring = {"ls": "", "marker": "o", "mfc": "none", "mec": COLOURS[1], "mew": 2.5}
    (left_rings,) = left.plot([], [], ms=19, **ring)
    (left_yes,) = left.plot([], [], "o", color="black", ms=9)
    (left_no,) = left.plot([], [], "x", color="black", ms=9, mew=2)
    left.set(title="keys of this query", xticks=(-1, 1), yticks=(-1, 1))
    left.set_xticklabels(["blue", "red"])
    left.set_yticklabels(["square", "round"])
    left.grid(False)

    place = torch.arange(16.0) + torch.arange(4.0).repeat_interleave(4)
    flat = TRUTH.flatten()
    band = right.axvspan(-0.9, 3.9, color="#cccccc", alpha=0.6, lw=0)
    level = right.axhline(0, color="black", ls="--")
    (rings,) = right.plot([], [], ms=15, **ring)
    (yes,) = right.plot(place[flat], flat[flat], "o", color="black", ms=7)
    (no,) = right.plot(place[~flat], flat[~flat], "x", color="black", ms=7, mew=2)
    told = right.text(0.5, 1.03, "", transform=right.transAxes, ha="center", size=12)
    right.set(
        xlim=(-1.2, 19.2),
        ylim=(-1.2, 1.2),
        ylabel="score above the threshold\n(largest is 1)",
        xlabel="query, with its four keys",
    )
    right.set_xticks([1.5 + 5 * row for row in range(4)], ITEMS)
    right.grid(axis="x", visible=False)
    figure.legend(
        [
            Patch(facecolor="#94c4df"),
            yes,
            no,
            Line2D([], [], **{**ring, "mew": 2}, ms=9),
            Patch(facecolor="#cccccc"),
        ],
        ["accepted", "relevant", "irrelevant", "wrongly sorted", "this query"],
        loc="outside lower center",
        ncols=5,
    )

    def update(data: dict) -> list:
        row, above = data["row"], data["above"].flatten()
        # the grid runs over feature 1 first, an image over its rows
        area.set_data(data["plane"].T.numpy())
        left_rings.set_data(*CORNERS[~data["right"][row]].T.numpy())
        left_yes.set_data(*CORNERS[TRUTH[row]].T.numpy())
        left_no.set_data(*CORNERS[~TRUTH[row]].T.numpy())
        band.set_x(5 * row - 0.9)
        wrong = ~data["right"].flatten()
        rings.set_data(place[wrong].numpy(), above[wrong].numpy())
        yes.set_ydata(above[flat].numpy())
        no.set_ydata(above[~flat].numpy())
        told.set_text(f"{int(data['right'].sum())} of 16 pairs right")
        return [area, left_rings, left_yes, left_no, band, level, rings, yes, no, told]

    return update


def describe(data: dict) -> str:
    """How many pairs are right, in all and for the query, and how it was found."""
    right, row = data["right"], data["row"]
    units = "1 unit" if data["width"] == 1 else f"{data['width']} units"
    kept = [
        item for item, keep in zip(ITEMS, data["above"][row] > 0, strict=True) if keep
    ]
    starts = f"the best of {RESTARTS} starts, before and after training"
    if data["width"] in BY_HAND[data["bias"] == "on"]:
        starts += "; one start is built by hand"
    return (
        f"The judge of {units} with its bias {data['bias']} sorts {int(right.sum())} "
        f"of 16 pairs rightly, and {int(right[row].sum())} of 4 for the query "
        f"{ITEMS[row]}, where it accepts {', '.join(kept) or 'nothing'}. It is {starts}"
    )


xor = Explorer(
    title="An additive scorer on the two-feature XOR rule",
    parameters={
        "width": Slider("units", 1, WIDEST, 2, 1),
        "bias": Choice("bias", ("on", "off"), "on"),
        "query": Choice("query", ITEMS, ITEMS[0]),
    },
    compute=compute,
    draw=draw,
    describe=describe,
    size=(9.0, 4.0),
)
