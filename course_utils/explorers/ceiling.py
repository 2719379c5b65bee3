"""Set a bilinear scorer by hand and try to get more than 12 of 16 pairs right."""

import numpy as np
import torch
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from course_utils.attention import bilinear_score
from course_utils.data.xor import CORNERS, relevant
from course_utils.explorers.explorer import Explorer, Slider
from course_utils.figures import COLOURS

EDGE = 1.7
GRID = torch.cartesian_prod(*2 * [torch.linspace(-EDGE, EDGE, 60).to(CORNERS)])


def compute(w11: float, w12: float, w21: float, w22: float, threshold: float) -> dict:
    """Scores of all pairs, and the accepted half of the key plane per query."""
    weight = torch.tensor([[w11, w12], [w21, w22]]).to(CORNERS)
    above = bilinear_score(CORNERS, CORNERS, weight) - threshold
    plane = bilinear_score(CORNERS, GRID, weight) > threshold
    truth = relevant(CORNERS[:, None], CORNERS)
    # on the threshold is wrong; sliders in steps of 0.1 are not exact in binary
    right = torch.where(truth, above > 1e-5, above < -1e-5)
    return {"right": right, "plane": plane.view(4, 60, 60)}


def draw(figure: Figure):
    """One key plane a query: shaded where accepted, ringed where wrong."""
    truth = relevant(CORNERS[:, None], CORNERS)
    panels = figure.subplots(1, 4, sharey=True)
    names = CORNERS.int().tolist()
    artists = []
    for row, (panel, query) in enumerate(zip(panels, names, strict=True)):
        area = panel.imshow(
            np.zeros((60, 60)),
            extent=(-EDGE, EDGE, -EDGE, EDGE),
            origin="lower",
            cmap="Blues",
            vmin=0,
            vmax=2.5,
        )
        (rings,) = panel.plot(
            [], [], "o", markersize=19, mfc="none", mec=COLOURS[1], mew=2.5
        )
        marks = [
            panel.plot(*CORNERS[truth[row] == kind].T, mark, color="black", ms=9)[0]
            for kind, mark in ((True, "o"), (False, "x"))
        ]
        panel.set(
            title=f"query {tuple(query)}",
            xlabel="key, feature 1",
            xticks=(-1, 1),
            yticks=(-1, 1),
        )
        panel.grid(False)
        artists.append((area, rings, marks))
    panels[0].set_ylabel("key, feature 2")
    figure.legend(
        [
            Patch(facecolor="#94c4df"),
            *artists[0][2],
            Line2D([], [], marker="o", ls="", ms=9, mfc="none", mec=COLOURS[1], mew=2),
        ],
        ["accepted", "relevant key", "irrelevant key", "wrongly sorted"],
        loc="outside lower center",
        ncols=4,
    )

    def update(data: dict) -> list:
        for row, (area, rings, _) in enumerate(artists):
            # the grid runs over feature 1 first, an image over its rows
            area.set_data(data["plane"][row].T.numpy())
            rings.set_data(*CORNERS[~data["right"][row]].T.numpy())
        return [
            artist for area, rings, marks in artists for artist in (area, rings, *marks)
        ]

    return update


def describe(data: dict) -> str:
    """How many pairs are right, by query."""
    right = data["right"].sum(1).tolist()
    by_query = ", ".join(
        f"{count} of 4 for query {tuple(query)}"
        for count, query in zip(right, CORNERS.int().tolist(), strict=True)
    )
    return f"{sum(right)} of 16 pairs are sorted rightly: {by_query}"


def _knob(label: str, start: float) -> Slider:
    return Slider(label, -2.0, 2.0, start, 0.1)


ceiling = Explorer(
    title="A bilinear scorer on the two-feature XOR rule",
    parameters={
        "w11": _knob("W, row 1, column 1", 1.0),
        "w12": _knob("W, row 1, column 2", 0.0),
        "w21": _knob("W, row 2, column 1", 0.0),
        "w22": _knob("W, row 2, column 2", 1.0),
        "threshold": _knob("threshold", 0.5),
    },
    compute=compute,
    draw=draw,
    describe=describe,
    size=(9.0, 3.2),
)
