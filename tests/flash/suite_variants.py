"""The other forward kernels in the interpreter: decoding and Hopper's.

Run by test_flash_kernels.py, not by itself.
"""

import pytest
import torch

from course_utils.flash import decode, hopper_launch
from course_utils.flash.arguments import checked
from course_utils.flash.configs import Tile
from course_utils.flash.watch import watched
from tests.flash.reference import Case, reference, relative_error

DECODING = [
    Case("plain", n_query=1, n_key=150),
    Case("grouped", batch=2, heads=6, kv_heads=2, n_query=1, n_key=90, dim=20),
    Case("lengths", batch=3, lengths=(0, 33, 97), n_query=1, n_key=97),
    Case("bottom-right", n_query=1, n_key=80, is_causal=True, align="bottom-right"),
    Case("top-left", n_query=1, n_key=80, is_causal=True),
    Case("window", n_query=1, n_key=99, is_causal=True, align="bottom-right",
         window=40, layout="mixed"),
    Case("fp16", n_query=1, n_key=70, dtype=torch.float16, scale=0.4),
]  # fmt: skip
HOPPER = [
    Case("plain", n_query=37, n_key=53, dim=64),
    Case("causal", n_query=50, n_key=50, dim=64, is_causal=True, heads=4),
    Case("bottom-right", n_query=20, n_key=53, dim=64, is_causal=True,
         align="bottom-right", layout="heads-last"),
    Case("empty rows", n_query=53, n_key=20, dim=64, is_causal=True,
         align="bottom-right"),
    Case("head_dim 128", n_query=33, n_key=33, dim=128, is_causal=True),
]  # fmt: skip


def exact(case: Case, inputs):
    return reference(case, *(x.double() for x in inputs[:3]))


def close(case: Case, got, true) -> bool:
    allowed = 5e-6 if case.dtype == torch.float32 else 2e-3
    return all(relative_error(a, b) < allowed for a, b in zip(got, true, strict=True))


@pytest.mark.parametrize("parts", [1, 3, 8])
@pytest.mark.parametrize("case", DECODING, ids=lambda case: case.name)
def test_decoding_equals_the_definition(case, parts):
    inputs = case.inputs()
    visible, scale = checked(*inputs[:3], **case.options)
    with watched():
        got = decode.forward(
            *inputs[:3], visible.key_lengths, case.is_causal, visible.shift,
            case.window, scale, parts=parts, block_key=16,
        )  # fmt: skip
    assert close(case, got, exact(case, inputs))
    other = Case("control", n_query=1, n_key=3, dim=2)
    assert not close(other, exact(other, other.inputs()), exact(other, other.inputs(1)))


def test_a_group_reads_its_cache_once():
    case = Case("", heads=6, kv_heads=2, n_query=1, n_key=64)
    query, key, value, *_ = case.inputs()
    with watched() as traffic:
        decode.forward(
            query, key, value, None, False, 0, None, 0.25, parts=2, block_key=16
        )
    assert traffic.loaded["key"] == key.numel() * key.element_size()
    assert traffic.loaded["query"] == 2 * query.numel() * query.element_size()


@pytest.mark.parametrize(
    ("n_key", "programs", "parts"), [(100, 8, 1), (65536, 8, 33), (1024, 1, 4)]
)
def test_parts_fill_the_gpu_but_stay_long(n_key, programs, parts):
    assert decode.parts_for(n_key, programs, processors=132) == parts


@pytest.mark.parametrize("case", HOPPER, ids=lambda case: case.name)
def test_hopper_s_kernel_equals_the_definition(case):
    inputs = case.inputs()
    visible, scale = checked(*inputs[:3], **case.options)
    with watched():
        got = hopper_launch.forward(
            *inputs[:3], case.is_causal, visible.shift, scale, Tile(16, 16)
        )
    assert close(case, got, exact(case, inputs))


def test_hopper_s_kernel_is_chosen_for_what_it_does():
    query = torch.ones(1, 2, 8, 64, dtype=torch.float16)
    assert hopper_launch.suits(query, query, query, plain=True)
    assert not hopper_launch.suits(query, query, query, plain=False)
    odd = torch.ones(1, 2, 8, 65, dtype=torch.float16)[..., 1:]
    assert not hopper_launch.suits(query, odd, query, plain=True)
    wide = query.float()
    assert not hopper_launch.suits(wide, wide, wide, plain=True)


def test_a_wrong_hopper_kernel_is_not_trusted():
    output, lse = torch.ones(2, 3), torch.ones(2)
    assert hopper_launch._difference((output, lse), (output, lse)) == ""
    wrong = hopper_launch._difference((output * 1.1, lse), (output, lse))
    assert wrong.startswith("its output is off")
