"""The package is light: nothing heavy is imported before it is used."""

import subprocess
import sys

import pytest

HEAVY = ("triton", "matplotlib", "ipywidgets")
REPORT = "import sys; print([m for m in {heavy} if m in sys.modules])"


def imported_by(statement: str) -> str:
    script = f"{statement}; {REPORT.format(heavy=HEAVY)}"
    return subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    ).stdout.strip()


@pytest.mark.parametrize(
    "statement",
    [
        "import course_utils",
        "import course_utils.attention",
        "import course_utils.flash",
        "import torch; from course_utils.flash import flash_attention as f; "
        "q = torch.ones(1, 1, 4, 4, requires_grad=True); f(q, q, q).sum().backward()",
    ],
)
def test_nothing_heavy_is_imported(statement):
    assert imported_by(statement) == "[]"


def test_the_report_sees_what_is_imported():
    assert imported_by("import matplotlib") == "['matplotlib']"


def test_works_where_triton_cannot_be_installed():
    """The finder hides Triton, as if it were not there."""
    script = """
import importlib.abc, sys, warnings
class Hide(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "triton":
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Hide())
import importlib.util
real = importlib.util.find_spec
importlib.util.find_spec = lambda n, p=None: None if n == "triton" else real(n, p)
import torch
from course_utils.flash import explain_backend, flash_attention
q = torch.randn(1, 2, 5, 4)
print(explain_backend(q, q, q, backend="triton"))
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    out = flash_attention(q, q, q, backend="triton")
assert "Triton is not installed" in str(caught[0].message)
assert torch.equal(out, flash_attention(q, q, q))
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "backend='sdpa'" in done.stdout
