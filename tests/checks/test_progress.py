"""The learner's copies and results: kept, never overwritten."""

import json
import os
import subprocess
import sys

import pytest

from course_utils import store
from course_utils.checks import copies as copying
from course_utils.checks import notebook, progress, say

CIRCLE = """
import torch
def score_on_circle(query, angles, weight):
    return torch.stack([angles.cos(), angles.sin()], -1) @ (query @ weight)
"""


def solved():
    namespace = {}
    exec(CIRCLE, namespace)
    return namespace


def stored():
    return json.loads((store.folder() / "progress.json").read_text())


def test_the_best_result_is_kept():
    notebook.check("1.q1", solved())
    notebook.check("1.q1", {"score_on_circle": lambda query, angles, weight: 0})
    assert stored()["1.q1"] == {"attempts": 2, "best": 2}


def test_an_unsolved_exercise_is_no_attempt():
    def score_on_circle(query, angles, weight):
        raise NotImplementedError

    notebook.check("1.q1", {"score_on_circle": score_on_circle})
    notebook.check("1.q1", {})
    assert not (store.folder() / "progress.json").exists()


def test_progress_survives_a_new_kernel(capsys):
    code = CIRCLE + "from course_utils.checks import check\nprint(check('1.q1'))"
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
        assert "2 of 2 points" in done.stdout
    assert stored()["1.q1"] == {"attempts": 2, "best": 2}
    assert progress.progress_command(["1"]) == 0
    said = capsys.readouterr().out
    assert "2 of 2      2" in said
    assert "2 of 41 points checked" in said


def test_a_corrupt_file_is_set_aside(capsys):
    store.folder().mkdir(parents=True, exist_ok=True)
    (store.folder() / "progress.json").write_text('{"1.q1": {"best"')
    notebook.check("1.q1", solved())
    assert stored()["1.q1"]["best"] == 2
    (kept,) = store.folder().glob("progress.broken-*.json")
    assert kept.read_text() == '{"1.q1": {"best"'
    assert kept.name in capsys.readouterr().out


@pytest.mark.parametrize("entry", [7, None, {"best": "2"}, {"attempts": []}])
def test_an_odd_entry_counts_as_none(entry):
    store.write("progress", {"1.q1": entry, "1.q2": {"best": 1, "attempts": 3}})
    notebook.check("1.q1", solved())
    assert stored()["1.q1"] == {"attempts": 1, "best": 2}
    assert stored()["1.q2"] == {"attempts": 3, "best": 1}


def test_progress_of_an_unknown_chapter_is_a_sentence(capsys):
    assert progress.progress_command(["77"]) == 1
    said = capsys.readouterr().out
    assert "Chapter 77 has no exercises; " in said
    assert "there are 1" not in said


def test_chapters_are_listed_as_a_sentence():
    assert say.no_exercises("2", ["1"]).endswith("; only chapter 1 has.")
    assert say.no_exercises("9", "123").endswith("; chapters 1, 2 and 3 have.")
    assert say.no_exercises("1", []).endswith("; no chapter has any.")


def copies():
    return sorted((store.folder() / "1_additive_attention").glob("*"))


def test_start_copies_once_and_never_overwrites(capsys):
    assert progress.start_command(["1"]) == 0
    assert [path.suffix for path in copies()] == [".ipynb", ".ipynb"]
    copies()[0].write_text("my work")
    copies()[1].unlink()
    assert progress.start_command(["1"]) == 0
    assert copies()[0].read_text() == "my work"
    assert len(copies()) == 2
    said = capsys.readouterr().out
    assert said.count("copied") == 3
    assert said.count("kept") == 1


def test_start_without_a_chapter_takes_all():
    assert progress.start_command([]) == 0
    assert copies()


def test_start_leaves_out_copies_that_jupyterlab_keeps(tmp_path):
    (tmp_path / ".ipynb_checkpoints").mkdir()
    (tmp_path / "1_one").mkdir()
    assert list(copying._folders(tmp_path)) == ["1"]


def test_start_of_an_unknown_chapter_is_a_sentence(capsys):
    assert progress.start_command(["77"]) == 1
    assert "Chapter 77 has no exercises" in capsys.readouterr().out
    assert not copies()


def test_start_where_nothing_can_be_written_is_a_sentence(
    monkeypatch, tmp_path, capsys
):
    blocked = tmp_path / "my"
    blocked.write_text("a file, not a folder")
    monkeypatch.setenv("COURSE_MY", str(blocked))
    assert progress.start_command(["1"]) == 1
    assert "cannot be written" in capsys.readouterr().out
    assert os.listdir(tmp_path) == ["my"]


def test_start_is_quick_for_it_imports_no_torch():
    code = (
        "import sys\nfrom course_utils.cli import main\n"
        "done = main(['start', '1'])\nassert 'torch' not in sys.modules, 'torch'\n"
        "sys.exit(done)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert copies()
