"""The compile gate, for GPUs that are not here. Run by test_flash_kernels.py."""

import pytest
import torch
import triton

from course_utils.flash import decode, hopper_launch
from course_utils.flash.absent import SHARED_LIMIT, compile_for, compile_pass
from course_utils.flash.configs import Tile
from course_utils.flash.hopper import hopper_kernel

# bytes of stack a thread may use, by (pass, architecture, head_dim, causal); else 0
ALLOWED_SPILLS: dict[tuple[str, str, int, bool], int] = {}
if triton.__version__ < "3.7":  # an older compiler, whose GPUs may be lent to us
    ALLOWED_SPILLS = {
        ("key_gradient", "sm_80", 64, False): 40,
        ("key_gradient", "sm_80", 64, True): 88,
        ("key_gradient", "sm_86", 64, False): 112,
        ("key_gradient", "sm_86", 64, True): 112,
        ("key_gradient", "sm_90", 128, True): 128,
    }
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
def test_tiles_are_fetched_sixteen_bytes_at_a_time(name):
    """As nothing is known to be aligned in an odd head_dim, that is otherwise there."""
    wide = "cp.async.cg.shared.global"
    assert wide in compile_pass(name, "sm_80", 64).ptx
    assert wide not in compile_pass(name, "sm_80", 63).ptx


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


def compile_hopper(head_dim: int, is_causal: bool, **options):
    """The Hopper kernel as `hopper_launch.forward` compiles it."""
    tile = hopper_launch.TILE
    arguments = {each.name: "i32" for each in hopper_kernel.params}
    arguments |= dict.fromkeys(("query", "key", "value", "output"), "*bf16")
    arguments |= {"lse": "*fp32", "scale": "fp32", "IS_CAUSAL": is_causal}
    arguments |= {
        "HEAD_DIM": head_dim,
        "BLOCK_QUERY": tile.block_query,
        "BLOCK_KEY": tile.block_key,
    }
    options = {"num_warps": tile.num_warps, "num_stages": tile.num_stages} | options
    return compile_for("sm_90", hopper_kernel, arguments, **options)


def specialised(compiled) -> bool:
    """Three groups of four warps, which hand registers to each other."""
    return ".reqntid 384" in compiled.ptx and "setmaxnreg" in compiled.ptx


@pytest.mark.parametrize("is_causal", [False, True], ids=["full", "causal"])
@pytest.mark.parametrize("head_dim", [64, 128])
def test_hopper_s_warps_specialise(head_dim, is_causal):
    compiled = compile_hopper(head_dim, is_causal)
    assert complaints(compiled, "sm_90", 0, MATRIX["sm_90"]) == []
    assert specialised(compiled)
    assert "cp.async.bulk.tensor" in compiled.ptx


def test_eight_warps_do_not_specialise():
    """The compiler says nothing, so the gate must."""
    assert not specialised(compile_hopper(64, False, num_warps=8))


@pytest.mark.parametrize("architecture", ["sm_80", "sm_90"])
def test_decoding_fits(architecture):
    kernel = decode.decode_kernel
    arguments = {each.name: "i32" for each in kernel.params}
    arguments |= dict.fromkeys(("query", "key", "value"), "*bf16")
    arguments |= dict.fromkeys(("outputs", "lses"), "*fp32")
    arguments |= dict.fromkeys(("stride_qd", "stride_kd", "stride_vd"), 1)
    arguments |= {"key_lengths": "*i64", "scale": "fp32", "HAS_LENGTHS": True}
    arguments |= {"HEAD_DIM": 128, "BLOCK_DIM": 128, "BLOCK_GROUP": 16}
    arguments |= {"BLOCK_KEY": decode.TILE.block_key}
    compiled = compile_for(architecture, kernel, arguments, num_stages=3)
    assert complaints(compiled, architecture, 0, "mma.sync") == []
