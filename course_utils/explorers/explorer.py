"""Explorer: one function from parameters to data, drawn four ways.

Live with sliders, static where there are none, frame by frame for a page, and in
tests at every corner of its domain: always the same compute, drawing and words.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import ipywidgets as widgets
from matplotlib.figure import Figure

from course_utils.explorers.canvas import Canvas
from course_utils.figures import image


@dataclass(frozen=True)
class Slider:
    """A number in low…high; `log` steps by equal factors instead of sums."""

    label: str
    low: float
    high: float
    start: float
    step: float = 1
    log: bool = False

    @property
    def corners(self) -> tuple:
        """The ends and the start."""
        return (self.low, self.start, self.high)

    def widget(self) -> widgets.Widget:
        """An ipywidgets slider; `step` is in powers of ten where `log`."""
        if self.log:
            return widgets.FloatLogSlider(
                value=self.start,
                min=math.log10(self.low),
                max=math.log10(self.high),
                step=self.step,
                readout_format=".3g",
            )
        whole = all(isinstance(x, int) for x in (self.low, self.high, self.step))
        kind = widgets.IntSlider if whole else widgets.FloatSlider
        return kind(value=self.start, min=self.low, max=self.high, step=self.step)

    def admits(self, value: Any) -> bool:
        """Whether a value lies in range."""
        # a log slider computes its ends as powers: allow for rounding
        slack = 1e-9 * max(abs(self.low), abs(self.high))
        return self.low - slack <= value <= self.high + slack


@dataclass(frozen=True)
class Steps:
    """A slider over a few values that are not evenly spaced."""

    label: str
    options: tuple
    start: Any

    @property
    def corners(self) -> tuple:
        """Every value."""
        return self.options

    def widget(self) -> widgets.Widget:
        """A slider with one notch a value."""
        return widgets.SelectionSlider(options=self.options, value=self.start)

    def admits(self, value: Any) -> bool:
        """Whether it is one of the values."""
        return value in self.options


@dataclass(frozen=True)
class Choice:
    """One of a few named options."""

    label: str
    options: tuple[str, ...]
    start: str

    @property
    def corners(self) -> tuple:
        """Every option."""
        return self.options

    def widget(self) -> widgets.Widget:
        """Toggle buttons: all options in view, one key press apart."""
        return widgets.ToggleButtons(
            options=self.options,
            value=self.start,
            style={"button_width": "auto"},
        )

    def admits(self, value: Any) -> bool:
        """Whether it is an option."""
        return value in self.options


@dataclass(frozen=True)
class Explorer:
    """A picture that follows its parameters.

    compute(**parameters) gives the data; draw(figure) prepares the axes and
    returns a function from data to the artists that change; describe(data) says
    in words what the picture shows.
    """

    title: str
    parameters: dict[str, Slider | Steps | Choice]
    compute: Callable[..., Any]
    draw: Callable[[Figure], Callable[[Any], list]]
    describe: Callable[[Any], str]
    size: tuple[float, float] = (8.0, 3.8)

    @property
    def start(self) -> dict[str, Any]:
        """The parameters that the explorer opens with."""
        return {name: knob.start for name, knob in self.parameters.items()}

    def corners(self) -> Iterator[dict[str, Any]]:
        """Every combination of extreme parameters."""
        names = list(self.parameters)
        for values in product(*(self.parameters[name].corners for name in names)):
            yield dict(zip(names, values, strict=True))

    def frame(self, **changed: Any) -> tuple[bytes, str]:
        """PNG and words for the start parameters, with some changed.

        Raises TypeError for an unknown parameter, ValueError outside its range.
        """
        return Canvas(self.size, self.draw).frame(*self._data(changed))

    def _data(self, changed: dict[str, Any]) -> tuple[Any, str]:
        if unknown := changed.keys() - self.parameters.keys():
            raise TypeError(
                f"no parameter {sorted(unknown)}; there are {sorted(self.parameters)}"
            )
        for name, value in changed.items():
            if not self.parameters[name].admits(value):
                raise ValueError(
                    f"{name} is {value!r}; expected {self.parameters[name]}"
                )
        data = self.compute(**{**self.start, **changed})
        return data, f"{self.title}. {self.describe(data)}"

    def __repr__(self) -> str:
        return self._data({})[1]

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, Any]:
        """Sliders for a page that can show them, the opening picture for others."""
        return {
            **self.live()._repr_mimebundle_(),
            "text/plain": repr(self),
            "text/html": image(*self.frame(), self.size[0], unfolded=True),
        }

    def live(self) -> widgets.Widget:
        """The sliders with their picture; each change draws one frame."""
        canvas = Canvas(self.size, self.draw)
        picture = widgets.HTML()
        knobs = {name: knob.widget() for name, knob in self.parameters.items()}

        def follow(_change=None) -> None:
            values = {name: knob.value for name, knob in knobs.items()}
            png, text = canvas.frame(*self._data(values))
            picture.value = image(png, text, self.size[0], unfolded=True)

        follow()
        for name, knob in knobs.items():
            knob.description = self.parameters[name].label
            knob.style.description_width = "11em"
            knob.layout.width = "32em"
            knob.observe(follow, names="value")
        return widgets.VBox([*knobs.values(), picture])
