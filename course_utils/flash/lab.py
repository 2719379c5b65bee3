"""A laboratory for kernels without a GPU: where Triton is, and its interpreter."""

import importlib.util
import os
import sys

HAS_TRITON = importlib.util.find_spec("triton") is not None  # wheels: Linux only
_interpreting = os.environ.get("TRITON_INTERPRET", "0").lower() in ("1", "true", "on")


def start_interpreter() -> None:
    """Let Triton kernels run on the CPU, one number at a time, in this process.

    Call it before anything imports Triton.
    Raises ImportError without Triton, RuntimeError where it is too late.
    """
    global _interpreting
    if not HAS_TRITON:
        raise ImportError("triton is not installed; its wheels exist for Linux only")
    if "triton" in sys.modules and not _interpreting:
        raise RuntimeError(
            "triton is already imported; call start_interpreter() first, "
            "or start Python with TRITON_INTERPRET=1"
        )
    os.environ["TRITON_INTERPRET"] = "1"
    _interpreting = True


def interpreting() -> bool:
    """Whether kernels run in Triton's interpreter in this process."""
    return HAS_TRITON and _interpreting
