"""The limits that keep a lesson readable, as a list of what is over them."""

import json
import re
from pathlib import Path

from course_utils.notebooks import source

ROOT = Path(__file__).resolve().parents[2]
CELLS = (40, 80)
MINUTES = 40
WORDS = 60
LINES = 12
COLUMNS = 88


def lessons(root: Path = ROOT) -> list[Path]:
    """The lesson notebooks."""
    return sorted(
        path
        for path in (root / "notebooks").rglob("*.ipynb")
        if ".ipynb_checkpoints" not in path.parts
    )


def is_lesson_0(path: Path) -> bool:
    """Lesson 0 stands before the chapters and may be shorter."""
    return path.name.startswith("0_")


def words(markdown: str) -> int:
    """Words that are read: a formula is one, marks and addresses are none."""
    text = re.sub(r"\$\$.+?\$\$|\$[^$\n]+\$", " formula ", markdown, flags=re.DOTALL)
    text = re.sub(r"\]\([^)]*\)", "]", text)
    return sum(any(c.isalnum() for c in word) for word in text.split())


def complaints(path: Path) -> list[str]:
    """What in this lesson is over a limit, each with the cell's id."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    cells = notebook["cells"]
    found = _metadata(notebook["metadata"].get("course"), is_lesson_0(path))
    low, high = (1, CELLS[1]) if is_lesson_0(path) else CELLS
    if not low <= len(cells) <= high:
        found.append(f"has {len(cells)} cells; expected {low} to {high}")
    for cell in cells:
        found += [f"cell {cell['id']} {words}" for words in _cell(cell)]
    return found


def _metadata(course: object, is_start: bool) -> list[str]:
    if not isinstance(course, dict):
        return ["has no metadata `course` (minutes, objectives, prerequisites)"]
    found = []
    minutes = course.get("minutes")
    if not isinstance(minutes, int) or not 5 <= minutes <= MINUTES:
        found.append(f"takes {minutes!r} minutes; expected 5 to {MINUTES}")
    objectives = course.get("objectives")
    if not _are_texts(objectives) or len(objectives) != 3:
        found.append("has no list of three objectives")
    needs = course.get("prerequisites")
    if not _are_texts(needs) or not (needs or is_start):
        found.append("has no list of prerequisites")
    return found


def _are_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(v, str) and v for v in value)


def _cell(cell: dict) -> list[str]:
    text = source(cell)
    if cell["cell_type"] == "markdown":
        count = words(text)
        return [f"has {count} words; expected at most {WORDS}"] if count > WORDS else []
    found = []
    lines = [line for line in text.split("\n") if line.strip()]
    if len(lines) > LINES:
        found.append(f"has {len(lines)} lines of code; expected at most {LINES}")
    wide = max((len(line) for line in lines), default=0)
    if wide > COLUMNS:
        found.append(f"is {wide} columns wide; expected at most {COLUMNS}")
    return found
