"""A figure whose changing artists are redrawn alone, so that it keeps up.

A full draw takes about 100 ms, and blitting a few milliseconds: the background is
drawn once and put back before each frame.
"""

import io
from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from course_utils.figures.picture import CSS_DPI

SHARP = 1.5  # pixels drawn for one CSS pixel


class Canvas:
    """Draws frames of one figure; the axes, ticks and titles stay fixed."""

    def __init__(
        self,
        inches: tuple[float, float],
        draw: Callable[[Figure], Callable[[Any], list]],
    ):
        self.figure = Figure(figsize=inches, dpi=SHARP * CSS_DPI, layout="constrained")
        self.canvas = FigureCanvasAgg(self.figure)
        self.update = draw(self.figure)
        self.background = None

    def frame(self, data: Any, text: str) -> tuple[bytes, str]:
        """PNG of the figure for `data`, with its words passed along."""
        artists = self.update(data)
        if self.background is None:
            self._prepare(artists)
        self.canvas.restore_region(self.background)
        for artist in artists:
            self.figure.draw_artist(artist)
        buffer = io.BytesIO()
        pixels = Image.fromarray(np.asarray(self.canvas.buffer_rgba())).convert("RGB")
        pixels.save(buffer, format="PNG", compress_level=1)
        return buffer.getvalue(), text

    def _prepare(self, artists: list) -> None:
        self.canvas.draw()  # lays out with everything in place
        self.figure.set_layout_engine("none")
        for artist in artists:
            artist.set_animated(True)
        self.canvas.draw()
        self.background = self.canvas.copy_from_bbox(self.figure.bbox)
