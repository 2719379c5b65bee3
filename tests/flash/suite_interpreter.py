"""The kernels in Triton's interpreter. Run by test_flash_kernels.py, not by itself."""

import numpy as np
import pytest
import torch

from course_utils.flash import launch, watch
from tests.flash import cases
from tests.flash.cases import CASES, failures, run_kernels
from tests.flash.reference import Case


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_kernels_equal_the_definition(case):
    assert failures(launch, case) == []


def test_there_are_forty_cases_with_names_of_their_own():
    assert len({case.name for case in CASES}) == len(CASES) >= 40


def test_gradients_repeat_to_the_bit():
    case = CASES[0]
    first, second = (run_kernels(launch, case, case.inputs()) for _ in range(2))
    for a, b in zip(first, second, strict=True):
        assert torch.equal(a, b)


@pytest.mark.parametrize("hidden", ["last row of key", "gap between rows"])
def test_the_guard_sees_what_it_should(hidden):
    """The kernel is right; the guard is told of fewer elements than it reads."""
    case = Case("control", layout="contiguous")
    learn = watch._addresses

    def fewer(x):
        at = learn(x)
        short = x.shape == (1, 2, 56, 16)
        if not short:
            return at
        return at[:-16] if hidden == "last row of key" else np.delete(at, 40)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(watch, "_addresses", fewer)
        with pytest.raises(Exception, match="lanes lie outside every tensor"):
            failures(launch, case)


def test_a_wrong_answer_is_noticed():
    """The reference is asked another question than the kernels."""
    case = Case("control", n_query=20, n_key=20)
    with pytest.MonkeyPatch.context() as patch:
        other = Case("control", n_query=20, n_key=20, window=18)
        true = cases.reference_gradients
        patch.setattr(
            cases,
            "reference_gradients",
            lambda c, *rest, **kw: true(other, *rest, **kw),
        )
        assert failures(launch, case) != []
