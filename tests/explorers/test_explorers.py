"""Every explorer at every corner of its domain, live and static."""

import io
import itertools

import numpy as np
import pytest
import torch
from PIL import Image

from course_utils.explorers import EXPLORERS, Choice, Explorer, Slider, Steps

MOST_CORNERS = 90  # evenly chosen where an explorer has more


def corners(explorer):
    every = list(explorer.corners())
    return every[:: -(-len(every) // MOST_CORNERS)]


def numbers(data):
    """All arrays in nested data."""
    if isinstance(data, dict):
        data = data.values()
    if isinstance(data, torch.Tensor):
        yield data.double().numpy()
    elif isinstance(data, np.ndarray | float | int):
        yield np.asarray(data, dtype=float)
    elif not isinstance(data, str):
        for part in data:
            yield from numbers(part)


def assert_sane(data):
    """No NaN anywhere, and what is named weights sums to one."""
    for values in numbers(data):
        assert not np.isnan(values).any()
    weights = data.get("weights", {}) if isinstance(data, dict) else {}
    for values in numbers(weights):
        assert np.allclose(values.sum(-1), 1, atol=1e-5)
        assert (values >= 0).all()


@pytest.mark.parametrize("explorer", EXPLORERS, ids=lambda e: e.title)
def test_corners_are_sane_and_described(explorer):
    for parameters in corners(explorer):
        data = explorer.compute(**parameters)
        assert_sane(data)
        words = explorer.describe(data)
        assert len(words) > 40
        assert "nan" not in words.lower().split()


def test_a_broken_explorer_is_found():
    with pytest.raises(AssertionError):
        assert_sane({"weights": torch.tensor([0.5, 0.6])})
    with pytest.raises(AssertionError):
        assert_sane({"curve": [1.0, float("nan")]})


def pixels(png):
    return np.asarray(Image.open(io.BytesIO(png)))


@pytest.mark.parametrize("explorer", EXPLORERS, ids=lambda e: e.title)
def test_every_parameter_changes_the_picture_and_the_words(explorer):
    first, words = explorer.frame()
    for name, knob in explorer.parameters.items():
        frames = [
            explorer.frame(**{name: value})
            for value in knob.corners
            if value != explorer.start[name]
        ]
        assert any((pixels(png) != pixels(first)).any() for png, _ in frames), name
        assert any(text != words for _, text in frames), name


@pytest.mark.parametrize("explorer", EXPLORERS, ids=lambda e: e.title)
def test_live_sliders_draw_the_same_as_a_static_frame(explorer):
    box = explorer.live()
    *knobs, picture = box.children
    for (name, parameter), knob in zip(explorer.parameters.items(), knobs, strict=True):
        before = picture.value
        other = next(v for v in parameter.corners if v != explorer.start[name])
        knob.value = other
        changed = picture.value
        # a log slider gives its end back as a power, so compare with its own value
        words = explorer.frame(**{name: knob.value})[1]
        assert words.split(". ", 1)[1][:30] in changed.replace("&#x27;", "'")
        knob.value = explorer.start[name]
        assert picture.value == before


@pytest.mark.parametrize("explorer", EXPLORERS, ids=lambda e: e.title)
def test_static_output_stands_beside_the_live_one(explorer):
    bundle = explorer._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert "<img alt=" in bundle["text/html"]
    assert bundle["text/plain"].startswith(explorer.title)


@pytest.fixture
def small():
    def draw(figure):
        axes = figure.subplots()
        (dot,) = axes.plot([0], [0], "o")
        axes.set(xlim=(0, 10), ylim=(0, 10))

        def update(data):
            dot.set_data([data["x"]], [5])
            return [dot]

        return update

    return Explorer(
        title="A dot",
        parameters={
            "x": Slider("place", 0.0, 10.0, 5.0, 0.5),
            "kind": Choice("kind", ("a", "b"), "a"),
            "size": Steps("size", (1, 2, 8), 2),
        },
        compute=lambda x, kind, size: {"x": x},
        draw=draw,
        describe=lambda data: f"The dot is at {data['x']}",
        size=(3, 2),
    )


def test_a_frame_outside_the_domain_is_refused(small):
    with pytest.raises(ValueError, match="x is 11"):
        small.frame(x=11)
    with pytest.raises(ValueError, match="kind is 'c'"):
        small.frame(kind="c")
    with pytest.raises(ValueError, match="size is 3"):
        small.frame(size=3)
    with pytest.raises(TypeError, match=r"no parameter \['y'\]"):
        small.frame(y=1)


def test_corners_are_all_combinations(small):
    assert len(list(small.corners())) == 3 * 2 * 3
    both = [tuple(c.values()) for c in small.corners()]
    assert set(both) == set(itertools.product((0.0, 5.0, 10.0), "ab", (1, 2, 8)))


def test_blitting_leaves_nothing_of_the_frame_before(small):
    from course_utils.explorers.canvas import Canvas

    canvas = Canvas(small.size, small.draw)
    first, _ = canvas.frame({"x": 2.0}, "")
    moved, _ = canvas.frame({"x": 8.0}, "")
    again, _ = canvas.frame({"x": 2.0}, "")
    assert (pixels(first) == pixels(again)).all()
    assert (pixels(first) != pixels(moved)).any()
