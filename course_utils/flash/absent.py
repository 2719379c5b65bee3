"""Compiling a kernel for a GPU that is not here, and reading what came out."""

import re
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource


class Compiled(NamedTuple):
    """What the assembler says of a kernel: the numbers that decide its speed."""

    registers: int  # 32-bit ones of each thread
    spills: int  # bytes of each thread's registers that went to memory
    shared: int  # bytes of shared memory of a block
    tensor_cores: str  # the matrix instruction used: "wgmma", "mma" or "none"
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


def compile_for(
    architecture: str,
    kernel: triton.JITFunction,
    arguments: dict[str, object],
    *,
    num_warps: int = 4,
    num_stages: int = 2,
) -> Compiled:
    """Compile a kernel for, say, "sm_90"; no GPU is needed.

    `arguments` holds, by the kernel's names, the types of its arguments ("*bf16",
    "i32", "fp32") and the values of its constants. Pointers, and the integers named
    stride_… that are not the last one, count as multiples of 16, as they are in
    practice; without that no load is wide.
    """
    constants = {p.name: arguments[p.name] for p in kernel.params if p.is_constexpr}
    signature = {
        p.name: "constexpr" if p.is_constexpr else arguments[p.name]
        for p in kernel.params
    }
    for name, kind in signature.items():
        if kind == "one":  # a stride of 1 is a constant to Triton
            signature[name], constants[name] = "constexpr", 1
        elif kind is None:
            signature[name], constants[name] = "constexpr", None
    divisible = {
        (i,): [["tt.divisibility", 16]]
        for i, (name, kind) in enumerate(signature.items())
        if str(kind).startswith("*") or (name.startswith("stride_") and kind == "i32")
    }
    keys = {(list(signature).index(name),): c for name, c in constants.items()}
    compiled = triton.compile(
        ASTSource(kernel, signature, keys, divisible),
        target=GPUTarget("cuda", int(architecture.removeprefix("sm_")), 32),
        options={"num_warps": num_warps, "num_stages": num_stages},
    )
    registers, spills = _registers(compiled.asm["cubin"])
    ptx = compiled.asm["ptx"]
    matrix = "wgmma" if "wgmma.mma_async" in ptx else "none"
    matrix = "mma" if matrix == "none" and "mma.sync" in ptx else matrix
    return Compiled(registers, spills, compiled.metadata.shared, matrix, ptx)


def _registers(cubin: bytes) -> tuple[int, int]:
    """Registers and spilled bytes of a thread, as cuobjdump reports them."""
    tool = Path(triton.__file__).parent / "backends/nvidia/bin/cuobjdump"
    with tempfile.NamedTemporaryFile(suffix=".cubin") as file:
        file.write(cubin)
        file.flush()
        report = subprocess.run(
            [tool, "--dump-resource-usage", file.name],
            capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
    found = re.search(r"REG:(\d+) STACK:(\d+)", report)
    if found is None:
        raise RuntimeError(f"cuobjdump says {report!r}; expected REG and STACK")
    return int(found[1]), int(found[2])
