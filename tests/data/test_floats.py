"""Rounding, and the table of words: each test has a case that must fail it."""

import pytest
import torch

from course_utils.data.floats import tf32, ulp
from course_utils.explorers.overflow import LIMITS
from course_utils.figures import table


def test_an_ulp_is_the_distance_to_the_next_float():
    for dtype in (torch.float32, torch.float64, torch.bfloat16):
        assert ulp(torch.ones(1, dtype=dtype)).item() == torch.finfo(dtype).eps
    assert ulp(torch.tensor([-4.0, 4.0])).tolist() == [2.0**-21] * 2
    assert ulp(torch.tensor([0.0, torch.inf])).tolist() == [2.0**-149, torch.inf]


def test_tf32_has_the_grid_of_float16_and_the_range_of_float32():
    numbers = torch.randn(1000)
    numbers = numbers[numbers.abs() > 2.0**-14]  # above float16's subnormals
    assert torch.equal(tf32(numbers), numbers.half().float())
    assert not torch.equal(tf32(numbers), numbers.bfloat16().float())
    assert tf32(torch.tensor(3e38)).isfinite()
    with pytest.raises(TypeError, match=r"float64; expected torch\.float32"):
        tf32(numbers.double())


@pytest.mark.parametrize("name", LIMITS)
def test_exp_is_finite_and_not_0_within_the_limits_and_not_beyond(name):
    dtype = getattr(torch, name)
    low, high = LIMITS[name]
    inside = torch.tensor([0.99 * low, 0.99 * high], dtype=dtype).exp()
    assert (inside > 0).all()
    assert inside.isfinite().all()
    assert torch.tensor([1.01 * low, 1.01 * high], dtype=dtype).exp().tolist() == [
        0.0,
        torch.inf,
    ]


def test_a_table_tells_every_word_and_refuses_what_does_not_fit():
    names = {"title": "T", "xlabel": "x", "ylabel": "y"}
    picture = table([["ok", "NaN"]], ["row"], ["a", "b"], shaded=["NaN"], **names)
    assert picture.text == "T. row: a ok, b NaN."
    with pytest.raises(ValueError, match=r"shape \(1, 2\); expected \(1, 1\)"):
        table([["ok", "NaN"]], ["row"], ["a"], **names)
    with pytest.raises(ValueError, match="7 shaded words; expected at most 6"):
        table([["ok"]], ["row"], ["a"], shaded=list("abcdefg"), **names)
