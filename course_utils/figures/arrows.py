"""Vectors of the plane, drawn as arrows."""

import math
from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
from matplotlib.lines import Line2D

from course_utils.figures.picture import COLOURS, Picture
from course_utils.figures.plots import numbers

KEY = {"color": COLOURS[0], "linewidth": 2}
QUERY = {"color": COLOURS[4], "linewidth": 8}


def arrows(
    vectors: Mapping[str, Sequence[float]],
    *,
    title: str,
    query: Sequence[float] | None = None,
) -> Picture:
    """One labelled arrow a key from the origin; `query` is thicker.

    Vectors have two entries, not both 0. Raises ValueError where one has not.
    """
    keys = {name: numbers(vector) for name, vector in vectors.items()}
    asked = [] if query is None else [numbers(query)]
    for vector in (*keys.values(), *asked):
        if vector.shape != (2,) or not math.hypot(*vector) > 0:
            raise ValueError(f"a vector is {vector}; expected two numbers, not both 0")
    reach = 1.2 * max(math.hypot(*vector) for vector in (*keys.values(), *asked))
    figure, axes = plt.subplots(figsize=(5.2, 4.2))
    for vector in asked:  # first, so that a key in its direction stays in view
        _arrow(axes, vector, QUERY)
    for name, vector in keys.items():
        _arrow(axes, vector, KEY)
        x, y = vector / math.hypot(*vector)
        side = "left" if x > 0.3 else "right" if x < -0.3 else "center"
        height = "bottom" if y > 0.3 else "top" if y < -0.3 else "center"
        axes.annotate(name, vector * 1.06, ha=side, va=height)
    axes.set(title=title, xlim=(-1.4 * reach, 1.4 * reach), ylim=(-reach, reach))
    axes.set_aspect("equal")
    if asked:
        lines = [Line2D([], [], **style) for style in (KEY, QUERY)]
        axes.legend(lines, ["keys", "query"], loc="lower left")
    told = [f"{name} {_told(vector)}" for name, vector in keys.items()]
    told += [f"query {_told(vector)}, thick" for vector in asked]
    return Picture(figure, f"{title}. Arrows from the origin: {'; '.join(told)}.")


def _arrow(axes, vector, style: dict) -> None:
    straight = {"arrowstyle": "-|>", "shrinkA": 0, "shrinkB": 0, "mutation_scale": 14}
    axes.annotate("", vector, (0, 0), arrowprops=straight | style)


def _told(vector) -> str:
    angle = math.degrees(math.atan2(vector[1], vector[0])) % 360
    return f"of length {math.hypot(*vector):.3g} at {angle:.0f}°"
