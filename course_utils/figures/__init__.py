"""Figures with their text equivalents."""

from course_utils.figures.arrows import arrows
from course_utils.figures.picture import COLOURS, DASHES, Picture, image, use_style
from course_utils.figures.plots import bars, heatmap, lines, numbers
from course_utils.figures.tables import table

__all__ = [
    "COLOURS",
    "DASHES",
    "Picture",
    "arrows",
    "bars",
    "heatmap",
    "image",
    "lines",
    "numbers",
    "table",
    "use_style",
]
