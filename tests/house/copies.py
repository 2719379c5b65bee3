"""Small lessons for the tests to break."""

import json

GOOD = {"minutes": 30, "objectives": ["a", "b", "c"], "prerequisites": ["1.1"]}


def cell(text, kind="markdown", identity="a"):
    return {"cell_type": kind, "id": identity, "metadata": {}, "source": text}


def lesson(folder, extra=(), course=GOOD, count=40, name="1.1_x.ipynb"):
    """A lesson within all limits, and what is added to it."""
    cells = [cell("A few words.", identity=f"c{i}") for i in range(count - len(extra))]
    path = folder / "notebooks" / "1_x" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    notebook = {"cells": [*cells, *extra], "metadata": {"course": course}}
    path.write_text(json.dumps(notebook), encoding="utf-8")
    return path
