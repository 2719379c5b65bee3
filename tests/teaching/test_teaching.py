"""Predictions, quiz, training and the learner's folder."""

import ast
import json
import os

import numpy as np
import pytest
import torch

from course_utils import store
from course_utils.figures import Picture, bars, heatmap, lines
from course_utils.teaching import claims, fit, lesson, predict, predictions, quiz
from course_utils.teaching import reveal as reveal_prediction
from course_utils.teaching.training import Bar
from tests.house.lessons import lessons


def answer(id, choice, choices=("8", "12")):
    predict(id, "How many?", list(choices)).children[1].value = choice


def test_a_prediction_is_kept_and_the_first_one_counts():
    answer("t-first", "8")
    again = predict("t-first", "How many?", ["8", "12"]).children[1]
    assert (again.value, again.disabled) == ("8", True)
    assert (
        json.loads((store.folder() / "predictions.json").read_text())["t-first"] == "8"
    )
    assert "✗ You predicted 8" in repr(reveal_prediction("t-first", 12))


def test_a_right_and_a_missing_prediction(monkeypatch):
    monkeypatch.setattr(predictions, "_outcomes", {})
    answer("t-right", "12")
    assert "✓ You predicted it" in repr(reveal_prediction("t-right", torch.tensor(12)))
    predict("t-none", "How many?", ["8", "12"])
    assert "did not predict" in repr(reveal_prediction("t-none", "8"))
    assert predictions.tally() == (
        "You predicted 1 of 2 surprises, and 1 of them right."
    )


def test_predictions_refuse_what_makes_no_sense():
    with pytest.raises(ValueError, match="two or more"):
        predict("t-one", "How many?", ["8"])
    with pytest.raises(ValueError, match="each new"):
        predict("t-same", "How many?", ["8", "8"])
    with pytest.raises(KeyError, match="run its predict"):
        reveal_prediction("t-unasked", "8")
    predict("t-outside", "How many?", ["8", "12"])
    with pytest.raises(ValueError, match="measured '9'"):
        reveal_prediction("t-outside", 9)


def test_a_quiz_explains_every_choice():
    explained = {"a": "Because <x>.", "b": "Yes.", "c": "No."}
    page = quiz("Which?", explained, correct="b")._repr_html_()
    assert page.count("<details") == 3
    assert page.count("✓ Right.") == 1
    assert "&lt;x&gt;" in page
    with pytest.raises(ValueError, match="correct is 'd'"):
        quiz("Which?", explained, correct="d")
    with pytest.raises(ValueError, match="each explained"):
        quiz("Which?", {**explained, "a": " "}, correct="b")
    with pytest.raises(ValueError, match="2 choices"):
        quiz("Which?", {"a": "x", "b": "y"}, correct="b")


def test_fit_minimises_and_names_a_loss_that_is_no_number():
    x = torch.tensor(3.0, requires_grad=True)
    history = fit([x], lambda: (x - 1) ** 2, steps=200, rate=0.1)
    assert len(history) == 200
    assert history[-1] < 1e-3 < history[0]
    with pytest.raises(ValueError, match="loss is nan at step 0"):
        fit([x], lambda: x * float("nan"), steps=2)


def test_the_bar_waits_two_seconds(monkeypatch):
    now = [0.0]
    monkeypatch.setattr("course_utils.teaching.training.time.monotonic", lambda: now[0])
    bar = Bar("counting", 3)
    bar.update(1)
    assert bar.handle is None
    now[0] = 2.5
    bar.update(2, "half")
    assert bar.handle is not None
    assert "<progress max='3' value='2'" in bar._repr_html_()
    assert repr(bar) == "counting: 2 of 3 half"


def test_a_broken_file_is_set_aside_and_not_lost(capsys):
    store.write("predictions", {"a": "1"})
    path = store.folder() / "predictions.json"
    path.write_text("{half", encoding="utf-8")
    assert store.read("predictions") == {}
    kept = list(store.folder().glob("predictions.broken*"))
    assert [file.read_text() for file in kept] == ["{half"]
    assert "is kept as" in capsys.readouterr().out


def test_what_cannot_be_written_is_kept_for_the_session(tmp_path, monkeypatch, capsys):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("COURSE_MY", str(tmp_path / "file" / "my"))
    monkeypatch.setattr(store, "_unwritable", {})
    store.write("predictions", {"a": "1"})
    assert "cannot be written" in capsys.readouterr().out
    assert store.read("predictions") == {"a": "1"}
    store.write("predictions", {"a": "2"})
    assert capsys.readouterr().out == ""


def test_a_crash_while_writing_leaves_the_old_file(monkeypatch):
    store.write("progress", {"a": 1})

    def crash(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", crash)
    with pytest.raises(KeyboardInterrupt):
        store.write("progress", {"a": 2})
    assert store.read("progress") == {"a": 1}


def test_a_lesson_closes_with_its_claims():
    page = lesson.close("1.2")._repr_html_()
    assert page.count("<tr>") == 1 + sum(
        entry.lesson == "1.2" for entry in claims.ledger().values()
    )
    with pytest.raises(ValueError, match="no claims for lesson"):
        lesson.close("9.9")


@pytest.mark.parametrize(
    "picture",
    [
        lambda: lines([1, 2], {"a": [3, 4]}, title="T", xlabel="x", ylabel="y"),
        lambda: bars({"a": 1, "b": 2}, title="T", ylabel="y", reference=("r", 1.5)),
        lambda: heatmap([[0, 1.0]], ["q"], ["k1", "k2"], title="T"),
    ],
)
def test_pictures_carry_their_words(picture):
    page = picture()._repr_html_()
    assert "alt='T." in page
    assert "In words" in page


def test_pictures_refuse_empty_words_and_wrong_shapes():
    with pytest.raises(ValueError, match="text is empty"):
        Picture(lines([1], {"a": [1]}, title="T", xlabel="", ylabel="").figure, " ")
    with pytest.raises(ValueError, match="expected \\(1, 3\\)"):
        heatmap(np.zeros((1, 2)), ["q"], ["a", "b", "c"], title="T")


def prediction_calls(path):
    """ids of predict() and reveal() in a notebook, in order."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            for node in ast.walk(ast.parse("".join(cell["source"]))):
                name = getattr(getattr(node, "func", None), "id", "")
                if name in ("predict", "reveal"):
                    yield name, node.args[0].value


@pytest.mark.parametrize("path", lessons(), ids=lambda path: path.stem)
def test_every_prediction_is_revealed_once_afterwards(path):
    calls = list(prediction_calls(path))
    asked = [id for name, id in calls if name == "predict"]
    assert asked
    assert asked == list(dict.fromkeys(asked))
    assert sorted(asked) == sorted(id for name, id in calls if name == "reveal")
    number = path.stem.split("_")[0]
    for id in asked:
        assert id.startswith(f"{number}-")
        assert calls.index(("predict", id)) < calls.index(("reveal", id))
