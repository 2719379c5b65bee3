"""Sliders: each explorer is a pure function, a drawing and a description."""

from course_utils.explorers.amplitude import amplitude
from course_utils.explorers.ceiling import ceiling
from course_utils.explorers.circle import circle
from course_utils.explorers.dimension import dimension
from course_utils.explorers.explorer import Choice, Explorer, Slider, Steps
from course_utils.explorers.exposure import exposure
from course_utils.explorers.impostor import impostor
from course_utils.explorers.laboratory import laboratory
from course_utils.explorers.norms import norms
from course_utils.explorers.overflow import overflow
from course_utils.explorers.penguins import penguins
from course_utils.explorers.saturation import saturation
from course_utils.explorers.temperature import temperature
from course_utils.explorers.wormhole import wormhole
from course_utils.explorers.xor import xor

EXPLORERS = (
    amplitude,
    ceiling,
    circle,
    dimension,
    exposure,
    impostor,
    laboratory,
    norms,
    overflow,
    penguins,
    saturation,
    temperature,
    wormhole,
    xor,
)

__all__ = [
    "EXPLORERS",
    "Choice",
    "Explorer",
    "Slider",
    "Steps",
    "amplitude",
    "ceiling",
    "circle",
    "dimension",
    "exposure",
    "impostor",
    "laboratory",
    "norms",
    "overflow",
    "penguins",
    "saturation",
    "temperature",
    "wormhole",
    "xor",
]
