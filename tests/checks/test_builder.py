"""The builder: same input, same bytes; every breach is refused by name."""

import copy
import json
from types import SimpleNamespace

import pytest

from course_utils import store
from course_utils.grading import builder
from course_utils.notebooks import NotebookError

ITEM = SimpleNamespace(points=2, header="2 points · ●○○ · 5 min · implement")
ESSAY = SimpleNamespace(points=3, header="3 points · ●○○ · 5 min · explain")
ITEMS = {"1.q1": ITEM, "1.q2": ESSAY}

ANSWER = '''def f(x):
    """Twice x."""
    y = x
    ### BEGIN SOLUTION
    return 2 * y
    ### END SOLUTION
'''


def cell(id, source, kind="code", tags=(), **grading):
    metadata = {"tags": list(tags)} if tags else {}
    if grading:
        base = {"schema_version": 3, "grade_id": id, "cell_type": kind}
        flags = {"grade": False, "solution": False, "locked": False, "task": False}
        metadata["nbgrader"] = base | flags | grading
    made = {"cell_type": kind, "id": id, "metadata": metadata, "source": source}
    return made | ({"outputs": [], "execution_count": None} if kind == "code" else {})


def notebook(answer=ANSWER):
    cells = [
        cell("q1-statement", f"### Twice\n\n{ITEM.header}", "markdown", locked=True),
        cell("q1-answer", answer, solution=True),
        cell("q1-check", 'check("1.q1")', grade=True, locked=True, points=2),
        cell("q2-statement", ESSAY.header, "markdown", locked=True),
        cell(
            "q2-answer",
            "### BEGIN SOLUTION\nBecause.\n### END SOLUTION",
            "markdown",
            grade=True,
            solution=True,
            points=3,
        ),
        cell("hidden", "assert f(3) == 6", tags=["hidden-check"]),
    ]
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def build(made, items=ITEMS):
    return json.loads(builder.build(json.dumps(made), items, "1"))


def test_copies_that_jupyterlab_keeps_are_not_counted(tmp_path):
    for folder in (".ipynb_checkpoints", "1_one/.ipynb_checkpoints", "1_one"):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        (tmp_path / folder / "a_checkpoint.ipynb").write_text(json.dumps(notebook()))
    built = builder.build_all(tmp_path, {"1": ITEMS})
    assert [path.as_posix() for path in built] == ["1_one/a_checkpoint.ipynb"]
    builder.write(tmp_path, {})
    kept = sorted(path.parent.name for path in tmp_path.rglob("*.ipynb"))
    assert kept == [".ipynb_checkpoints"] * 2


def source(built, id):
    return next("".join(c["source"]) for c in built["cells"] if c["id"] == id)


def test_a_solution_becomes_a_stub_and_the_docstring_stays():
    built = source(build(notebook()), "q1-answer")
    assert built.splitlines() == [
        "def f(x):",
        '    """Twice x."""',
        "    y = x",
        '    raise NotImplementedError("1.q1")',
    ]


def test_what_follows_stub_replaces_the_solution():
    answer = ANSWER.replace(
        "    ### END", "    ### STUB\n    # if y:\n    #     return y\n    ### END"
    )
    built = source(build(notebook(answer)), "q1-answer")
    assert built.endswith("y = x\n    if y:\n        return y")


def test_explanations_and_hidden_checks_go():
    built = build(notebook())
    assert source(built, "q2-answer") == "Your answer here."
    assert [c["id"] for c in built["cells"]] == [
        "q1-statement", "q1-answer", "q1-check", "q2-statement", "q2-answer",
    ]  # fmt: skip


def test_ids_and_grading_metadata_stay():
    made = notebook()
    built = build(made)
    for before, after in zip(made["cells"], built["cells"], strict=False):
        assert before["id"] == after["id"]
        assert before["metadata"] == after["metadata"]


def test_the_same_input_gives_the_same_bytes():
    made = notebook()
    again = json.dumps(dict(reversed(made.items())), indent=4)
    first = builder.build(json.dumps(made), ITEMS, "1")
    assert builder.build(again, ITEMS, "1") == first
    assert builder.build(json.dumps(made), ITEMS, "1") == first


def with_answer(text):
    return lambda made: made["cells"][1].update(source=text)


def grading(index, **changes):
    return lambda made: made["cells"][index]["metadata"]["nbgrader"].update(changes)


@pytest.mark.parametrize(
    ("breach", "message"),
    [
        (with_answer("### BEGIN SOLUTION\n1"), "BEGIN SOLUTION without"),
        (with_answer("1\n### END SOLUTION"), "END SOLUTION without"),
        (
            with_answer("### BEGIN SOLUTION\n### BEGIN SOLUTION\n### END SOLUTION"),
            "stands inside a solution",
        ),
        (with_answer("### STUB\n1"), "STUB outside"),
        (
            with_answer(
                "### BEGIN SOLUTION\n### STUB\n# 1\n### STUB\n# 2\n### END SOLUTION"
            ),
            "STUB twice",
        ),
        (
            with_answer("### BEGIN SOLUTION\n### STUB\n1\n### END SOLUTION"),
            "expected a comment",
        ),
        (with_answer("x = 1"), "an answer without"),
        (grading(1, solution=False), "in a cell that is no answer"),
        (grading(2, points=5), "5 points, but the item declares 2"),
        (grading(2, grade_id="q1-other"), "expected the id"),
        (grading(2, cell_type="markdown"), "cell_type is not 'code'"),
        (
            lambda made: made["cells"][0].update(source="3 points"),
            "expected the line '2 points",
        ),
        (
            lambda made: made["cells"][2].update(id="q7-check"),
            "no such item is declared",
        ),
    ],
)
def test_breaches_are_refused(breach, message):
    made = notebook()
    breach(made)
    with pytest.raises(builder.BuildError, match=message) as caught:
        build(made)
    assert "cell q" in str(caught.value)


def test_missing_and_duplicate_ids_are_refused():
    made = notebook()
    twice = copy.deepcopy(made)
    twice["cells"].append(twice["cells"][2])
    del made["cells"][1]["id"]
    with pytest.raises(NotebookError, match="has the id None"):
        build(made)
    with pytest.raises(NotebookError, match="same id 'q1-check'"):
        build(twice)


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A course with the notebook above, whose items are declared."""
    folder = tmp_path / "solutions" / "1_twice"
    folder.mkdir(parents=True)
    (folder / "1_twice.ipynb").write_text(json.dumps(notebook()))
    monkeypatch.setattr(store, "root", lambda: tmp_path)
    monkeypatch.setattr("course_utils.checks.registry.chapters", lambda: ["1"])
    monkeypatch.setattr("course_utils.checks.registry.items", lambda chapter: ITEMS)
    return tmp_path


def test_the_command_writes_and_then_finds_nothing_stale(course, capsys):
    target = course / "exercises" / "1_twice" / "1_twice.ipynb"
    assert builder.command(["--check"]) == 1
    assert "1_twice.ipynb is missing" in capsys.readouterr().out
    assert builder.command([]) == 0
    first = target.read_bytes()
    assert builder.command(["--check"]) == 0
    assert builder.command([]) == 0
    assert target.read_bytes() == first


def test_stale_and_orphaned_exercises_are_named(course, capsys):
    builder.command([])
    folder = course / "exercises" / "1_twice"
    (folder / "1_twice.ipynb").write_text("{}")
    (folder / "left.ipynb").write_text("{}")
    assert builder.command(["--check"]) == 1
    said = capsys.readouterr().out
    assert "1_twice.ipynb is out of date" in said
    assert "left.ipynb has no solution" in said
    assert builder.command([]) == 0
    assert not (folder / "left.ipynb").exists()


def test_a_declared_item_that_no_cell_grades_is_refused(course, capsys, monkeypatch):
    more = ITEMS | {"1.q3": ITEM}
    monkeypatch.setattr("course_utils.checks.registry.items", lambda chapter: more)
    assert builder.command([]) == 1
    assert "item 1.q3 is graded by 0 cells" in capsys.readouterr().out
    assert not (course / "exercises").exists()


def test_a_refusal_names_the_notebook_and_writes_nothing(course, capsys):
    broken = notebook("x = 1")
    (course / "solutions" / "1_twice" / "2.ipynb").write_text(json.dumps(broken))
    assert builder.command([]) == 1
    assert (
        "1_twice/2.ipynb: cell q1-answer: an answer without" in capsys.readouterr().out
    )
    assert not (course / "exercises").exists()


def test_the_exercises_in_the_course_are_current():
    assert builder.command(["--check"]) == 0
