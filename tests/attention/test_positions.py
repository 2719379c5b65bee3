"""sinusoidal() by hand, by its laws, and with bad input."""

import math

import pytest
import torch

from course_utils.attention import sinusoidal

SIZES = [(1, 2), (7, 6), (64, 64), (100, 10)]


def test_places_by_hand():
    found = sinusoidal(4, 4, base=100.0)
    assert found.shape == (4, 4)
    assert found[0].tolist() == [0.0, 1.0, 0.0, 1.0]
    wanted = [math.sin(3), math.cos(3), math.sin(0.3), math.cos(0.3)]
    assert torch.allclose(found[3], torch.tensor(wanted))


def test_slowest_hand_of_the_usual_base():
    angle = 50 / 10000 ** (62 / 64)
    wanted = torch.tensor([math.sin(angle), math.cos(angle)])
    assert torch.allclose(sinusoidal(51, 64)[50, -2:], wanted)


@pytest.mark.parametrize(("length", "dim"), SIZES)
def test_every_place_has_the_same_norm(length, dim):
    square = sinusoidal(length, dim).square().sum(-1)
    assert torch.allclose(square, torch.full((length,), dim / 2))


@pytest.mark.parametrize(("length", "dim"), SIZES)
def test_products_depend_on_the_distance_alone(length, dim):
    place = sinusoidal(length, dim).double()
    gram = place @ place.T
    assert torch.allclose(gram[1:, 1:], gram[:-1, :-1], atol=1e-5)


def test_dtype_is_the_default_one():
    assert sinusoidal(3, 2).dtype == torch.get_default_dtype()


@pytest.mark.parametrize("length", [0, -3])
def test_a_length_below_one_is_refused(length):
    with pytest.raises(ValueError, match=f"length is {length}; expected 1 or more"):
        sinusoidal(length, 4)


@pytest.mark.parametrize("dim", [5, 1, 0, -2])
def test_an_odd_or_empty_dim_is_refused(dim):
    with pytest.raises(ValueError, match=f"dim is {dim}; expected an even number"):
        sinusoidal(4, dim)


@pytest.mark.parametrize("base", [0.0, -1.0, math.inf, math.nan])
def test_a_base_that_is_no_positive_number_is_refused(base):
    with pytest.raises(ValueError, match="base is"):
        sinusoidal(4, 4, base)
