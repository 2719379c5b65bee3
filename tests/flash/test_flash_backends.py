"""Every backend gives the same answer, and `explain_backend` says which one gave it."""

import math

import pytest
import torch
from torch.nn import functional

from course_utils.attention import attention
from course_utils.flash import (
    dispatch,
    explain_backend,
    flash_attention,
    lab,
    varlen_attention,
)
from tests.flash.reference import (
    Case,
    gradients,
    reference_gradients,
    relative_error,
)

OPTIONS = [
    Case("plain"),
    Case("causal", is_causal=True),
    Case("causal, more queries", is_causal=True, n_query=56, n_key=40),
    Case("bottom-right", is_causal=True, align="bottom-right", n_query=56, n_key=40),
    Case("window, grouped", is_causal=True, window=9, heads=4, kv_heads=2),
    Case("lengths", batch=3, lengths=(0, 17, 56)),
    Case("scale below 0", scale=-0.4),
    Case("double", dtype=torch.float64),
]


@pytest.mark.parametrize("backend", ["auto", "sdpa", "tiled"])
@pytest.mark.parametrize("case", OPTIONS, ids=lambda case: case.name)
def test_equals_the_definition(case, backend):
    inputs = case.inputs()

    def compute(*tensors, **options):
        return flash_attention(*tensors, backend=backend, **options)

    got = gradients(case, inputs, compute)
    for ours, true in zip(got, reference_gradients(case, inputs), strict=True):
        assert relative_error(ours, true) < 5e-6


def test_the_positional_part_is_pytorch_s():
    query, key, value, *_ = Case("", n_query=9, n_key=9).inputs()
    mask = torch.randn(9, 9)
    for arguments in ((), (None, 0.0, True), (mask,), (mask > 0, 0.0, False)):
        ours = flash_attention(query, key, value, *arguments, scale=0.3)
        theirs = functional.scaled_dot_product_attention(
            query, key, value, *arguments, scale=0.3
        )
        assert torch.equal(ours, theirs)


def test_equals_the_course_s_attention():
    query, key, value, *_ = Case("", is_causal=True).inputs()
    ours = flash_attention(query, key, value, is_causal=True)
    true = attention(query, key, value, is_causal=True)
    assert relative_error(ours, true) < 5e-6
    assert relative_error(ours, attention(query, key, value)) > 1e-2


@pytest.mark.parametrize("kind", ["boolean", "added"])
def test_a_mask_joins_the_other_options(kind):
    case = Case("", n_query=20, n_key=30, is_causal=True, batch=2, lengths=(9, 30))
    query, key, value, *_ = case.inputs()
    allowed = torch.rand(20, 30, generator=torch.Generator().manual_seed(3)) < 0.5
    allowed[4] = False  # nothing to see
    mask = allowed
    if kind == "added":
        mask = torch.zeros(20, 30).masked_fill(~allowed, -math.inf)
    lengths = torch.tensor(case.lengths)
    output, lse = flash_attention(
        query, key, value, mask, is_causal=True, key_lengths=lengths, return_lse=True
    )
    inside = torch.arange(30) < lengths[:, None, None, None]
    both = allowed & inside & (torch.arange(30) <= torch.arange(20)[:, None])
    true = attention(query, key, value, mask=both)
    assert relative_error(output, true) < 5e-6
    assert (lse[:, :, 4] == -math.inf).all()
    assert torch.equal(output[:, :, 4], torch.zeros_like(output[:, :, 4]))


def test_dropout_drops():
    query, key, value, *_ = Case("").inputs()
    torch.manual_seed(0)
    dropped = flash_attention(query, key, value, dropout_p=0.5)
    torch.manual_seed(0)
    theirs = functional.scaled_dot_product_attention(query, key, value, dropout_p=0.5)
    assert torch.equal(dropped, theirs)
    assert not torch.allclose(dropped, flash_attention(query, key, value))


@pytest.mark.parametrize(
    ("options", "backend", "reason"),
    [
        ({}, "sdpa", "on a CPU|not installed"),
        ({"return_lse": True}, "tiled", "no log-sum-exp"),
        ({"backend": "tiled"}, "tiled", "asked for"),
        ({"backend": "sdpa"}, "sdpa", "asked for"),
        ({"dropout_p": 0.1, "backend": "tiled"}, "sdpa", "dropout_p is 0.1"),
        ({"attn_mask": torch.ones(40, 56).bool()}, "sdpa", "attn_mask"),
        ({"scale": -1.0}, "sdpa", "scale is -1.0"),
    ],
)
def test_the_choice_and_its_reason(options, backend, reason):
    query, key, value, *_ = Case("").inputs()
    choice = explain_backend(query, key, value, **options)
    assert choice.backend == backend
    pattern = reason.split("|")
    assert any(text in choice.reason for text in pattern)


@pytest.mark.parametrize("is_causal", [False, True])
def test_packed_sequences_equal_each_alone(is_causal):
    rng = torch.Generator().manual_seed(0)
    query = torch.randn(30, 4, 8, generator=rng, requires_grad=True)
    key, value = (
        torch.randn(40, 2, 8, generator=rng, requires_grad=True) for _ in "kv"
    )
    query_starts = torch.tensor([0, 7, 7, 20, 30])
    key_starts = torch.tensor([0, 12, 15, 15, 40])
    options = {"is_causal": is_causal, "causal_align": "bottom-right"}
    output, lse = varlen_attention(
        query, key, value, query_starts, key_starts,
        enable_gqa=True, return_lse=True, **options,
    )  # fmt: skip
    assert (output.shape, lse.shape) == ((30, 4, 8), (4, 30))
    for i in (0, 3):
        rows = slice(query_starts[i], query_starts[i + 1])
        keys = slice(key_starts[i], key_starts[i + 1])
        alone = flash_attention(
            *(x.transpose(0, 1)[None] for x in (query[rows], key[keys], value[keys])),
            enable_gqa=True, return_lse=True, **options,
        )  # fmt: skip
        assert torch.equal(output[rows].transpose(0, 1), alone[0][0])
        assert torch.equal(lse[:, rows], alone[1][0])
    assert torch.equal(output[7:20], torch.zeros(13, 4, 8))  # its sequence has no keys
    assert (lse[:, 7:20] == -math.inf).all()
    output.sum().backward()
    assert torch.equal(key.grad[12:15], torch.zeros(3, 2, 8))  # nobody asks for these
    assert key.grad[15:].abs().sum() > 0
    plain = varlen_attention(
        query, key, value, query_starts, key_starts, enable_gqa=True, **options
    )
    assert relative_error(plain, output) < 5e-6


@pytest.mark.parametrize(
    ("capability", "reason"),
    [((7, 5), "compute capability is 7.5, below 8.0"), ((8, 0), ""), ((9, 0), "")],
)
def test_old_gpus_go_to_pytorch(monkeypatch, capability, reason):
    monkeypatch.setattr(lab, "HAS_TRITON", True)
    monkeypatch.setattr(torch.version, "cuda", "13.0")
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)
    assert dispatch._no_triton(torch.device("cuda:0"), torch.bfloat16) == reason
