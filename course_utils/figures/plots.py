"""The plots that lessons share: each returns a Picture with its words."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import torch

from course_utils.figures.picture import Picture


def lines(
    x: Sequence[float],
    curves: Mapping[str, Sequence[float]],
    *,
    title: str,
    xlabel: str,
    ylabel: str,
    log: str = "",
    markers: bool = False,
    xticks: Sequence[float] | None = None,
) -> Picture:
    """One line a name over common x; `log` is "", "x", "y" or "xy"."""
    figure, axes = plt.subplots()
    x = numbers(x)
    for place, (name, y) in enumerate(curves.items()):
        mark = "osD^vPX"[place % 7] if markers else None
        axes.plot(x, numbers(y), label=name, marker=mark)
    axes.set(title=title, xlabel=xlabel, ylabel=ylabel)
    if "x" in log:
        axes.set_xscale("log")
    if "y" in log:
        axes.set_yscale("log")
    if xticks is not None and "x" in log:  # plain numbers instead of powers of ten
        axes.set_xticks(numbers(xticks), [f"{tick:g}" for tick in numbers(xticks)])
        axes.xaxis.minorticks_off()
    elif xticks is not None:
        axes.set_xticks(numbers(xticks))
    if len(curves) > 1:
        axes.legend()
    told = "; ".join(f"{name}: {_course(x, numbers(y))}" for name, y in curves.items())
    return Picture(figure, f"{title}. {ylabel} against {xlabel}. {told}.")


def heatmap(
    values: Sequence[Sequence[float]],
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    title: str,
    xlabel: str = "key",
    ylabel: str = "query",
    label: str = "weight",
    signed: bool = False,
) -> Picture:
    """A matrix with its numbers written in, where they fit; `signed` centres 0."""
    values = numbers(values)
    if values.shape != (len(rows), len(columns)):
        raise ValueError(
            f"values have shape {values.shape}; expected {(len(rows), len(columns))}, "
            "the numbers of rows and columns"
        )
    height, width = values.shape
    figure, axes = plt.subplots(
        figsize=(min(9, 2.4 + 0.55 * width), min(8, 1.5 + 0.42 * height))
    )
    # white is nothing: both maps are read by lightness alone
    span = np.abs(values).max() or 1.0
    drawn = (
        axes.imshow(values, cmap="PuOr", vmin=-span, vmax=span, aspect="auto")
        if signed
        else axes.imshow(values, cmap="Blues", vmin=0, aspect="auto")
    )
    axes.set(title=title, xlabel=xlabel, ylabel=ylabel)
    longest = max(len(str(name)) for name in columns)
    slant = {"rotation": 40, "ha": "right", "rotation_mode": "anchor"}
    axes.set_xticks(range(width), columns, **(slant if longest > 5 else {}))
    axes.set_yticks(range(height), rows)
    axes.grid(False)
    figure.colorbar(drawn, label=label)
    digits = ".0f" if (values == values.round()).all() else ".2f"
    if height * width <= 100:
        for row, column in np.ndindex(values.shape):
            value = values[row, column]
            shade = "white" if abs(value) > 0.6 * span else "black"
            axes.text(
                column, row, f"{value:{digits}}", ha="center", va="center", color=shade
            )
    best = values.argmax(1)
    told = "; ".join(
        f"{name}: largest {values[row, best[row]]:.2g} at {columns[best[row]]}"
        for row, name in enumerate(rows)
    )
    return Picture(figure, f"{title}. {label} by {ylabel} and {xlabel}. {told}.")


def bars(
    values: Mapping[str, float],
    *,
    title: str,
    ylabel: str,
    reference: tuple[str, float] | None = None,
) -> Picture:
    """One bar a name, its number on top; `reference` draws a named line."""
    figure, axes = plt.subplots()
    heights = numbers(list(values.values()))
    drawn = axes.bar(list(values), heights, color="#0072b2")
    axes.bar_label(drawn, [f"{height:.3g}" for height in heights], padding=2)
    axes.margins(y=0.15)
    axes.set(title=title, ylabel=ylabel)
    axes.grid(axis="x", visible=False)
    told = ", ".join(
        f"{name} {value:.3g}".replace("\n", " ") for name, value in values.items()
    )
    if reference is not None:
        axes.axhline(reference[1], color="black", linestyle="--", label=reference[0])
        axes.legend()
        told += f"; dashed line, {reference[0]}: {reference[1]:.3g}"
    return Picture(figure, f"{title}. {ylabel}: {told}.")


def numbers(values) -> np.ndarray:
    """Floats from lists, arrays or tensors."""
    if isinstance(values, torch.Tensor):
        values = values.detach().cpu().double().numpy()
    return np.asarray(values, dtype=float)


def _course(x: np.ndarray, y: np.ndarray) -> str:
    """A curve in words: where it starts, ends, and its extremes."""
    return (
        f"from {y[0]:.3g} at {x[0]:.3g} to {y[-1]:.3g} at {x[-1]:.3g}, "
        f"lowest {np.nanmin(y):.3g} at {x[np.nanargmin(y)]:.3g}, "
        f"highest {np.nanmax(y):.3g} at {x[np.nanargmax(y)]:.3g}"
    )
