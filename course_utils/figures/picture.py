"""A figure that always comes with its words."""

import base64
import io
from html import escape

import matplotlib
import matplotlib.pyplot as plt
from cycler import cycler
from matplotlib.figure import Figure

CSS_DPI = 96  # one matplotlib inch is 96 pixels on a page at 100 %

# Okabe and Ito's colours, told apart by dash and marker as well
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
DASHES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)), (0, (1, 1)))


def use_style() -> None:
    """Set the course's figure style for this session."""
    matplotlib.rcParams.update(
        {
            "axes.axisbelow": True,
            "axes.grid": True,
            "axes.prop_cycle": cycler(color=COLOURS) + cycler(linestyle=DASHES),
            "axes.spines.right": False,
            "axes.spines.top": False,
            "figure.constrained_layout.use": True,
            "figure.figsize": (6.4, 3.6),
            "font.size": 11,
            "grid.alpha": 0.3,
            "image.cmap": "cividis",
            "lines.linewidth": 2,
        }
    )


class Picture:
    """A figure and its text equivalent, shown together.

    Notebook, exported page and screen reader all get the same words: as the
    image's alternative text, and folded out below it.
    """

    def __init__(self, figure: Figure, text: str):
        if not text.strip():
            raise ValueError("text is empty; expected what the figure shows, in words")
        self.figure = figure
        self.text = text
        plt.close(figure)  # shown here, not a second time by the notebook

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        buffer = io.BytesIO()
        self.figure.savefig(buffer, format="png", dpi=2 * CSS_DPI)
        return image(buffer.getvalue(), self.text, self.figure.get_figwidth())


def image(png: bytes, text: str, inches: float, *, unfolded: bool = False) -> str:
    """HTML of a picture `inches` wide with its text equivalent, folded or not."""
    words = escape(text)
    caption = (
        words if unfolded else f"<details><summary>In words</summary>{words}</details>"
    )
    width = f"{inches * CSS_DPI:.0f}px"
    return (
        f"<figure style='margin:0;max-width:{width}'>"
        f"<img alt='{escape(text, quote=True)}' style='width:{width};max-width:100%;"
        "background:#fff' src='data:image/png;base64,"
        f"{base64.b64encode(png).decode()}'><figcaption>{caption}</figcaption></figure>"
    )
