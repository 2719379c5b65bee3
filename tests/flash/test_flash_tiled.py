"""The tiled algorithm: exact, linear in memory, right about empty rows."""

import math

import pytest
import torch

from course_utils.flash.autograd import tiled_attention
from course_utils.flash.memory import peak_memory
from tests.flash.reference import Case, gradients, reference_gradients, relative_error

CASES = [
    Case("plain"),
    Case("ragged", n_query=37, n_key=53, dim=10),
    Case("causal", is_causal=True, n_query=45, n_key=45),
    Case("causal, more queries", is_causal=True, n_query=50, n_key=20),
    Case("bottom-right", is_causal=True, align="bottom-right", n_query=20, n_key=50),
    Case("empty rows", is_causal=True, align="bottom-right", n_query=50, n_key=20),
    Case("window", is_causal=True, window=7, n_query=60, n_key=60),
    Case("window alone", window=5, n_query=60, n_key=30),
    Case("window 0", is_causal=True, window=0, n_query=33, n_key=33),
    Case("lengths", batch=3, lengths=(0, 17, 56)),
    Case("grouped", heads=6, kv_heads=2, is_causal=True),
    Case("multi-query", heads=4, kv_heads=1),
    Case("negative scale", scale=-0.3),
    Case("hard", gain=400.0),
    Case("far below zero", shift=-1000.0),
    Case("one query", n_query=1, n_key=70),
    Case("strided", layout="gaps"),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_equals_the_definition_in_float64(case):
    inputs = tuple(x.double() for x in case.inputs())

    def tiled(*tensors, **options):
        return tiled_attention(*tensors, block_query=16, block_key=8, **options)

    got = gradients(case, inputs, tiled)
    for name, ours, true in zip(
        ("o", "lse", "dq", "dk", "dv"),
        got,
        reference_gradients(case, inputs),
        strict=True,
    ):
        assert relative_error(ours, true) < 1e-12, name


def test_float32_stays_close_to_float64():
    case = Case("long", n_query=200, n_key=300, dim=32, is_causal=True)
    inputs = case.inputs()
    got = gradients(case, inputs, tiled_attention)
    for ours, true in zip(got, reference_gradients(case, inputs), strict=True):
        assert ours.dtype == torch.float32
        assert relative_error(ours, true) < 5e-6


def test_a_query_that_sees_nothing_gets_zero_and_minus_infinity():
    case = Case("empty", batch=2, lengths=(0, 5), n_key=5)
    query, key, value, _, _ = case.inputs()
    query.requires_grad_()
    output, lse = tiled_attention(query, key, value, return_lse=True, **case.options)
    output.sum().backward()
    assert torch.equal(output[0], torch.zeros_like(output[0]))
    assert (lse[0] == -math.inf).all()
    assert torch.equal(query.grad[0], torch.zeros_like(query.grad[0]))
    assert output[1].abs().sum() > 0  # the other sequence is not empty


def extra_bytes(compute, length: int) -> int:
    """Peak memory of forward and backward, less output and gradients."""
    leaves = [torch.randn(1, 1, length, 16).requires_grad_() for _ in range(3)]
    results = 4 * leaves[0].numel() * leaves[0].element_size()
    return peak_memory(lambda: compute(*leaves).sum().backward()) - results


def test_extra_memory_is_linear_and_the_naive_way_is_not():
    def naive(query, key, value):
        return (query @ key.mT / 4).softmax(-1) @ value

    def growth(compute):
        return extra_bytes(compute, 1024) / extra_bytes(compute, 512)

    assert growth(tiled_attention) < 2.1
    assert growth(naive) > 3.5


@pytest.mark.parametrize("name", ["block_query", "block_key"])
def test_refuses_empty_blocks(name):
    query = torch.ones(1, 1, 4, 4)
    with pytest.raises(ValueError, match=f"{name} is 0; expected 1 or more"):
        tiled_attention(query, query, query, **{name: 0})
