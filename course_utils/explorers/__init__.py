"""Sliders: each explorer is a pure function, a drawing and a description."""

from course_utils.explorers.ceiling import ceiling
from course_utils.explorers.explorer import Choice, Explorer, Slider
from course_utils.explorers.impostor import impostor

EXPLORERS = (ceiling, impostor)

__all__ = ["EXPLORERS", "Choice", "Explorer", "Slider", "ceiling", "impostor"]
