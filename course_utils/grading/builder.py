"""Builds `exercises/` from `solutions/`: `course exercises`.

In an answer cell, what stands between the markers goes and a stub comes:

    ### BEGIN SOLUTION          raise NotImplementedError("1.q3")
    ...                    →
    ### END SOLUTION

or, where the region holds `### STUB`, the lines after it without their `# `: the
code to repair, the table to fill in. In Markdown the stub is "Your answer here."
Cells tagged "hidden-check" are left out. Cell ids and nbgrader's metadata stay.
"""

import argparse
import json
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from course_utils.notebooks import canonical, find

BEGIN, STUB, END = "### BEGIN SOLUTION", "### STUB", "### END SOLUTION"
HIDDEN = "hidden-check"
ANSWER = "Your answer here."
PART = re.compile(r"(q\d+)-(statement|answer|check)")


class BuildError(ValueError):
    """A solutions notebook breaks a rule; every breach is one line."""


def build(text: str, items: Mapping[str, object], chapter: str) -> str:
    """The text of the exercise notebook of a solutions notebook.

    `items` are those of the chapter by id, with points and header.
    Raises BuildError that lists every breach, NotebookError for no notebook and
    for cell ids that are missing or stand twice.
    """
    notebook = json.loads(canonical(text))
    breaches, cells = [], []
    for cell in notebook["cells"]:
        found = _breaches(cell, items, chapter)
        if HIDDEN not in cell["metadata"].get("tags", []):
            try:
                stub = _stub("".join(cell["source"]), cell, chapter)
            except BuildError as error:
                found.append(str(error))
            else:
                cells.append({**cell, "source": stub.splitlines(keepends=True)})
        breaches += [f"cell {cell['id']}: {breach}" for breach in found]
    if breaches:
        raise BuildError("\n".join(breaches))
    return canonical(json.dumps({**notebook, "cells": cells}))


def _stub(text: str, cell: dict, chapter: str) -> str:
    """The text with each solution region replaced."""
    code = cell["cell_type"] == "code"
    lines, region, found = [], None, 0
    for line in text.splitlines():
        mark = line.strip()
        if mark == BEGIN:
            if region is not None:
                raise BuildError(f"{BEGIN} stands inside a solution")
            region, found = [line], found + 1
        elif mark == END:
            if region is None:
                raise BuildError(f"{END} without {BEGIN}")
            lines += _replacement(region, cell, chapter) if code else [ANSWER]
            region = None
        elif region is not None:
            region.append(line)
        elif mark == STUB:
            raise BuildError(f"{STUB} outside a solution")
        else:
            lines.append(line)
    if region is not None:
        raise BuildError(f"{BEGIN} without {END}")
    answers = _grading(cell).get("solution", False)
    if answers and not found:
        raise BuildError(f"an answer without {BEGIN} … {END}")
    if found and not answers:
        raise BuildError("a solution in a cell that is no answer (nbgrader solution)")
    return "\n".join(lines)


def _replacement(region: list[str], cell: dict, chapter: str) -> list[str]:
    indent = region[0][: region[0].index("#")]
    marks = [number for number, line in enumerate(region) if line.strip() == STUB]
    if len(marks) > 1:
        raise BuildError(f"{STUB} twice in one solution")
    if not marks:
        item = f"{chapter}.{str(cell.get('id')).partition('-')[0]}"
        return [f'{indent}raise NotImplementedError("{item}")']
    kept = [line.strip() for line in region[marks[0] + 1 :]]
    wrong = next((line for line in kept if not line.startswith("#")), None)
    if wrong is not None:
        raise BuildError(f"{wrong!r} after {STUB}; expected a comment")
    # the indent inside the stub stands behind the comment sign
    return [f"{indent}{line[2:]}".rstrip() for line in kept]


def _breaches(cell: dict, items: Mapping[str, object], chapter: str) -> list[str]:
    """What is wrong with a cell's grading metadata, points and header."""
    found, grading = [], _grading(cell)
    match = PART.fullmatch(cell["id"])
    item = items.get(f"{chapter}.{match[1]}") if match else None
    if grading and grading.get("grade_id") != cell["id"]:
        found.append(f"grade_id is {grading.get('grade_id')!r}; expected the id")
    if grading and grading.get("cell_type") != cell["cell_type"]:
        found.append(f"nbgrader's cell_type is not {cell['cell_type']!r}")
    if grading.get("grade") and item is None:
        found.append("graded, but no such item is declared")
    elif grading.get("grade") and grading.get("points") != item.points:
        found.append(
            f"{grading.get('points')} points, but the item declares {item.points:g}"
        )
    stated = bool(match) and match[2] == "statement"
    if stated and item is not None and item.header not in "".join(cell["source"]):
        found.append(f"expected the line {item.header!r}")
    return found


def _grading(cell: dict) -> dict:
    return cell["metadata"].get("nbgrader", {})


def graded(text: str, chapter: str) -> list[str]:
    """The ids of the items that this notebook grades."""
    return [
        f"{chapter}.{cell['id'].partition('-')[0]}"
        for cell in json.loads(text)["cells"]
        if _grading(cell).get("grade")
    ]


def build_all(solutions: Path, items_of: Mapping[str, Mapping]) -> dict[Path, str]:
    """Relative path → text of every exercise notebook.

    `items_of` has the items of each chapter. Raises BuildError with every breach
    of every notebook, and for declared items that no notebook grades.
    """
    built, breaches, seen = {}, [], Counter()
    for source in _notebooks(solutions):
        path = source.relative_to(solutions)
        chapter = path.parts[0].partition("_")[0]
        try:
            text = source.read_text(encoding="utf-8")
            built[path] = build(text, items_of.get(chapter, {}), chapter)
        except ValueError as error:
            breaches += [
                f"{path.as_posix()}: {line}" for line in str(error).split("\n")
            ]
        else:
            seen.update(graded(text, chapter))
    if not breaches:
        breaches = [
            f"item {item} is graded by {seen[item]} cells; expected 1"
            for items in items_of.values()
            for item in items
            if seen[item] != 1
        ]
    if breaches:
        raise BuildError("\n".join(breaches))
    return built


def _notebooks(folder: Path) -> list[Path]:
    """Those in the chapters' folders, without JupyterLab's own copies."""
    return find(sorted(folder.glob("*_*/*.ipynb")))


def stale(exercises: Path, built: Mapping[Path, str]) -> list[str]:
    """What stands in `exercises` but should not, or should but does not."""
    there = {p.relative_to(exercises) for p in _notebooks(exercises)}
    found = [
        f"{path.as_posix()} has no solution" for path in sorted(there - set(built))
    ]
    for path, text in built.items():
        if path not in there:
            found.append(f"{path.as_posix()} is missing")
        elif (exercises / path).read_bytes() != text.encode():
            found.append(f"{path.as_posix()} is out of date")
    return found


def write(exercises: Path, built: Mapping[Path, str]) -> list[str]:
    """Make `exercises` what was built; returns what changed."""
    changes = stale(exercises, built)
    for path in _notebooks(exercises):
        if path.relative_to(exercises) not in built:
            path.unlink()
    for path, text in built.items():
        (exercises / path).parent.mkdir(parents=True, exist_ok=True)
        (exercises / path).write_bytes(text.encode())
    return changes


def command(argv: list[str]) -> int:
    """`course exercises [--check]`: write them, or name the stale ones and return 1."""
    from course_utils import store
    from course_utils.checks import registry

    parser = argparse.ArgumentParser(
        prog="course exercises", description="Build exercises/ from solutions/."
    )
    parser.add_argument("--check", action="store_true", help="only say what is stale")
    check = parser.parse_args(argv).check
    root = store.root()
    try:
        declared = {chapter: registry.items(chapter) for chapter in registry.chapters()}
        built = build_all(root / "solutions", declared)
    except BuildError as error:
        print(f"exercises/ cannot be built:\n{error}")
        return 1
    exercises = root / "exercises"
    changes = stale(exercises, built) if check else write(exercises, built)
    for change in changes:
        print(f"exercises/{change}")
    if check and changes:
        print("Run `make exercises` and commit what it writes.")
        return 1
    print(f"{len(built)} exercise notebooks are current.")
    return 0
