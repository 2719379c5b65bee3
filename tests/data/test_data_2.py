"""The data of lesson 2.6: each test has a case that must fail it."""

import pytest
import torch

from course_utils.data import counting, digits


def test_digits_are_the_whole_collection_on_a_scale_of_one():
    images, labels = digits.load()
    assert images.shape == (1797, 8, 8)
    assert images.min() == 0
    assert images.max() == 1
    assert labels.bincount().min() > 170


def test_patches_are_squares_in_reading_order():
    image = torch.arange(64.0).view(8, 8)
    patches = digits.cut(image)
    assert patches[0].tolist() == [0, 1, 8, 9]
    assert patches[1].tolist() == [2, 3, 10, 11]
    assert patches[4].tolist() == [16, 17, 24, 25]
    assert patches[15].tolist() == [54, 55, 62, 63]
    assert torch.equal(digits.cut(image[None, None])[0, 0], patches)
    assert patches[0].tolist() != image.view(16, 4)[0].tolist()  # no plain reshape


def test_other_images_are_refused():
    with pytest.raises(ValueError, match=r"\(8, 7\)"):
        digits.cut(torch.zeros(8, 7))


def test_images_seen_and_held_out_are_disjoint_and_follow_the_seed():
    seen, held_out = digits.split()
    assert sorted([*seen.tolist(), *held_out.tolist()]) == list(range(1797))
    assert not torch.equal(seen, digits.split(seed=1)[0])


def test_counting_aloud():
    words = counting.stream(21)
    assert counting.spell(words[:6]) == "one, two, three,"
    assert counting.spell(words[-6:]) == ", twenty, twenty one,"
    assert counting.spell(counting.stream()[-5:]) == ("nine hundred ninety nine,")


@pytest.mark.parametrize("last", [0, 10_000])
def test_counting_outside_the_known_numbers_is_refused(last):
    with pytest.raises(ValueError, match=f"last is {last}"):
        counting.stream(last)


def test_windows_are_stretches_of_the_stream():
    words = torch.arange(10)
    torch.manual_seed(0)
    drawn = counting.windows(words, 200, 4)
    assert (drawn.diff(dim=1) == 1).all()
    assert set(drawn[:, 0].tolist()) == set(range(7))  # the last one as well
    assert counting.windows(words, 2, 10).tolist() == [list(range(10))] * 2
    with pytest.raises(ValueError, match="length is 11"):
        counting.windows(words, 1, 11)
