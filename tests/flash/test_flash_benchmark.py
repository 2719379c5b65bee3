"""The benchmark runs anywhere, and refuses to time what is wrong."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.mark.slow
def test_runs_checks_writes_and_draws(tmp_path):
    command = [sys.executable, BENCHMARKS / "flash.py", "--machine", "A machine"]
    done = subprocess.run(
        [*command, "--quick", "--out", tmp_path],
        capture_output=True, text=True, cwd=BENCHMARKS.parent,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    report = json.loads((tmp_path / "flash-a-machine.json").read_text())
    assert report["machine"] == "A machine"
    assert (tmp_path / "flash-a-machine.png").stat().st_size > 10_000
    assert all("seconds" in r or r["unavailable"] for r in report["rows"])
    assert any(r.get("direction") == "backward" for r in report["rows"])
    assert len(report["checked"]) >= 3


def test_a_wrong_method_is_not_timed():
    script = """
import flash
from flash_methods import METHODS, Method
METHODS["cpu"].append(Method("wrong", lambda shape: lambda q, k, v: v))
METHODS["cuda"] = METHODS["cpu"]
try:
    flash.checked("cpu")
except RuntimeError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=BENCHMARKS
    )
    assert done.stdout.startswith("wrong is off by"), done.stderr
