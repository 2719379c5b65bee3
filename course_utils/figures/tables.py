"""A table whose cells are words."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import ListedColormap

from course_utils.figures.picture import Picture

# light enough for black letters; the words carry the meaning, not the colours
SHADES = ("#f6d7a8", "#f0b7a4", "#a9cfe8", "#b7dccb", "#e3bfd6", "#d9d9d9")


def table(
    words: Sequence[Sequence[str]],
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    title: str,
    xlabel: str,
    ylabel: str,
    shaded: Sequence[str] = (),
) -> Picture:
    """Words in cells; each of the `shaded` words has a shade of its own.

    Raises ValueError where the words do not fit the names, or too many are shaded.
    """
    cells = np.array(words, dtype=object)
    if cells.shape != (len(rows), len(columns)):
        raise ValueError(
            f"words have shape {cells.shape}; expected {(len(rows), len(columns))}, "
            "the numbers of rows and columns"
        )
    if len(shaded) > len(SHADES):
        raise ValueError(f"{len(shaded)} shaded words; expected at most {len(SHADES)}")
    shade = {word: place for place, word in enumerate(shaded, start=1)}
    filled = np.vectorize(lambda word: shade.get(word, 0), otypes=[int])(cells)
    height, width = cells.shape
    figure, axes = plt.subplots(figsize=(min(9, 2.2 + width), 1.5 + 0.32 * height))
    colours = ListedColormap(["#ffffff", *SHADES])
    axes.imshow(filled, cmap=colours, vmin=0, vmax=len(SHADES), aspect="auto")
    axes.set(title=title, xlabel=xlabel, ylabel=ylabel)
    axes.set_xticks(range(width), columns)
    axes.set_yticks(range(height), rows)
    axes.set_xticks(np.arange(width + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(height + 1) - 0.5, minor=True)
    axes.grid(False)
    axes.grid(which="minor", color="#777777", alpha=1, linewidth=0.8)
    axes.tick_params(which="both", length=0)
    for row, column in np.ndindex(cells.shape):
        axes.text(column, row, cells[row, column], ha="center", va="center", size=10)
    told = "; ".join(
        f"{name}: "
        + ", ".join(f"{c} {w}" for c, w in zip(columns, cells[row], strict=True))
        for row, name in enumerate(rows)
    )
    return Picture(figure, f"{title}. {told}.".replace("\n", " "))
