"""How does the exposure of an image change where a digit reader looks, and its word?"""

from functools import cache

import numpy as np
import torch
from matplotlib import colormaps
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch import Tensor

from course_utils.attention import effective_keys
from course_utils.data.digits import PATCHES, cut, load, split
from course_utils.explorers.digit_reader import HEADS, SCORES, trained
from course_utils.explorers.explorer import Choice, Explorer, Slider
from course_utils.figures import COLOURS


@cache
def _shown(digit: int) -> Tensor:
    """The first held-out image of a digit."""
    images, labels = load()
    _, held_out = split()
    return images[held_out[labels[held_out] == digit][0]]


def compute(exposure: float, digit: int, score: str) -> dict:
    """The image times the exposure, the inkiest patch's weights, the verdict.

    The reader gets the product as it is; only the picture clips it at white.
    """
    image = exposure * _shown(digit)
    asking = int(cut(image).sum(1).argmax())
    logits, weights = trained(score)(image[None])
    weights = weights[0, :, asking]  # (head, patch)
    return {
        "exposure": exposure,
        "digit": digit,
        "score": score,
        "image": image.clamp(max=1),
        "asking": asking,
        "weights": weights,
        "used": effective_keys(weights).mean(),
        "probability": logits[0].softmax(0),
    }


def draw(figure: Figure):
    """Left the image, in the middle the weights, right the probabilities."""
    photo, middle, right = figure.subplots(1, 3, width_ratios=(3, 3.6, 3.6))
    shown = photo.imshow(np.zeros((8, 8)), cmap="gray", vmin=0, vmax=1)
    frame = Rectangle((0, 0), 2, 2, fill=False, edgecolor=COLOURS[1], linewidth=3)
    photo.add_patch(frame)
    photo.set(title="as a screen shows it", xlabel="framed: the patch that asks")
    blues = colormaps["Blues"].with_extremes(bad="lightgrey")
    looks = middle.imshow(_side_by_side(torch.zeros(HEADS, 16)), blues, vmin=0, vmax=1)
    middle.set(title="where it looks", xlabel=f"{HEADS} heads, {PATCHES} patches each")
    figure.colorbar(looks, label="weight", shrink=0.7)
    for axes in (photo, middle):
        axes.set(xticks=[], yticks=[])
        axes.grid(False)
    bars = right.bar(range(10), [1] * 10, color=COLOURS[0])
    note = right.text(-0.4, 1.32, "", va="top")
    right.set(ylim=(0, 1.35), xlabel="digit", ylabel="probability")
    right.set_xticks(range(10))
    right.set_yticks([0, 0.5, 1])
    right.grid(axis="x", visible=False)

    def update(data: dict) -> list:
        shown.set_data(data["image"].numpy())
        row, column = divmod(data["asking"], 4)
        frame.set_xy((2 * column - 0.5, 2 * row - 0.5))
        looks.set_data(_side_by_side(data["weights"]))
        for bar, height in zip(bars, data["probability"].tolist(), strict=True):
            bar.set_height(height)
        note.set_text("\n".join(_verdict(data)))
        return [shown, frame, looks, *bars, note]

    return update


def _side_by_side(weights: Tensor) -> np.ndarray:
    """Four maps of 4×4 patches, two by two, with NaN between them."""
    board = torch.full((9, 9), torch.nan)
    for head, patches in enumerate(weights):
        row, column = divmod(head, 2)
        board[5 * row : 5 * row + 4, 5 * column : 5 * column + 4] = patches.view(4, 4)
    return board.numpy()


def _verdict(data: dict) -> tuple[str, str]:
    said = int(data["probability"].argmax())
    truth = "right" if said == data["digit"] else f"but it is a {data['digit']}"
    return (
        f"reads {said} with {data['probability'][said]:.2f}, {truth}",
        f"{data['used']:.1f} of {PATCHES} patches in use",
    )


def describe(data: dict) -> str:
    """The verdict with its probability, and how many patches a head uses."""
    verdict, used = _verdict(data)
    largest = ", ".join(f"{weight:.2f}" for weight in data["weights"].amax(1))
    return (
        f"A {data['digit']} at exposure {data['exposure']:.3g}, score "
        f"{data['score']}: the reader {verdict}. The inkiest patch has {used} (mean "
        f"of its heads, whose largest weights are {largest})"
    )


exposure = Explorer(
    title="A digit under another light",
    parameters={
        "exposure": Slider("exposure", 1 / 64, 64.0, 1.0, 0.1505149978, log=True),
        "digit": Slider("digit", 0, 9, 3, 1),
        "score": Choice("score", tuple(SCORES), "scaled dot"),
    },
    compute=compute,
    draw=draw,
    describe=describe,
    size=(9.0, 3.5),
)
