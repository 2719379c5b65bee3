"""The kernels: interpreted, mutated, compiled. Each suite has its own process."""

import pytest

from tests.flash.child import needs_triton, run_suite


@needs_triton
@pytest.mark.slow
def test_kernels_in_the_interpreter(tmp_path):
    run_suite("interpreter", 60, tmp_path, interpret=True)


@needs_triton
@pytest.mark.slow
def test_operators_in_the_interpreter(tmp_path):
    run_suite("operators", 9, tmp_path, interpret=True)


@needs_triton
@pytest.mark.slow
def test_decoding_and_hopper_in_the_interpreter(tmp_path):
    run_suite("variants", 30, tmp_path, interpret=True)


@needs_triton
@pytest.mark.slow
def test_properties_of_every_backend(tmp_path):
    run_suite("properties", 14, tmp_path, interpret=True)


@needs_triton
@pytest.mark.slow
def test_wrong_kernels_die(tmp_path):
    run_suite("mutants", 19, tmp_path, interpret=True)


@needs_triton
@pytest.mark.slow
def test_kernels_compile_for_gpus_that_are_not_here(tmp_path):
    run_suite("compile", 40, tmp_path, interpret=False)


def test_a_suite_that_runs_nothing_fails(tmp_path):
    with pytest.raises(pytest.fail.Exception, match="0 passed"):
        run_suite("arguments", 1, tmp_path, "-k", "no such test", interpret=False)


def test_bad_input_meets_its_message(tmp_path):
    run_suite("arguments", 30, tmp_path, interpret=False)
