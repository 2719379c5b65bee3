"""Which bird do the other birds look at, and does the unit of body mass matter?"""

from functools import cache

import torch
from matplotlib.figure import Figure
from torch import Tensor

from course_utils.attention import cosine_score, dot_score, effective_keys, softmax
from course_utils.data import penguins as birds
from course_utils.explorers.explorer import Choice, Explorer, Slider
from course_utils.figures import COLOURS

MARKS = ("o", "^", "s")
FLIPPER, MASS = 2, 3
MANY = 5  # queries that a bird must win to get a ring


def _nearness(query: Tensor, key: Tensor) -> Tensor:
    return -torch.cdist(query, key).square()


SCORES = {"dot": dot_score, "cosine": cosine_score, "−distance²": _nearness}


@cache
def _birds() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Measures, species, votes (one-hot species), and the mask "every other bird"."""
    measured, species = birds.load()
    votes = torch.nn.functional.one_hot(species, len(birds.SPECIES)).double()
    return measured.double(), species, votes, ~torch.eye(len(species), dtype=torch.bool)


def compute(unit: float, temperature: float, features: str, score: str) -> dict:
    """How many birds each bird wins as a key, who is judged rightly, the spread.

    `unit` is the number of grams in one unit of body mass: 1 for g, 1000 for kg.
    """
    measured, species, votes, others = _birds()
    values = measured / torch.tensor([1, 1, 1, unit])
    if features == "standardised":
        values = birds.standardise(values)
    scores = SCORES[score](values, values)
    weights = softmax(scores, mask=others, temperature=temperature)
    # from the scores: weights that are nearly equal tie by rounding
    best = scores.masked_fill(~others, -torch.inf).argmax(1)
    wins = best.bincount(minlength=len(species))
    told = weights @ votes
    right = told.argmax(1) == species
    return {
        "unit": unit,
        "temperature": temperature,
        "wins": wins,
        "right": right,
        "accuracy": right.float().mean(),
        "spread": effective_keys(weights).mean(),
    }


def draw(figure: Figure):
    """Left: the birds, ringed by their wins, crossed where misjudged. Right: shares."""
    measured, species, _, _ = _birds()
    flock = measured[:, [FLIPPER, MASS]]
    left, right = figure.subplots(1, 2, width_ratios=(5, 2))
    for place, name in enumerate(birds.SPECIES):
        left.plot(
            *flock[species == place].T,
            MARKS[place],
            color=COLOURS[(0, 4, 2)[place]],
            markersize=5,
            alpha=0.6,
            label=name,
        )
    (wrong,) = left.plot([], [], "x", color="black", ms=6, mew=1, label="misjudged")
    ring = {"color": COLOURS[1], "mfc": "none", "mew": 2, "ms": 11}
    left.plot([], [], "o", **ring, label=f"wins {MANY} or more")
    rings = left.scatter(*flock.T, facecolor="none", edgecolor=COLOURS[1], lw=2)
    name = left.text(169, 7350, "", va="top")
    left.set(
        xlim=(168, 236),
        ylim=(2500, 7450),
        xlabel="flipper length in mm",
        ylabel="body mass in g",
    )
    bars = right.bar(
        ["judged\nrightly", "won by\none bird"],
        [1, 1],
        0.6,
        color=COLOURS[0],
    )
    bars[1].set_hatch("//")
    labels = [right.text(place, 0, "", ha="center", va="bottom") for place in (0, 1)]
    majority = (species.bincount().max() / len(species)).item()
    right.axhline(majority, color="black", linestyle="--", label="largest species")
    right.set(ylim=(0, 1.25), ylabel="share of 342 birds")
    right.set_yticks([0, 0.5, 1])
    right.grid(axis="x", visible=False)
    right.legend(loc="upper center", frameon=False)
    figure.legend(
        *left.get_legend_handles_labels(), loc="outside lower center", ncols=5
    )

    def update(data: dict) -> list:
        wins = data["wins"]
        many = wins >= MANY
        rings.set_offsets(flock[many].numpy())
        rings.set_sizes((40 + 6 * wins[many]).tolist())
        wrong.set_data(*flock[~data["right"]].T)
        name.set_text("\n".join((_winner(wins), _setting(data))))
        shares = [data["accuracy"].item(), wins.max().item() / len(wins)]
        for bar, label, share in zip(bars, labels, shares, strict=True):
            bar.set_height(share)
            label.set_y(share)
            label.set_text(f"{share:.3f}")
        return [wrong, rings, name, *bars, *labels]

    return update


def _winner(wins: Tensor) -> str:
    measured, species, _, _ = _birds()
    bird = wins.argmax()
    return (
        f"top winner: {birds.SPECIES[species[bird]]}, {measured[bird, MASS]:.0f} g, "
        f"wins {wins[bird]} queries"
    )


def _setting(data: dict) -> str:
    return (
        f"unit {data['unit']:.3g} g, temperature {data['temperature']:.3g}: a row "
        f"spreads over {data['spread']:.1f} birds"
    )


def describe(data: dict) -> str:
    """Accuracy, the top winner, how many birds win at all, and the spread."""
    return (
        f"{data['accuracy']:.3f} of 342 birds are judged rightly; "
        f"{_winner(data['wins'])}; {int((data['wins'] > 0).sum())} birds win someone. "
        f"With {_setting(data)}"
    )


penguins = Explorer(
    title="Penguins judge each other's species",
    parameters={
        "unit": Slider("unit of mass in g", 1.0, 1000.0, 1.0, 0.1, log=True),
        "temperature": Slider("temperature", 0.01, 1e7, 1.0, 0.25, log=True),
        "features": Choice("measures", ("raw", "standardised"), "raw"),
        "score": Choice("score", tuple(SCORES), "dot"),
    },
    compute=compute,
    draw=draw,
    describe=describe,
    size=(9.0, 4.2),
)
