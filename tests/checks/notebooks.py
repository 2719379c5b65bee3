"""Runs the code of exercise notebooks without a kernel."""

import json
from pathlib import Path

from course_utils.checks import notebook
from course_utils.notebooks import find

ROOT = Path(__file__).parents[2]
PATHS = {
    path.stem: path.relative_to(ROOT / "solutions")
    for path in find(sorted((ROOT / "solutions").glob("*_*/*.ipynb")))
}
NAMES = tuple(PATHS)


def path(kind: str, name: str) -> Path:
    """Where a notebook of "solutions" or "exercises" stands."""
    return ROOT / kind / PATHS[name]


def cells(kind: str, name: str) -> list[dict]:
    """The cells of a notebook."""
    return json.loads(path(kind, name).read_text(encoding="utf-8"))["cells"]


def run(kind: str, name: str, *, checks: bool = False) -> dict:
    """The names that a notebook defines, with or without running its checks."""
    notebook._latest.clear()  # a new kernel
    namespace = {"__name__": "notebook"}
    for cell in cells(kind, name):
        part = cell["id"].rpartition("-")[2]
        if cell["cell_type"] == "code" and (checks or part in ("setup", "answer")):
            exec(compile("".join(cell["source"]), cell["id"], "exec"), namespace)
    return namespace


def answers(kind: str) -> dict:
    """All names that the answer cells of all notebooks define."""
    return {name: value for n in NAMES for name, value in run(kind, n).items()}
