"""Where do the exponential, the sum and the weights break, and what does a shift do?"""

import math

import numpy as np
import torch
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from torch import Tensor

from course_utils.explorers.explorer import Choice, Explorer, Slider, Steps
from course_utils.figures import COLOURS

DTYPES = {
    "float16": torch.float16,
    "bfloat16": torch.bfloat16,
    "float32": torch.float32,
    "float64": torch.float64,
}
KEYS = tuple(4**n for n in range(9))  # to 65536, more than float16 can add
ROWS = ("all high", "all low", "from low to high")
STAGES = ("largest exp", "sum of exps", "sum of weights", "verdict")
EDGE = 2e4


def limits(dtype: torch.dtype) -> tuple[float, float]:
    """The scores between which exp is neither 0 nor inf."""
    facts = torch.finfo(dtype)
    # half the smallest subnormal, tiny·eps, is the last to be rounded to 0
    lowest = math.log(facts.tiny) + math.log(facts.eps) - math.log(2)
    return lowest, math.log(facts.max)


LIMITS = {name: limits(dtype) for name, dtype in DTYPES.items()}


def compute(row: str, dtype: str, size: float, keys: int) -> dict:
    """Each stage of a naive and of a shifted softmax over scores of this size."""
    low, high = {
        "all high": (size, size),
        "all low": (-size, -size),
        "from low to high": (-size, size),
    }[row]
    scores = torch.linspace(low, high, keys).to(DTYPES[dtype])
    shifted = scores - scores.max()
    ends = {
        name: (given.min().item(), given.max().item())
        for name, given in (("as given", scores), ("shifted", shifted))
    }
    return {
        "row": row,
        "dtype": dtype,
        "size": size,
        "keys": keys,
        "ends": ends,
        "sum limit": round(LIMITS[dtype][1] - math.log(keys), 3) + 0.0,  # not −0
        "naive": _stages(scores),
        "shifted": _stages(shifted),
    }


def _stages(scores: Tensor) -> tuple[str, str, str, str]:
    """Largest exponential, their sum, the weights' sum, and a verdict, as words."""
    exponentials = scores.exp()
    total = exponentials.sum()
    mass = (exponentials / total).double().sum().item()
    if math.isnan(mass):
        verdict = "✗ NaN"
    elif mass < 0.5:
        verdict = "✗ all weights 0"
    else:
        verdict = "✓ works"
    values = (exponentials.max().item(), total.item(), mass)
    return *(_word(value) for value in values), verdict


def _word(value: float) -> str:
    return "NaN" if math.isnan(value) else f"{value:.4g}"


def draw(figure: Figure):
    """Left: what each dtype can exponentiate, and the scores. Right: the stages."""
    left, right = figure.subplots(1, 2, width_ratios=(3, 2))
    names = list(DTYPES)[::-1]
    for place, name in enumerate(names):
        low, high = LIMITS[name]
        left.barh(
            place, high - low, 0.8, low, color="#d5e8f5", edgecolor="#5b8fb5", zorder=1
        )
    left.set_xscale("symlog", linthresh=10)
    left.set_xticks([-1e4, -1e3, -1e2, -10, 0, 10, 1e2, 1e3, 1e4])
    left.set_xticklabels(
        ["−10⁴", "−10³", "−100", "−10", "0", "10", "100", "10³", "10⁴"]
    )
    left.set_yticks(range(4), names)
    left.set(xlim=(-EDGE, EDGE), ylim=(-0.6, 5.2), xlabel="score")
    left.grid(axis="y", visible=False)
    given, shifted = (
        left.plot([0, 1], [0, 0], style, color=colour, lw=3, ms=7)[0]
        for style, colour in (("o-", COLOURS[1]), ("s--", COLOURS[2]))
    )
    (limit,) = left.plot([1], [0], "|k", ms=26, mew=2.5)
    keys = [
        given,
        shifted,
        Line2D([], [], marker="|", color="black", ls="", ms=13, mew=2.5),
        Patch(facecolor="#d5e8f5", edgecolor="#5b8fb5"),
    ]
    told = [
        "scores as given",
        "scores shifted",
        "limit of the sum",
        "exp not 0, not inf",
    ]
    left.legend(keys, told, loc="upper center", ncols=2, fontsize=10)
    right.set(xlim=(0, 1), ylim=(-0.4, 4.6))
    right.axis("off")
    for place, name in ((0.56, "naive"), (0.86, "shifted")):
        right.text(place, 4, name, ha="center", va="center", weight="bold")
    for place, name in enumerate(STAGES):
        right.text(0.36, 3 - place, name, ha="right", va="center")
    right.axhline(3.5, color="black", lw=1)
    cells = [
        [right.text(x, 3 - place, "", ha="center", va="center") for place in range(4)]
        for x in (0.56, 0.86)
    ]

    def update(data: dict) -> list:
        place = names.index(data["dtype"])
        for line, ends, shift in zip(
            (given, shifted), data["ends"].values(), (0.18, -0.18), strict=True
        ):
            line.set_data(ends, [place + shift] * 2)
        limit.set_data([data["sum limit"]], [place])
        for column, name in zip(cells, ("naive", "shifted"), strict=True):
            for text, word in zip(column, data[name], strict=True):
                text.set_text(word.replace("all ", "all\n"))
        return [given, shifted, limit, *np.ravel(cells)]

    return update


def describe(data: dict) -> str:
    """The scores, the limits, and each stage of both ways."""
    low, high = data["ends"]["as given"]
    least, most = LIMITS[data["dtype"]]
    told = (
        f"{name}: "
        + ", ".join(f"{s} {w}" for s, w in zip(STAGES, data[name], strict=True))
        for name in ("naive", "shifted")
    )
    return (
        f"{data['keys']} keys with scores {data['row']}, {low:.4g} to {high:.4g}, in "
        f"{data['dtype']}. Its exp is finite and not 0 from {least:.1f} to {most:.1f}; "
        f"the sum of so many equal ones overflows above {data['sum limit']:.2f}. "
        f"{'; '.join(told)}"
    )


overflow = Explorer(
    title="Softmax in floating point",
    parameters={
        "dtype": Choice("dtype", tuple(DTYPES), "float16"),
        "row": Choice("scores", ROWS, "all high"),
        "size": Slider("size of the scores", 0.1, 1e4, 1.0, 0.05, log=True),
        "keys": Steps("number of keys", KEYS, 16),
    },
    compute=compute,
    draw=draw,
    describe=describe,
    size=(9.0, 3.9),
)
