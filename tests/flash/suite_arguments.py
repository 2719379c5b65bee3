"""Bad input: the message names what came and what was expected."""

import pytest
import torch

from course_utils.flash import explain_backend, flash_attention, varlen_attention

ROOT = {"query": (2, 4, 6, 8), "key": (2, 4, 5, 8), "value": (2, 4, 5, 8)}
BAD = [
    ({"key": (2, 4, 5, 7)}, {}, "key has head_dim 7 but query has 8"),
    ({"key": (2, 4, 9, 8)}, {}, "value has length 5 but key has 9"),
    ({"key": (3, 4, 5, 8)}, {}, "key has batch 3 but query has 2"),
    ({"value": (3, 4, 5, 8)}, {}, "value has batch 3 but query has 2"),
    ({"value": (2, 2, 5, 8)}, {}, "value has 2 heads but key has 4"),
    ({"query": (2, 5, 6, 8)}, {"enable_gqa": True},
     "query has 5 heads and key has 4; expected a multiple"),
    ({"query": (2, 8, 6, 8)}, {},
     "query has 8 heads and key has 4; heads may differ only with enable_gqa=True"),
    ({"query": (2, 6, 8)}, {},
     r"query has shape \(2, 6, 8\); expected \(batch, heads, length, head_dim\)"),
    ({"query": (2, 4, 0, 8)}, {}, r"query has shape \(2, 4, 0, 8\); expected no size"),
    ({"query": (2, 4, 6, 257), "key": (2, 4, 5, 257)}, {},
     "query has head_dim 257; expected 256 at most"),
    ({"value": (2, 4, 5, 300)}, {}, "value has head_dim 300; expected 256 at most"),
    ({}, {"window": -1}, "window is -1; expected 0 or more"),
    ({}, {"scale": float("nan")}, "scale is nan; expected a finite number"),
    ({}, {"causal_align": "left"},
     "causal_align is 'left'; expected 'top-left' or 'bottom-right'"),
    ({}, {"backend": "cuda"}, "backend is 'cuda'; expected 'auto', 'triton'"),
    ({}, {"dropout_p": 1.5}, "dropout_p is 1.5; expected 0 to 1"),
    ({}, {"key_lengths": torch.tensor([5, 6])},
     r"key_lengths are \[5, 6\]; expected each within 0…5"),
    ({}, {"key_lengths": torch.tensor([-1, 5])},
     r"key_lengths are \[-1, 5\]; expected each within 0…5"),
    ({}, {"key_lengths": torch.tensor([5])},
     r"key_lengths has shape \(1,\); expected \(2,\)"),
    ({}, {"attn_mask": torch.ones(6, 4, dtype=torch.bool)},
     r"attn_mask has shape \(6, 4\), which does not broadcast to \(2, 4, 6, 5\)"),
    ({}, {"key_lengths": torch.tensor([5, 5], device="meta")},
     "key_lengths is on meta but query is on cpu"),
]  # fmt: skip
BAD_TYPES = [
    ({}, {"key_lengths": torch.tensor([1.0, 2.0])},
     "key_lengths has dtype torch.float32; expected int32 or int64"),
    ({}, {"attn_mask": torch.ones(6, 5, dtype=torch.int64)},
     "attn_mask has dtype torch.int64; expected torch.bool or the query's"),
]  # fmt: skip


def call(function, shapes, options):
    tensors = {name: torch.ones(shape) for name, shape in (ROOT | shapes).items()}
    return function(**tensors, **options)


@pytest.mark.parametrize(("shapes", "options", "message"), BAD)
def test_values(shapes, options, message):
    for function in (flash_attention, explain_backend):
        with pytest.raises(ValueError, match=message):
            call(function, shapes, options)


@pytest.mark.parametrize(("shapes", "options", "message"), BAD_TYPES)
def test_types(shapes, options, message):
    with pytest.raises(TypeError, match=message):
        call(flash_attention, shapes, options)


@pytest.mark.parametrize("name", ["query", "key", "value"])
def test_dtypes_and_devices(name):
    tensors = {name: torch.ones(shape) for name, shape in ROOT.items()}
    whole = tensors | {name: tensors[name].long()}
    with pytest.raises(TypeError, match=f"{name} has dtype torch.int64; expected a fl"):
        flash_attention(**whole)
    with pytest.raises(TypeError, match=f"{name} is list; expected torch.Tensor"):
        flash_attention(**tensors | {name: [1.0]})
    if name != "query":
        half = tensors | {name: tensors[name].half()}
        with pytest.raises(TypeError, match=f"{name} has dtype torch.float16 but quer"):
            flash_attention(**half)
        away = tensors | {name: tensors[name].to("meta")}
        with pytest.raises(ValueError, match=f"{name} is on meta but query is on cpu"):
            flash_attention(**away)


@pytest.mark.parametrize("backend", ["auto", "sdpa", "tiled"])
def test_good_input_passes(backend):
    assert call(flash_attention, {}, {"backend": backend}).shape == (2, 4, 6, 8)


def test_triton_on_a_cpu_without_the_interpreter_falls_back():
    with pytest.warns(RuntimeWarning, match="'triton' gives way to 'sdpa'"):
        call(flash_attention, {}, {"backend": "triton"})


def test_the_interpreter_cannot_start_after_triton():
    pytest.importorskip("triton", reason="Triton's wheels exist for Linux only")
    from course_utils.flash import lab

    with pytest.raises(RuntimeError, match="triton is already imported"):
        lab.start_interpreter()


@pytest.mark.parametrize(
    ("query_starts", "key_starts", "error", "message"),
    [
        ([0, 6], [0, 2, 5], ValueError, "key_starts has 2 sequences but query_starts"),
        ([0, 4], [0, 5], ValueError, r"query_starts are \[0, 4\]; expected cumulative"),
        ([1, 6], [0, 5], ValueError, r"query_starts are \[1, 6\]; expected cumulative"),
        ([0, 4, 2, 6], [0, 1, 2, 5], ValueError, "expected cumulative lengths from 0"),
        ([0], [0], ValueError, r"query_starts are \[0\]; expected cumulative"),
        ([0.0, 6.0], [0, 5], TypeError, "query_starts has dtype torch.float32"),
    ],
)
def test_starts_of_packed_sequences(query_starts, key_starts, error, message):
    query, key = torch.ones(6, 2, 4), torch.ones(5, 2, 4)
    starts = torch.tensor(query_starts), torch.tensor(key_starts)
    with pytest.raises(error, match=message):
        varlen_attention(query, key, key, *starts)
