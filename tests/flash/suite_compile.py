"""The compile gate, for GPUs that are not here. Run by test_flash_kernels.py."""

import pytest
import torch

from course_utils.flash.absent import SHARED_LIMIT, compile_pass
from course_utils.flash.configs import Tile

# bytes of stack a thread may use, by (pass, architecture, head_dim, causal); else 0
ALLOWED_SPILLS: dict[tuple[str, str, int, bool], int] = {}
MATRIX = {"sm_80": "mma.sync", "sm_86": "mma.sync", "sm_90": "wgmma.mma_async"}
PASSES = ("forward", "key_gradient", "query_gradient")


def complaints(compiled, architecture: str, allowed: int = 0, matrix: str = "") -> list:
    """What is wrong with a compiled kernel, in words."""
    found = []
    if compiled.spills > allowed:
        found.append(f"{compiled.spills} bytes of stack, allowed {allowed}")
    if compiled.shared > SHARED_LIMIT[architecture]:
        found.append(f"{compiled.shared} bytes of shared memory")
    if matrix and compiled.tensor_cores != matrix:
        found.append(f"matrix instruction is {compiled.tensor_cores}, not {matrix}")
    return found


@pytest.mark.parametrize("is_causal", [False, True], ids=["full", "causal"])
@pytest.mark.parametrize("head_dim", [64, 128])
@pytest.mark.parametrize("name", PASSES)
@pytest.mark.parametrize("architecture", list(MATRIX))
def test_bf16_fits_and_multiplies_matrices(architecture, name, head_dim, is_causal):
    compiled = compile_pass(name, architecture, head_dim, is_causal=is_causal)
    allowed = ALLOWED_SPILLS.get((name, architecture, head_dim, is_causal), 0)
    assert complaints(compiled, architecture, allowed, MATRIX[architecture]) == []


@pytest.mark.parametrize("name", PASSES)
@pytest.mark.parametrize("architecture", ["sm_86", "sm_90"])
def test_head_dim_256_fits(architecture, name):
    assert complaints(compile_pass(name, architecture, 256), architecture) == []


@pytest.mark.parametrize("name", PASSES)
@pytest.mark.parametrize("architecture", ["sm_86", "sm_90"])
def test_fp32_is_computed_without_tensor_cores(architecture, name):
    """They would round to tf32, which is not what fp32 was asked for."""
    compiled = compile_pass(name, architecture, 128, dtype=torch.float32)
    assert complaints(compiled, architecture, 0, "none") == []


@pytest.mark.parametrize("name", [*PASSES, "delta"])
def test_the_newest_architecture_compiles(name):
    compiled = compile_pass(name, "sm_120", 64, has_window=True, has_lengths=True)
    assert compiled.shared <= SHARED_LIMIT["sm_120"]


def test_the_gate_refuses_a_tile_that_spills():
    compiled = compile_pass("key_gradient", "sm_80", 128, tile=Tile(64, 128, 8, 2))
    assert "bytes of stack" in complaints(compiled, "sm_80")[0]


def test_the_gate_refuses_a_tile_too_large():
    compiled = compile_pass("forward", "sm_86", 128, tile=Tile(128, 128, 8, 4))
    assert any("shared" in text for text in complaints(compiled, "sm_86"))
