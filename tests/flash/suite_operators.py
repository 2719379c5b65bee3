"""The operators: contracts of torch.library, torch.compile, the choice of a backend.

Run in Triton's interpreter by test_flash_kernels.py, not by itself.
"""

import inspect
import warnings

import pytest
import torch

from course_utils.flash import explain_backend, flash_attention, teaching
from course_utils.flash.ops import flash_backward, flash_forward
from course_utils.flash.watch import watched
from tests.flash.reference import (
    Case,
    gradients,
    reference,
    reference_gradients,
    relative_error,
)

torch.set_num_threads(1)
CASE = Case("grouped", heads=4, kv_heads=2, n_query=20, n_key=33, is_causal=True)
LENGTHS = Case("lengths", batch=2, lengths=(5, 33), n_query=18, n_key=33, window=20)


def operands(case: Case):
    query, key, value, grad_output, grad_lse = case.inputs()
    lengths = case.options["key_lengths"]
    options = (lengths, case.is_causal, 0, case.window, 0.25)
    return query, key, value, grad_output, grad_lse, options


@pytest.mark.parametrize("case", [CASE, LENGTHS], ids=lambda case: case.name)
def test_forward_keeps_the_library_s_contract(case):
    query, key, value, _, _, options = operands(case)
    leaves = [x.requires_grad_() for x in (query, key, value)]
    torch.library.opcheck(flash_forward, (*leaves, *options))


@pytest.mark.parametrize("with_lse", [True, False])
def test_backward_keeps_the_library_s_contract(with_lse):
    query, key, value, grad_output, grad_lse, options = operands(LENGTHS)
    output, lse = flash_forward(query, key, value, *options)
    saved = (query, key, value, output, lse)
    arguments = (grad_output, grad_lse if with_lse else None, *saved, *options)
    torch.library.opcheck(
        flash_backward, arguments,
        test_utils=("test_schema", "test_faketensor", "test_aot_dispatch_dynamic"),
    )  # fmt: skip


@pytest.mark.parametrize("case", [CASE, LENGTHS], ids=lambda case: case.name)
def test_compiles_in_one_graph_forward_and_backward(case):
    def attend(query, key, value, **options):
        return flash_attention(query, key, value, backend="triton", **options)

    torch._dynamo.reset()
    compiled = torch.compile(attend, fullgraph=True, backend="aot_eager")
    inputs = case.inputs()
    eager = gradients(case, inputs, attend)
    for ours, same in zip(gradients(case, inputs, compiled), eager, strict=True):
        assert torch.equal(ours, same)


def test_triton_is_taken_in_the_interpreter_only_when_asked_for():
    query, key, value, *_ = CASE.inputs()
    asked = explain_backend(query, key, value, enable_gqa=True, backend="triton")
    left = explain_backend(query, key, value, enable_gqa=True)
    assert (asked.backend, left.backend) == ("triton", "sdpa")
    with watched() as traffic:
        flash_attention(query, key, value, enable_gqa=True, backend="triton")
        seen = traffic.total
        flash_attention(query, key, value, enable_gqa=True)
    assert seen == traffic.total > 0


def test_bfloat16_is_not_left_to_the_interpreter():
    case = Case("bf16", dtype=torch.bfloat16, n_query=20, n_key=20)
    query, key, value, *_ = case.inputs()
    with pytest.warns(RuntimeWarning, match="computes bfloat16 wrongly"):
        output = flash_attention(query, key, value, backend="triton")
    true, _ = reference(case, query.double(), key.double(), value.double())
    assert relative_error(output, true) < 2e-2


def test_what_the_kernels_lack_falls_back_and_says_so_once():
    case = Case("negative scale", scale=-0.5, n_query=20, n_key=20)
    inputs = case.inputs()
    true = reference_gradients(case, inputs)
    with pytest.warns(RuntimeWarning, match=r"'triton' gives way .* scale is -0\.5"):
        first = flash_attention(*inputs[:3], scale=-0.5, backend="triton")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        second = flash_attention(*inputs[:3], scale=-0.5, backend="triton")
    assert relative_error(first, true[0]) < 5e-6
    assert torch.equal(first, second)


@pytest.mark.parametrize("is_causal", [False, True])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
def test_the_lesson_s_kernel_is_right(is_causal, dtype):
    case = Case("", n_query=37, n_key=53, dim=20, is_causal=is_causal, dtype=dtype)
    query, key, value, *_ = case.inputs()
    with watched():
        output = teaching.teaching_attention(query, key, value, is_causal=is_causal)
    true, _ = reference(case, query.double(), key.double(), value.double())
    assert relative_error(output, true) < (5e-6 if dtype == torch.float32 else 2e-3)


def test_the_lesson_s_kernel_is_short_and_plain():
    source = inspect.getsource(teaching.teaching_kernel.fn)
    lines = [line for line in source.splitlines() if line.strip()]
    assert 40 <= len(lines) <= 60
    assert source.count("def ") == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"block_key": 24}, "block_key is 24; expected a power of two from 16 on"),
        ({"block_query": 8}, "block_query is 8; expected a power of two from 16 on"),
    ],
)
def test_the_lesson_s_kernel_refuses_odd_tiles(change, message):
    query = torch.ones(1, 1, 4, 4)
    with pytest.raises(ValueError, match=message):
        teaching.teaching_attention(query, query, query, **change)
