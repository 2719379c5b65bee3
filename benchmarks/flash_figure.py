"""One figure of a result: `python benchmarks/flash_figure.py results/flash-….json`."""

import json
import sys
from pathlib import Path

import matplotlib as mpl
from flash_methods import Shape

mpl.use("Agg")
import matplotlib.pyplot as plt

MARKERS = "osD^v"


def draw(report: dict, file: Path) -> None:
    """CPU: seconds and memory against length. GPU: TFLOP/s against length."""
    rows = [row for row in report["rows"] if "seconds" in row]
    panels = _panels(report["device"], rows)
    columns = 2 if report["device"] == "cpu" else 4
    figure, axes = plt.subplots(
        -(-len(panels) // columns), columns, squeeze=False, layout="constrained",
        figsize=(4.2 * columns, 3.2 * (-(-len(panels) // columns))),
    )  # fmt: skip
    names = list(dict.fromkeys(row["method"] for row in rows))
    for axis, (title, label, chosen, value) in zip(axes.flat, panels, strict=True):
        for marker, name in zip(MARKERS, names, strict=False):
            points = [(r["length"], value(r)) for r in chosen if r["method"] == name]
            axis.plot(*zip(*points, strict=True), marker=marker, label=name)
        axis.set(title=title, xlabel="length N", ylabel=label)
        axis.set_xscale("log", base=2)
        if report["device"] == "cpu":
            axis.set_yscale("log")
    axes.flat[0].legend()
    figure.suptitle(f"Attention on {report['machine']} (torch {report['torch']})")
    figure.savefig(file, dpi=110)
    plt.close(figure)


def _panels(device: str, rows: list[dict]) -> list[tuple]:
    """(title, label of the axis, rows, what to draw of a row) for each panel."""
    panels = []
    groups = dict.fromkeys((r["dim"], r["causal"], r["direction"]) for r in rows)
    for dim, causal, direction in groups:
        chosen = [
            r for r in rows if (r["dim"], r["causal"], r["direction"]) ==
            (dim, causal, direction)
        ]  # fmt: skip
        title = f"{direction}, d = {dim}, {'causal' if causal else 'all keys'}"
        if device != "cpu":
            panels.append((title, "TFLOP/s", chosen, _tflops))
        elif causal:
            panels.append((title, "seconds", chosen, lambda r: r["seconds"]))
            panels.append((title, "peak MiB", chosen, lambda r: r["peak_mib"]))
    return panels


def _tflops(row: dict) -> float:
    """The backward counts 2.5 times the forward's operations, as is the custom."""
    shape = Shape(*(row[name] for name in Shape._fields))
    factor = 1 if row["direction"] == "forward" else 2.5
    return factor * shape.forward_flops / row["seconds"] / 1e12


if __name__ == "__main__":
    path = Path(sys.argv[1])
    draw(json.loads(path.read_text(encoding="utf-8")), path.with_suffix(".png"))
