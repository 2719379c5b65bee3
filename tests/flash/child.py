"""Run a suite in a process of its own: Triton interprets or compiles, never both."""

import importlib.metadata
import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

HERE = Path(__file__).parent


def interpreter_fails() -> bool:
    """Triton before 3.7 turns arrays of one number into numbers; new numpy refuses."""
    if importlib.metadata.version("triton") >= "3.7":
        return False
    try:
        int(np.ones(1))
    except TypeError:
        return True
    return False


needs_triton = pytest.mark.skipif(
    importlib.util.find_spec("triton") is None,
    reason="Triton cannot be installed here; its wheels exist for Linux only",
)


def run_suite(
    name: str, at_least: int, folder: Path, *options: str, interpret: bool
) -> None:
    """Fail with the child's output unless all passed, and at least so many ran.

    The child has no conftest: shapes checked at each call would wrap the kernels, and
    would meet bad input before the messages written for it.
    """
    if interpret and interpreter_fails():
        pytest.skip("this Triton's interpreter does not work with this numpy")
    environment = os.environ | {
        "TRITON_INTERPRET": "1" if interpret else "0",
        "TRITON_CACHE_DIR": str(folder / "triton"),
        "TORCHINDUCTOR_CACHE_DIR": str(folder / "inductor"),
        "OMP_NUM_THREADS": "1",
    }
    environment = {k: v for k, v in environment.items() if "PYTEST_XDIST" not in k}
    child = subprocess.run(
        [
            sys.executable, "-m", "pytest", str(HERE / f"suite_{name}.py"), "-q",
            "--noconftest", "-p", "no:cacheprovider", "-p", "no:xdist", *options,
        ],
        cwd=HERE.parent.parent, env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
    )  # fmt: skip
    passed = re.search(r"(\d+) passed", child.stdout)
    ran = int(passed[1]) if passed else 0
    if child.returncode != 0 or ran < at_least:
        pytest.fail(
            f"suite {name}: {ran} passed, expected {at_least} at least and no failure"
            f"\n{child.stdout}",
            pytrace=False,
        )
