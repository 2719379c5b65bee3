"""The one text of a notebook: what is untidy is found, and tidying mends it."""

import json

import pytest

from course_utils import notebooks

TIDY = {
    "cells": [
        {
            "cell_type": "markdown",
            "id": "title",
            "metadata": {},
            "source": ["# A title\n", "\n", "and a sentence"],
        },
        {
            "cell_type": "code",
            "execution_count": None,
            "id": "one",
            "metadata": {"tags": ["keep"]},
            "outputs": [],
            "source": ["x = 1\n", "x"],
        },
    ],
    "metadata": {
        "course": {"minutes": 20},
        "kernelspec": dict(notebooks.KERNEL),
    },
    "nbformat": 4,
    "nbformat_minor": 5,
}


def text(notebook=TIDY, **options):
    return json.dumps(notebook, **{"indent": 1, "sort_keys": True, **options}) + "\n"


def changed(change):
    """The tidy notebook, with one thing done to it."""
    copy = json.loads(text())
    change(copy)
    return copy


def with_output(notebook):
    output = {"name": "stdout", "output_type": "stream", "text": ["1"]}
    notebook["cells"][1]["outputs"] = [output]


def with_count(notebook):
    notebook["cells"][1]["execution_count"] = 7


def with_widgets(notebook):
    notebook["metadata"]["widgets"] = {"state": {"a": 1}}


def with_language(notebook):
    notebook["metadata"]["language_info"] = {"version": "3.11.7"}


def with_other_kernel(notebook):
    notebook["metadata"]["kernelspec"] = {"name": "conda-env-x", "display_name": "x"}


def with_timing(notebook):
    notebook["cells"][1]["metadata"]["execution"] = {"iopub.execute_input": "now"}


def with_one_string(notebook):
    notebook["cells"][1]["source"] = "x = 1\nx"


UNTIDY = {
    "outputs": (text(changed(with_output)), "outputs"),
    "execution counts": (text(changed(with_count)), "execution counts"),
    "CRLF": (text().replace("\n", "\r\n"), "CRLF"),
    "CRLF in a cell": (text().replace("x = 1\\n", "x = 1\\r\\n"), "line ends"),
    "unsorted keys": (text(dict(reversed(TIDY.items())), sort_keys=False), "unsorted"),
    "indent": (text(indent=2), "indent"),
    "no newline at the end": (text().rstrip("\n"), "indent"),
    "widgets": (text(changed(with_widgets)), "metadata"),
    "language": (text(changed(with_language)), "metadata"),
    "kernel": (text(changed(with_other_kernel)), "metadata"),
    "timing": (text(changed(with_timing)), "metadata"),
    "one string": (text(changed(with_one_string)), "metadata"),
}


@pytest.fixture
def write(tmp_path):
    def write(content, name="a.ipynb"):
        path = tmp_path / name
        path.write_bytes(content.encode("utf-8"))
        return path

    return write


def test_a_tidy_notebook_passes(write):
    path = write(text())
    assert notebooks.complaint(path) is None
    assert notebooks.command(["--check", str(path)]) == 0


@pytest.mark.parametrize("name", UNTIDY)
def test_untidy_is_found_named_and_mended(name, write, capsys):
    content, why = UNTIDY[name]
    path = write(content)
    assert why in notebooks.complaint(path)
    assert notebooks.command(["--check", str(path)]) == 1
    said = capsys.readouterr().err
    assert str(path) in said
    assert "course tidy" in said
    assert path.read_bytes() == content.encode()  # --check changes nothing
    assert notebooks.command([str(path)]) == 0
    assert path.read_text(encoding="utf-8") == text()


@pytest.mark.parametrize("name", UNTIDY)
def test_canonical_is_idempotent(name):
    once = notebooks.canonical(UNTIDY[name][0])
    assert once == text()
    assert notebooks.canonical(once) == once


def test_code_is_formatted_and_tidying_twice_changes_nothing(write, capsys):
    def unformatted(notebook):
        notebook["cells"][1]["source"] = ["x=1\n", "print( x )\n", "\n"]

    path = write(text(changed(unformatted)))
    assert notebooks.command(["--check", str(path)]) == 1
    assert notebooks.command([str(path)]) == 0
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    assert cells[1]["source"] == ["x = 1\n", "print(x)"]
    assert notebooks.tidy([path]) == []
    assert notebooks.command(["--check", str(path)]) == 0


def without_id(notebook):
    del notebook["cells"][1]["id"]


def with_a_copied_cell(notebook):
    notebook["cells"].append(dict(notebook["cells"][1]))


def with_a_bad_id(notebook):
    notebook["cells"][1]["id"] = "two words"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (without_id, r"cell 2 \(code: 'x = 1'\) has the id None"),
        (with_a_copied_cell, r"cell 3 .* same id 'one' as cell 2"),
        (with_a_bad_id, r"cell 2 .*'two words'"),
        (lambda n: n.update(nbformat=3), "nbformat is 3"),
        (lambda n: n["cells"][0].update(cell_type="heading"), "type 'heading'"),
        (lambda n: n.pop("cells"), "no list of cells"),
    ],
)
def test_what_cannot_be_mended_is_refused_by_name(change, why, write, capsys):
    content = text(changed(change))
    with pytest.raises(notebooks.NotebookError, match=why):
        notebooks.canonical(content)
    good = write(UNTIDY["outputs"][0], "good.ipynb")
    bad = write(content, "bad.ipynb")
    assert notebooks.command([str(good), str(bad)]) == 1
    assert str(bad) in capsys.readouterr().err
    assert good.read_text() == UNTIDY["outputs"][0]  # nothing was changed


def test_no_notebook_is_refused():
    with pytest.raises(notebooks.NotebookError, match="no notebook"):
        notebooks.canonical("<<<<<<< HEAD")


def test_unknown_paths_and_options_are_refused(tmp_path, capsys):
    for arguments in ([str(tmp_path / "none.ipynb")], ["--checkk"]):
        with pytest.raises(SystemExit) as stopped:
            notebooks.command(arguments)
        assert stopped.value.code == 2
        assert arguments[0] in capsys.readouterr().err


def test_jupyter_s_own_copies_are_left_alone(write, tmp_path):
    (tmp_path / ".ipynb_checkpoints").mkdir()
    write(text(), ".ipynb_checkpoints/a.ipynb")
    kept = write(text())
    assert notebooks.find([tmp_path]) == [kept]


def test_every_committed_notebook_is_tidy():
    folders = [notebooks.ROOT / folder for folder in notebooks.FOLDERS]
    paths = notebooks.find(folder for folder in folders if folder.is_dir())
    wrong = [f"{p} {why}" for p in paths if (why := notebooks.complaint(p))]
    assert not wrong, "\n".join([*wrong, "Mend it with: course tidy"])
