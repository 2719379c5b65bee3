"""Bytes moved: simulated, equal to the closed forms, and the paper's figure."""

import math

import pytest
import torch

from course_utils.flash import io_model, io_training
from course_utils.flash.traffic import Traffic


def run(simulate, length=60, dim=8, **blocks):
    rng = torch.Generator().manual_seed(0)
    inputs = [
        torch.randn(length, dim, generator=rng, dtype=torch.float64) for _ in range(3)
    ]
    traffic = Traffic()
    output = simulate(*inputs, traffic, **blocks)
    query, key, value = inputs
    true = (query @ key.T / math.sqrt(dim)).softmax(-1) @ value
    assert torch.allclose(output, true, rtol=1e-12, atol=1e-12)
    return traffic.total // 8


@pytest.mark.parametrize(("length", "dim"), [(60, 8), (37, 5), (16, 16)])
def test_standard_moves_what_the_formula_says(length, dim):
    moved = run(io_model.run_standard, length, dim)
    assert moved == io_model.standard_elements(length, dim)
    assert moved != io_model.standard_elements(length, dim + 1)  # it can disagree


@pytest.mark.parametrize("block_query", [4, 16, 60])
@pytest.mark.parametrize("block_key", [7, 16, 100])
def test_flash_moves_what_the_formulas_say(block_query, block_key):
    blocks = {"block_query": block_query, "block_key": block_key}
    first = run(io_model.run_flash1, **blocks)
    second = run(io_model.run_flash2, **blocks)
    assert first == io_model.flash1_elements(60, 8, block_key)
    assert second == io_model.flash2_elements(60, 8, block_query)
    assert first != second


@pytest.mark.parametrize("dim", [16, 32, 64, 128])
def test_flash_moves_more_where_fast_memory_is_small(dim):
    border = io_model.break_even_memory(1 << 16, dim)
    assert 2.5 * dim**2 < border < 3.5 * dim**2 + 4 * dim
    assert io_model.flash_moves_more(1 << 16, dim, border - 1)
    assert not io_model.flash_moves_more(1 << 16, dim, border)


def test_a_short_sequence_gains_nothing_at_any_size():
    assert io_model.break_even_memory(16, 64) is None
    assert io_model.flash_moves_more(16, 64, 10**9)


def test_hbm_traffic_falls_as_one_over_fast_memory():
    """Θ(N²d²/M): four times the fast memory, a quarter of the traffic."""
    tiles = [io_model.flash1_tiles(m, 64)[1] for m in (1 << 14, 1 << 16)]
    moved = [io_model.flash1_elements(1 << 16, 64, b) for b in tiles]
    assert moved[0] / moved[1] == pytest.approx(4, rel=0.01)


def test_the_paper_s_figure():
    assert round(io_training.figure2_standard(), 1) == 40.3
    assert round(io_training.figure2_flash(), 1) == 4.4
    assert round(io_training.figure2_flash(128, 128), 1) != 4.4
    assert round(io_training.figure2_flash(256, 256), 1) != 4.4


def test_the_standard_step_is_eighteen_matrices():
    n, d, heads = io_training.LENGTH, io_training.DIM, io_training.HEADS
    assert io_training.figure2_standard() * 1e9 == 2 * heads * (18 * n * n + 12 * n * d)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: io_model.flash1_tiles(0, 8), "fast_memory is 0; expected 1"),
        (lambda: io_training.figure2_flash(0), "keys_forward is 0; expected 1"),
        (lambda: io_training.figure2_flash(1, -1), "keys_backward is -1; expected 1"),
    ],
)
def test_refuses(call, message):
    with pytest.raises(ValueError, match=message):
        call()
