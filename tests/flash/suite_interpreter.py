"""The kernels in Triton's interpreter. Run by test_flash_kernels.py, not by itself."""

from collections import Counter

import numpy as np
import pytest
import torch

from course_utils.flash import io_kernels, io_model, launch, watch
from course_utils.flash.arguments import checked
from course_utils.flash.configs import Tile
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


COUNTED = [
    Case("counted", n_query=37, n_key=53, dim=10),
    Case("counted, causal", n_query=50, n_key=37, is_causal=True, tiles=(16, 32)),
    Case("counted, grouped", heads=4, kv_heads=2, n_query=20, n_key=50, is_causal=True,
         align="bottom-right"),
    Case("counted, window", n_query=60, n_key=44, is_causal=True, window=9),
    Case("counted, lengths", batch=3, lengths=(0, 19, 45), n_query=40, n_key=45,
         tiles=(32, 16)),
    Case("counted, fp16", dtype=torch.float16, n_query=33, n_key=33),
]  # fmt: skip


@pytest.mark.parametrize("case", COUNTED, ids=lambda case: case.name)
def test_kernels_move_exactly_the_predicted_bytes(case):
    query, key, value, grad_output, _ = case.inputs()
    visible, scale = checked(query, key, value, **case.options)
    lengths = visible.key_lengths
    options = (lengths, case.is_causal, visible.shift, case.window, scale)
    tile = Tile(*case.tiles)
    shape = (case.batch, case.heads, case.dim, case.dtype.itemsize, tile)
    with cases.tiles(*case.tiles):
        with watch.watched() as forward:
            output, lse = launch.forward(query, key, value, *options)
        saved = (grad_output, None, query, key, value, output, lse)
        with watch.watched() as backward:
            launch.backward(*saved, *options)
    assert forward == io_kernels.forward_traffic(visible, *shape)
    by_key = io_kernels.key_gradient_traffic(
        visible, case.batch, case.heads, case.kv_heads, *shape[2:]
    )
    by_query = io_kernels.query_gradient_traffic(visible, *shape)
    expected = by_key.loaded + by_query.loaded
    row = case.batch * case.heads * case.n_query
    expected += Counter(  # the pass that computes D
        output=row * case.dim * case.dtype.itemsize,
        grad_output=row * case.dim * case.dtype.itemsize,
    )
    assert backward.loaded == expected
    stored = by_key.stored + by_query.stored + Counter(delta=row * 4)
    assert backward.stored == stored
    wrong = io_kernels.forward_traffic(
        visible, case.batch, case.heads, case.dim + 1, *shape[3:]
    )
    assert forward != wrong


def test_the_kernel_moves_what_the_closed_form_says():
    """One head of N × d: 2Nd + N + 2Nd⌈N / block_query⌉ numbers of 4 bytes."""
    case = Case("closed form", heads=1, kv_heads=1, n_query=48, n_key=48, dim=16)
    query, key, value, *_ = case.inputs()
    with cases.tiles(16, 16), watch.watched() as traffic:
        launch.forward(query, key, value, None, False, 0, None, 0.25)
    assert traffic.total == 4 * io_model.flash2_elements(48, 16, 16)
