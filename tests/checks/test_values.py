"""What passes between a check and the learner's code is plain and copied."""

import numpy as np
import pytest
import torch

from course_utils.checks.rng import Rng
from course_utils.checks.student import NotebookStudent
from course_utils.checks.values import Callback, copied


def test_a_view_of_the_argument_is_copied():
    x = torch.ones(2)
    got = NotebookStudent({"f": lambda x: x}).f(x)
    got.add_(1)
    assert x.tolist() == [1, 1]


def test_a_callback_works_on_copies():
    kept = []
    callback = Callback("twice", lambda x: kept.append(x) or (x, x))

    def f(x):
        first, second = callback(x)
        first.zero_()
        return x + second

    x = torch.ones(2)
    assert NotebookStudent({"f": f}).f(x).tolist() == [2, 2]
    assert kept[0].tolist() == [1, 1]
    assert "twice" not in repr(callback)


def test_copies_are_plain():
    got = copied((np.float32(1.5), np.bool_(True), [np.int64(3)], {"a": (None,)}))
    assert got == [1.5, True, [3], {"a": [None]}]
    assert [type(entry) for entry in got] == [float, bool, list, dict]
    with pytest.raises(TypeError, match="a value of type complex"):
        copied(1j)


def test_random_numbers_depend_on_every_part_of_the_seed():
    same = Rng("secret", "1.q1", "a").normal(3), Rng("secret", "1.q1", "a").normal(3)
    other = Rng("secret", "1.q1", "b").normal(3)
    assert torch.equal(*same)
    assert not torch.equal(same[0], other)
