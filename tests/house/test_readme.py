"""The README's map of the chapters against the notebooks."""

import json
import re

import pytest

from tests.house.lessons import ROOT, lessons

ROW = re.compile(r"\[[^\]]*\]\((notebooks/[^)]+)\) \| (\d+) \|")


def mapped(readme):
    """Minutes by path, as the README's table has them."""
    return {path: int(minutes) for path, minutes in ROW.findall(readme)}


def planned():
    """Minutes by path, as the notebooks' metadata have them."""
    found = {}
    for path in lessons():
        course = json.loads(path.read_text(encoding="utf-8"))["metadata"]["course"]
        found[path.relative_to(ROOT).as_posix()] = course["minutes"]
    return found


def test_the_map_names_every_lesson_with_its_minutes():
    assert mapped((ROOT / "README.md").read_text(encoding="utf-8")) == planned()


@pytest.mark.parametrize(("old", "new"), [("| 35 |", "| 36 |"), ("1.2_when", "1.2_if")])
def test_a_wrong_map_is_found(old, new):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert old in readme
    assert mapped(readme.replace(old, new, 1)) != planned()
