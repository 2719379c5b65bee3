"""Compiling a kernel for a GPU that is not here, and reading what came out."""

import re
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

import torch
import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource

from course_utils.flash import backward_keys, backward_queries, kernels, lab
from course_utils.flash.configs import Pass, Tile, tile_for

KERNELS = {
    "forward": kernels.forward_kernel,
    "delta": backward_queries.delta_kernel,
    "key_gradient": backward_keys.key_gradient_kernel,
    "query_gradient": backward_queries.query_gradient_kernel,
}
WHOLE = ("heads", "kv_heads", "group", "n_query", "n_key", "shift", "window")


class Compiled(NamedTuple):
    """What the assembler says of a kernel: the numbers that decide its speed."""

    registers: int  # 32-bit ones of each thread
    spills: int  # bytes of stack of each thread, where registers go that do not fit
    shared: int  # bytes of shared memory of a block
    tensor_cores: str  # matrix instruction: "wgmma.mma_async", "mma.sync", …, "none"
    ptx: str


# bytes of shared memory one block may use: CUDA C programming guide, table of
# technical specifications per compute capability
SHARED_LIMIT = {
    "sm_80": 163 * 1024,
    "sm_86": 99 * 1024,
    "sm_89": 99 * 1024,
    "sm_90": 227 * 1024,
    "sm_100": 227 * 1024,
    "sm_120": 99 * 1024,
}


def compile_pass(
    name: Pass,
    architecture: str,
    head_dim: int,
    *,
    dtype: torch.dtype = torch.bfloat16,
    is_causal: bool = True,
    has_window: bool = False,
    has_lengths: bool = False,
    tile: Tile | None = None,
) -> Compiled:
    """Compile one pass with its tile from the table, for contiguous tensors."""
    kernel = KERNELS[name]
    tile = tile or tile_for(name, head_dim, dtype, architecture)
    number = "*" + {"float32": "fp32", "float16": "fp16"}.get(str(dtype)[6:], "bf16")
    constants = {
        "HEAD_DIM": head_dim,
        "BLOCK_DIM": max(16, triton.next_power_of_2(head_dim)),
        "BLOCK_QUERY": tile.block_query,
        "BLOCK_KEY": tile.block_key,
        "IS_CAUSAL": is_causal,
        "HAS_WINDOW": has_window,
        "HAS_LENGTHS": has_lengths,
    }
    kinds = {
        "key_lengths": "*i64" if has_lengths else None,
        "lse": "*fp32",
        "delta": "*fp32",
        "scale": "fp32",
    }
    arguments = {}
    for parameter in kernel.params:
        each = parameter.name
        if each in constants or each in kinds:
            arguments[each] = constants.get(each, kinds.get(each))
        elif each.startswith("stride_") and each.endswith("d"):
            arguments[each] = 1
        else:
            whole = parameter.name in WHOLE or each.startswith("stride_")
            arguments[each] = "i32" if whole else number
    return compile_for(
        architecture, kernel, arguments,
        num_warps=tile.num_warps, num_stages=tile.num_stages,
    )  # fmt: skip


def compile_for(
    architecture: str,
    kernel: triton.JITFunction,
    arguments: dict[str, object],
    *,
    num_warps: int = 4,
    num_stages: int = 2,
) -> Compiled:
    """Compile any kernel for, say, "sm_90"; no GPU is needed.

    `arguments` holds, by the kernel's names, a type ("*bf16", "i32", "fp32") or, for
    constants, a value. Pointers and strides count as multiples of 16, as they are in
    practice; without that no load is wide.
    Raises RuntimeError in Triton's interpreter, which compiles nothing.
    """
    if lab.interpreting():
        raise RuntimeError("Triton's interpreter is on in this process; use another")
    signature, constants, divisible = {}, {}, {}
    for place, parameter in enumerate(kernel.params):
        name = parameter.name
        given = arguments[name]
        if parameter.is_constexpr or not isinstance(given, str):
            signature[name], constants[place,] = "constexpr", given
        else:
            signature[name] = given
            if given.startswith("*") or name.startswith("stride_"):
                divisible[place,] = [["tt.divisibility", 16]]
    compiled = triton.compile(
        ASTSource(kernel, signature, constants, divisible),
        target=GPUTarget("cuda", int(architecture.removeprefix("sm_")), 32),
        options={"num_warps": num_warps, "num_stages": num_stages},
    )
    registers, spills = _registers(compiled.asm["cubin"])
    ptx = compiled.asm["ptx"]
    cores = [x for x in ("wgmma.mma_async", "tcgen05.mma", "mma.sync") if x in ptx]
    return Compiled(
        registers, spills, compiled.metadata.shared, cores[0] if cores else "none", ptx
    )


def _registers(cubin: bytes) -> tuple[int, int]:
    """Registers and bytes of stack of a thread, as cuobjdump reports them."""
    tool = Path(triton.__file__).parent / "backends/nvidia/bin/cuobjdump"
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "kernel.cubin"
        file.write_bytes(cubin)
        report = subprocess.run(
            [tool, "--dump-resource-usage", file],
            capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
    found = re.search(r"REG:(\d+) STACK:(\d+)", report)
    if found is None:
        raise RuntimeError(f"cuobjdump says {report!r}; expected REG and STACK")
    return int(found[1]), int(found[2])
