"""The one text that a notebook has in git, and the command that brings it there.

No outputs, no execution counts, no state of widgets or editors; sorted keys, indent 1,
LF, a newline at the end; cell ids kept, because checks and links name them. Standard
library only (the code in the cells is formatted by ruff).
"""

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("notebooks", "solutions", "exercises")
KERNEL = {
    "display_name": "Python 3 (ipykernel)",
    "language": "python",
    "name": "python3",
}
# What programs leave behind, and what no reader needs.
NOTEBOOK_NOISE = ("language_info", "widgets", "signature", "vscode", "colab")
CELL_NOISE = ("execution", "ExecuteTime", "collapsed", "scrolled", "trusted", "vscode")
CELL_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


class NotebookError(ValueError):
    """A notebook that cannot be brought into its one text; says which cell and why."""


def canonical(text: str) -> str:
    """The notebook's one text. `canonical(canonical(text)) == canonical(text)`."""
    try:
        notebook = json.loads(text)
    except ValueError as error:
        raise NotebookError(f"this is no notebook: {error}") from error
    if not isinstance(notebook, dict) or not isinstance(notebook.get("cells"), list):
        raise NotebookError("this is no notebook: it has no list of cells")
    if notebook.get("nbformat") != 4:
        raise NotebookError(
            f"nbformat is {notebook.get('nbformat')!r}; expected 4. "
            "Save it once with JupyterLab."
        )
    metadata = _without(notebook.get("metadata", {}), NOTEBOOK_NOISE)
    cells = notebook["cells"]
    _require_ids(cells)
    tidy = {
        "cells": [_tidy_cell(cell, number) for number, cell in enumerate(cells, 1)],
        "metadata": {**metadata, "kernelspec": KERNEL},
        "nbformat": 4,
        "nbformat_minor": 5,  # the first that has cell ids
    }
    return json.dumps(tidy, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def source(cell: dict) -> str:
    """A cell's text, however it is stored, with LF at its line ends."""
    text = cell.get("source", "")
    text = text if isinstance(text, str) else "".join(text)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _without(metadata: dict, noise: Sequence[str]) -> dict:
    return {key: value for key, value in metadata.items() if key not in noise}


def _require_ids(cells: list[dict]) -> None:
    seen: dict[str, int] = {}
    for number, cell in enumerate(cells, 1):
        identity = cell.get("id")
        start = source(cell).partition("\n")[0][:50]
        where = f"cell {number} ({cell.get('cell_type')}: {start!r})"
        if not isinstance(identity, str) or not CELL_ID.fullmatch(identity):
            raise NotebookError(
                f"{where} has the id {identity!r}; expected 1 to 64 letters, digits, "
                "- or _. Give it one that no other cell has."
            )
        if identity in seen:
            raise NotebookError(
                f"{where} has the same id {identity!r} as cell {seen[identity]}. "
                "Give the copy an id of its own."
            )
        seen[identity] = number


def _tidy_cell(cell: dict, number: int) -> dict:
    kind = cell.get("cell_type")
    if kind not in ("code", "markdown", "raw"):
        raise NotebookError(
            f"cell {number} has the type {kind!r}; expected code, markdown or raw"
        )
    tidy = {
        "cell_type": kind,
        "id": cell["id"],
        "metadata": _without(cell.get("metadata", {}), CELL_NOISE),
        "source": source(cell).rstrip("\n").splitlines(keepends=True),
    }
    if kind == "code":
        tidy |= {"execution_count": None, "outputs": []}
    if cell.get("attachments"):
        tidy["attachments"] = cell["attachments"]
    return tidy


def find(paths: Iterable[Path]) -> list[Path]:
    """The notebooks in files and folders, without JupyterLab's own copies."""
    found = []
    for path in paths:
        inside = sorted(path.rglob("*.ipynb")) if path.is_dir() else [path]
        found += [p for p in inside if ".ipynb_checkpoints" not in p.parts]
    return found


def complaint(path: Path) -> str | None:
    """Why the file is not in its one text; None where it is."""
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8")
        wanted = canonical(text)
    except UnicodeDecodeError as error:
        return f"is not UTF-8: {error}"
    except NotebookError as error:
        return str(error)
    if text == wanted:
        return None
    given = json.loads(text)
    code = [cell for cell in given["cells"] if cell["cell_type"] == "code"]
    if any(cell.get("outputs") for cell in code):
        return "has outputs"
    if any(cell.get("execution_count") is not None for cell in code):
        return "has execution counts"
    if "\r" in text:
        return "has CRLF line ends"
    if given != json.loads(wanted):
        return "has metadata or line ends that do not belong there"
    return "has unsorted keys or another indent"


def _ruff(paths: Sequence[Path], *options: str) -> str:
    """What ruff complains of; it formats the cells' code unless told to check."""
    if not paths:  # ruff would take the whole folder
        return ""
    command = [sys.executable, "-m", "ruff", "format", *options, *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    return (done.stdout + done.stderr).strip() if done.returncode else ""


def tidy(paths: Sequence[Path]) -> list[Path]:
    """Rewrite notebooks into their one text; the ones that changed.

    All are read before one is written: a notebook that is refused changes nothing.
    """
    before = {path: path.read_bytes() for path in paths}
    texts = {}
    for path, content in before.items():
        try:
            texts[path] = canonical(content.decode("utf-8"))
        except (NotebookError, UnicodeDecodeError) as error:
            raise NotebookError(f"Nothing was changed. {path}: {error}") from error
    for path, text in texts.items():
        _write(path, text)
    if words := _ruff(paths):
        raise NotebookError(f"Tidied, but ruff could not format the code:\n{words}")
    for path in paths:  # ruff removes empty lines at the end of a cell, for instance
        _write(path, canonical(path.read_text(encoding="utf-8")))
    return [path for path in paths if path.read_bytes() != before[path]]


def _write(path: Path, text: str) -> None:
    if path.read_bytes() != text.encode("utf-8"):
        path.write_text(text, encoding="utf-8", newline="\n")


def command(argv: Sequence[str]) -> int:
    """`course tidy [--check] [PATH ...]`: notebooks in the form they have in git."""
    parser = argparse.ArgumentParser(prog="course tidy", description=command.__doc__)
    parser.add_argument(
        "--check", action="store_true", help="change nothing, only name"
    )
    parser.add_argument("paths", nargs="*", type=Path, help="files or folders")
    options = parser.parse_args(argv)
    for path in options.paths:
        if not path.exists():
            parser.error(f"{path} does not exist")
    given = options.paths or [ROOT / f for f in FOLDERS if (ROOT / f).is_dir()]
    paths = [path.resolve() for path in find(given)]
    if not paths:
        print("No notebooks found.")
        return 0
    if options.check:
        return _check(paths)
    try:
        changed = tidy(paths)
    except NotebookError as error:
        print(error, file=sys.stderr)
        return 1
    for path in changed:
        print(f"tidied {path}")
    print(f"{len(paths)} notebooks, {len(changed)} rewritten")
    return 0


def _check(paths: Sequence[Path]) -> int:
    wrong = {path: why for path in paths if (why := complaint(path))}
    words = _ruff([path for path in paths if path not in wrong], "--check")
    for path, why in wrong.items():
        print(f"{path} {why}", file=sys.stderr)
    if words:
        print(words, file=sys.stderr)
    if wrong or words:
        print("Mend it with: course tidy", file=sys.stderr)
        return 1
    print(f"{len(paths)} notebooks are tidy")
    return 0
