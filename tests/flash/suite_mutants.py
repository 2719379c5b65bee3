"""Wrong kernels must fail the cases. Run by test_flash_kernels.py, not by itself."""

import pytest
from triton.runtime.errors import InterpreterError

from tests.flash.cases import KILLERS, failures
from tests.flash.mutants import MUTANTS, load


def survives(launch) -> bool:
    """Whether the kernels pass every case; a stop by the guard is a failure too."""
    try:
        return not any(failures(launch, case) for case in KILLERS)
    except InterpreterError:
        return False


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_wrong_kernel_dies(mutant, tmp_path):
    assert not survives(load(mutant, tmp_path))


def test_the_right_kernel_survives_the_same_way(tmp_path):
    assert survives(load(None, tmp_path))


def test_there_are_enough_of_them():
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS) >= 17
