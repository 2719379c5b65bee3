"""The ledger, claim(), and the notebooks that exercise it."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from course_utils.teaching import claims, ledger
from course_utils.teaching.claims import ClaimError, claim
from course_utils.teaching.ledger import Entry, Expectation, LedgerError
from tests.house.lessons import lessons

ROOT = Path(__file__).parents[2]

# every problem number of the documents whose chapters stand
PROBLEMS = {
    "1": "3097334 3097357 3097363 3097384 3097386 3097395 3097409 3097411 3172445 "
    "3180994",
    "2": "3097327 3097376 3097411 3097428 3097430 3100390 3143475 3180897 3192556 "
    "3193506",
}


def entry(**changed):
    table = {
        "source": "ours",
        "statement": "Two is two.",
        "verdict": "holds",
        "measure": "two",
        "expect": {"equals": 2},
        "control": {"what": "three", "equals": 3},
    }
    return Entry.read("two", "9.9", {**table, **changed})


@pytest.mark.parametrize(
    ("table", "inside", "outside"),
    [
        ({"equals": 2}, 2.0, 2.0001),
        ({"equals": "A"}, "A", "B"),
        ({"equals": True}, True, False),
        ({"approx": 10, "abs": 0.5}, 9.5, 9.4),
        ({"approx": -10, "rel": 0.1}, -9.0, -8.9),
        ({"between": [1, 2]}, 2, 2.1),
        ({"below": 1e-12}, 0.0, 1e-11),
        ({"above": 3}, float("inf"), float("nan")),
    ],
)
def test_expectations_admit_what_they_say(table, inside, outside):
    expectation = Expectation.read(table, "here")
    assert expectation.admits(inside)
    assert not expectation.admits(outside)


@pytest.mark.parametrize(
    "table",
    [{}, {"approx": 1}, {"equals": 1, "abs": 1}, {"between": [2, 1]}, {"near": 3}],
)
def test_an_unclear_expectation_is_refused(table):
    with pytest.raises(LedgerError, match="expected one of equals"):
        Expectation.read(table, "here")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"control": {}}, "no control"),
        ({"control": {"equals": 3}}, "without `what`"),
        ({"control": {"what": "nothing"}}, "no control"),
        ({"control": {"what": "two again", "equals": 2}}, "vacuous control"),
        ({"control": {"what": "anything", "above": 0}}, "vacuous control"),
        ({"control": {"what": "other", "more": {"equals": 3}}}, "but no claim"),
        ({"verdict": "true"}, "has verdict 'true'"),
        ({"verdict": "holds-if"}, "has no condition"),
        ({"extra": 1}, "unknown fields"),
    ],
)
def test_an_entry_that_proves_nothing_is_refused(changed, message):
    with pytest.raises(LedgerError, match=message):
        entry(**changed)


def test_a_claim_needs_its_measurement_and_its_control(monkeypatch):
    monkeypatch.setattr(claims, "ledger", lambda: {"two": entry()})
    assert "measured 2" in repr(claim("two", measured=2, control=3))
    with pytest.raises(ClaimError, match="measured value is 4"):
        claim("two", measured=4, control=3)
    with pytest.raises(ClaimError, match="control value is 2"):
        claim("two", measured=2, control=2)
    with pytest.raises(ClaimError, match="measured value is nan"):
        claim("two", measured=float("nan"), control=3)
    with pytest.raises(KeyError, match="no claim 'three'"):
        claim("three", measured=2, control=3)
    with pytest.raises(TypeError, match="got NoneType"):
        claim("two", measured=None, control=3)


def test_a_claim_of_several_parts(monkeypatch):
    parts = entry(
        expect={"a": {"equals": 1}, "b": {"below": 1}},
        control={"what": "other", "b": {"above": 2}},
    )
    monkeypatch.setattr(claims, "ledger", lambda: {"two": parts})
    claim("two", measured=[1, 0], control=[5])
    card = claim("two", measured={"b": 0, "a": 1}, control={"b": 5})
    assert "<td" in card._repr_html_()
    for measured in ([0, 1], [1], {"a": 1}, {"a": 1, "c": 0}, 1):
        with pytest.raises(ClaimError):
            claim("two", measured=measured, control=[5])


def test_cards_escape_their_text(monkeypatch):
    sly = entry(statement="1 < 2 <script>")
    monkeypatch.setattr(claims, "ledger", lambda: {"two": sly})
    assert "<script>" not in claim("two", measured=2, control=3)._repr_html_()


def test_the_same_id_in_two_lessons_is_refused(tmp_path):
    text = (ledger.FOLDER / "0.toml").read_text(encoding="utf-8")
    for name in ("0.toml", "1.toml"):
        (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(LedgerError, match="expected once"):
        ledger.ledger(tmp_path)


def claim_cells(paths):
    """(claim id, lesson) for every claim() call in the notebooks."""
    for path in paths:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        for cell in notebook["cells"]:
            if cell["cell_type"] != "code":
                continue
            for node in ast.walk(ast.parse("".join(cell["source"]))):
                if (
                    isinstance(node, ast.Call)
                    and getattr(node.func, "id", "") == "claim"
                ):
                    yield node.args[0].value, notebook["metadata"]["course"]["lesson"]


def misplaced(entries, cells):
    """Claims not exercised by exactly one cell of their own lesson, and strangers."""
    wrong = [
        (id, found)
        for id, claim in entries.items()
        if (found := [lesson for name, lesson in cells if name == id]) != [claim.lesson]
    ]
    return wrong + [(name, None) for name, _ in cells if name not in entries]


def test_every_claim_is_measured_in_exactly_one_cell():
    entries, cells = ledger.ledger(), list(claim_cells(lessons()))
    assert misplaced(entries, cells) == []
    assert misplaced(entries, cells[1:])
    assert misplaced(entries, [*cells, cells[0]])
    assert misplaced(entries, [*cells, ("unheard-of", "1.2")])


def test_every_problem_number_is_covered():
    def missing(entries):
        return [
            number
            for chapter, numbers in PROBLEMS.items()
            for number in numbers.split()
            if not any(
                number in claim.problems and claim.lesson.startswith(chapter)
                for claim in entries
            )
        ]

    entries = list(ledger.ledger().values())
    assert missing(entries) == []
    assert missing([claim for claim in entries if "3097409" not in claim.problems])


def test_course_claims_prints_the_table(capsys):
    assert claims.print_table(["1.2"]) == 0
    assert "xor-bilinear-ceiling" in capsys.readouterr().out
    assert claims.print_table(["7.7"]) == 2
    assert "no claims for ['7.7']" in capsys.readouterr().out


def spoil(folder, what):
    """Spoil one thing in a copy of the course."""
    toml = folder / "course_utils/teaching/claims/0.toml"
    lesson = folder / "notebooks/0_start_here.ipynb"
    path, old, new = {
        "nothing": (toml, "", ""),
        "expectation": (toml, "{ below = 1e-12 }", "{ below = 1e-30 }"),
        "control": (toml, 'instead", above = 0.1', 'instead", above = 99.0'),
        "cell": (lesson, "keys[:, 0]) ** 2) / 2", "keys[:, 0]) ** 2) / 3"),
    }[what]
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize("what", ["nothing", "expectation", "control", "cell"])
def test_nbval_fails_where_a_claim_disagrees(what, tmp_path):
    copy = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "course_utils", tmp_path / "course_utils", ignore=copy)
    (tmp_path / "notebooks").mkdir()
    shutil.copy(ROOT / "notebooks/0_start_here.ipynb", tmp_path / "notebooks")
    spoil(tmp_path, what)
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "--nbval-lax", "-p", "no:cacheprovider", "-q"],
        cwd=tmp_path / "notebooks",
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert re.search(r"\d+ passed", run.stdout), run.stdout + run.stderr
    if what == "nothing":
        assert run.returncode == 0, run.stdout
    else:
        assert run.returncode == 1
        assert "ClaimError" in run.stdout
