"""The kernels on a GPU: bf16, long, ragged, repeated. Run by test_flash_gpu.py.

FlashAttention-2's rule: the error against float32 is at most twice that of plain
PyTorch in the same dtype, three times for gradients.
"""

import os
from dataclasses import replace

import pytest
import torch
from torch.nn import functional

from course_utils.flash import explain_backend, flash_attention, merge_attention
from tests.flash.reference import (
    Case,
    gradients,
    lay_out,
    reference_gradients,
    relative_error,
)

DEVICE = os.environ.get("FLASH_TEST_DEVICE", "cuda")
BF16, HALF = torch.bfloat16, torch.float16
ODD = Case("", batch=2, heads=4, kv_heads=2, n_query=113, n_key=203, is_causal=True)


def on_device(case: Case, seed: int = 0):
    """Inputs on the device, their layout made there."""
    made = replace(case, layout="contiguous").inputs(seed, DEVICE)
    return (*(lay_out(x, case.layout) for x in made[:4]), made[4])


def ours(query, key, value, **options):
    lengths = options.pop("key_lengths", None)
    if lengths is not None:
        options["key_lengths"] = lengths.to(query.device)
    return flash_attention(query, key, value, backend="triton", **options)


def check(case: Case) -> None:
    inputs = on_device(case)
    options = {k: v for k, v in case.options.items() if k != "key_lengths"}
    choice = explain_backend(*inputs[:3], backend="triton", **options)
    assert choice.backend == "triton", choice
    torch.use_deterministic_algorithms(True, warn_only=True)  # poisons fresh memory
    try:
        got = gradients(case, inputs, ours)
    finally:
        torch.use_deterministic_algorithms(False)
    true = reference_gradients(case, inputs, torch.float32)
    simple = reference_gradients(case, inputs, case.dtype)
    for name, x, y, z in zip(
        ("o", "lse", "dq", "dk", "dv"), got, true, simple, strict=True
    ):
        factor = 2 if name in ("o", "lse") else 3
        allowed = factor * relative_error(z, y) + 1e-5
        assert relative_error(x, y) <= allowed, name


@pytest.mark.parametrize("dtype", [BF16, HALF], ids=str)
@pytest.mark.parametrize("dim", [32, 40, 59, 64, 80, 96, 111, 128, 160, 192, 224, 256])
def test_head_dims(dim, dtype):
    check(replace(ODD, dim=dim, dtype=dtype))


@pytest.mark.parametrize("dtype", [BF16, HALF, torch.float32], ids=str)
@pytest.mark.parametrize(
    "change",
    [
        {"is_causal": False},
        {"align": "bottom-right"},
        {"n_query": 203, "n_key": 113, "align": "bottom-right"},
        {"window": 40},
        {"is_causal": False, "window": 40},
        {"lengths": (0, 150)},
        {"n_query": 1, "n_key": 777, "is_causal": False},
        {"n_query": 1023, "n_key": 1024},
        {"layout": "gaps"},
        {"layout": "heads-last"},
        {"layout": "dim-first"},
        {"kv_heads": 1, "scale": 0.7},
        {"heads": 2, "kv_heads": 2, "n_query": 4096, "n_key": 4096, "batch": 1},
    ],
    ids=str,
)
def test_options(change, dtype):
    check(replace(ODD, dim=64, dtype=dtype, **change))


@pytest.mark.parametrize("dim", [64, 128])
def test_fifty_runs_give_the_same_bits(dim):
    case = replace(ODD, dim=dim, dtype=BF16, n_query=500, n_key=500)
    inputs = on_device(case)
    first = gradients(case, inputs, ours)
    for _ in range(50):
        for a, b in zip(gradients(case, inputs, ours), first, strict=True):
            assert torch.equal(a, b)


@pytest.mark.parametrize("dim", [64, 128])
@pytest.mark.parametrize("is_causal", [False, True])
def test_sixteen_thousand_keys(dim, is_causal):
    """Against PyTorch's own kernel, as the matrix would not fit."""
    shape = (1, 4, 16384, dim)
    query, key, value = (torch.randn(shape, device=DEVICE, dtype=BF16) for _ in "qkv")
    leaves = [x.requires_grad_() for x in (query, key, value)]
    output = flash_attention(*leaves, is_causal=is_causal, backend="triton")
    grads = torch.autograd.grad(output.sum(), leaves)
    true = functional.scaled_dot_product_attention(*leaves, is_causal=is_causal)
    true_grads = torch.autograd.grad(true.sum(), leaves)
    assert relative_error(output, true) < 1e-2
    for ours_, theirs in zip(grads, true_grads, strict=True):
        assert relative_error(ours_, theirs) < 2e-2


def test_fp32_is_not_tf32():
    case = replace(ODD, dim=64)
    inputs = on_device(case)
    got = gradients(case, inputs, ours)
    true = reference_gradients(case, inputs, torch.float64)
    for x, y in zip(got, true, strict=True):
        assert relative_error(x, y) < 5e-6


def test_offsets_beyond_two_to_the_thirty_one():
    """The last rows of a view lie more than 2³¹ numbers after the first."""
    rows, width = 70_000, 40_000  # bf16: 5.6 GB
    storage = torch.zeros(rows, width, device=DEVICE, dtype=BF16)
    view = storage[None, None, :, :64]
    near = torch.randn(1, 1, rows, 64, device=DEVICE, dtype=BF16)
    view.copy_(near)
    query = near[:, :, -200:]
    far = flash_attention(query, view, view, backend="triton")
    assert torch.equal(far, flash_attention(query, near, near, backend="triton"))


def test_auto_takes_the_kernel_and_old_options_do_not():
    query = torch.randn(1, 2, 64, 64, device=DEVICE, dtype=BF16)
    assert explain_backend(query, query, query).backend == "triton"
    masked = explain_backend(query, query, query, query.new_ones(64, 64).bool())
    assert masked.backend == "sdpa"


def test_compiles_in_one_graph_forward_and_backward():
    query = torch.randn(1, 2, 200, 64, device=DEVICE, dtype=BF16, requires_grad=True)

    def attend(x):
        return flash_attention(x, x, x, is_causal=True, backend="triton")

    compiled = torch.compile(attend, fullgraph=True)
    (eager,) = torch.autograd.grad(attend(query).sum(), query)
    (graph,) = torch.autograd.grad(compiled(query).sum(), query)
    assert relative_error(graph, eager) < 1e-2


def test_parts_merge_to_the_whole():
    query, key, value = (
        torch.randn(1, 2, 300, 64, device=DEVICE, dtype=HALF) for _ in "qkv"
    )
    whole = flash_attention(query, key, value, return_lse=True, backend="triton")
    parts = [
        flash_attention(query, k, v, return_lse=True, backend="triton")
        for k, v in zip(key.split(111, 2), value.split(111, 2), strict=True)
    ]
    merged = merge_attention(*(torch.stack(x) for x in zip(*parts, strict=True)))
    assert relative_error(merged[0], whole[0]) < 2e-3
    assert relative_error(merged[1], whole[1]) < 1e-4


@pytest.mark.parametrize("is_causal", [False, True])
@pytest.mark.parametrize("dim", [64, 128])
def test_hopper_s_kernel_is_trusted_on_hopper(dim, is_causal):
    if torch.cuda.get_device_capability() != (9, 0):
        pytest.skip("not a Hopper GPU")
    from course_utils.flash import hopper_launch

    device = torch.device("cuda", torch.cuda.current_device())
    assert hopper_launch.trusted(device, BF16, dim, is_causal)
