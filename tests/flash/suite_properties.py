"""What holds for any attention, on random shapes and options.

Run in Triton's interpreter by test_flash_kernels.py, not by itself.
"""

import math

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from course_utils.flash import flash_attention, merge_attention
from tests.flash.reference import (
    Case,
    gradients,
    reference_gradients,
    relative_error,
)

torch.set_num_threads(1)
BACKENDS = pytest.mark.parametrize("backend", ["tiled", "sdpa", "triton"])
settings.register_profile(
    "flash", max_examples=12, deadline=None, derandomize=True, database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
settings.load_profile("flash")


@st.composite
def cases(draw, **fixed):
    """A small call of attention with any mix of options."""
    kv_heads = draw(st.integers(1, 2))
    options = {
        "batch": draw(st.integers(1, 2)),
        "heads": kv_heads * draw(st.integers(1, 2)),
        "kv_heads": kv_heads,
        "n_query": draw(st.integers(1, 40)),
        "n_key": draw(st.integers(1, 40)),
        "dim": draw(st.integers(1, 20)),
        "is_causal": draw(st.booleans()),
        "align": draw(st.sampled_from(["top-left", "bottom-right"])),
        "window": draw(st.none() | st.integers(0, 30)),
        "scale": draw(st.none() | st.floats(0.05, 2)),
        "layout": draw(st.sampled_from(["contiguous", "mixed", "gaps"])),
    } | fixed
    if "lengths" not in fixed and draw(st.booleans()):
        length = st.integers(0, options["n_key"])
        options["lengths"] = tuple(draw(length) for _ in range(options["batch"]))
    return Case("random", **options)


def plain(case: Case, **changes) -> dict:
    return case.options | {"return_lse": True} | changes


@BACKENDS
@given(case=cases())
def test_equals_the_definition(backend, case):
    inputs = case.inputs()

    def compute(*tensors, **options):
        return flash_attention(*tensors, backend=backend, **options)

    got = gradients(case, inputs, compute)
    for ours, true in zip(got, reference_gradients(case, inputs), strict=True):
        assert relative_error(ours, true) < 1e-5


@BACKENDS
@given(case=cases(is_causal=False, window=None, lengths=None))
def test_the_order_of_the_keys_does_not_matter(backend, case):
    query, key, value, *_ = case.inputs()
    order = torch.randperm(case.n_key, generator=torch.Generator().manual_seed(1))
    options = plain(case, backend=backend)
    output, lse = flash_attention(query, key, value, **options)
    again = flash_attention(query, key[:, :, order], value[:, :, order], **options)
    assert relative_error(again[0], output) < 1e-5
    assert relative_error(again[1], lse) < 1e-5
    if case.n_key > 1 and case.dim > 2:  # the keys alone in another order: it matters
        other, _ = flash_attention(query, key[:, :, order.roll(1)], value, **options)
        mixed, _ = flash_attention(query, key[:, :, order], value, **options)
        assert not torch.equal(other, mixed)


@BACKENDS
@given(case=cases(), size=st.floats(-5, 5))
def test_a_shift_of_all_scores_moves_only_the_log_sum_exp(backend, case, size):
    query, key, value, *_ = case.inputs()
    scale = 1 / math.sqrt(case.dim) if case.scale is None else case.scale
    options = plain(case, backend=backend)
    output, lse = flash_attention(query, key, value, **options)
    moved = flash_attention(query, key + size, value, **options)
    expected = lse + scale * size * query.sum(-1)
    assert relative_error(moved[0], output) < 5e-5
    assert relative_error(moved[1], expected) < 5e-5


@BACKENDS
@given(case=cases(is_causal=False, window=None, lengths=None), data=st.data())
def test_parts_of_the_keys_merge_to_the_whole(backend, case, data):
    query, key, value, *_ = case.inputs()
    cut = data.draw(st.integers(0, case.n_key))
    lengths = torch.full((case.batch,), cut)
    options = plain(case, backend=backend)
    whole = flash_attention(query, key, value, **options)
    left = flash_attention(query, key, value, **options | {"key_lengths": lengths})
    rest = torch.full((case.batch,), case.n_key - cut)
    flipped = (query, key.flip(2), value.flip(2))
    right = flash_attention(*flipped, **options | {"key_lengths": rest})
    parts = (torch.stack(x) for x in zip(left, right, strict=True))
    merged = merge_attention(*parts)
    assert relative_error(merged[0], whole[0]) < 1e-5
    assert relative_error(merged[1], whole[1]) < 1e-5
    if 0 < cut < case.n_key:  # a mean without the weights is something else
        assert not torch.allclose((left[0] + right[0]) / 2, whole[0], atol=1e-7)


def test_merging_refuses_shapes_that_do_not_fit():
    with pytest.raises(
        ValueError, match=r"lses have shape \(2, 3\); expected \(2, 4\)"
    ):
        merge_attention(torch.ones(2, 4, 5), torch.ones(2, 3))


def test_merging_nothing_gives_nothing():
    output, lse = merge_attention(torch.zeros(2, 3, 4), torch.full((2, 3), -math.inf))
    assert torch.equal(output, torch.zeros(3, 4))
    assert (lse == -math.inf).all()
