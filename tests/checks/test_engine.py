"""What a learner is told, for everything that can come back."""

import numpy as np
import pytest
import torch

from course_utils.checks import expect, hint, notebook, registry
from course_utils.checks.feedback import clean
from course_utils.checks.item import Item
from course_utils.checks.judge import judge
from course_utils.checks.student import NotebookStudent


def twice(x):
    return 2 * x


def make_item():
    item = Item("9.q1", "Twice", "implement", "f", 1, 5, "9.1", ("a", "b", "c"))

    @item.check(1, "small")
    def small(student, rng):
        for _ in range(2):
            x = rng.normal(2, 3)
            expect.tensor(student.f(x), 2 * x, "f(x)")

    @item.check(1, "negative")
    def negative(student, rng):
        x = -rng.uniform(1, 2, 3)
        expect.tensor(student.f(x), 2 * x, "f(x)")

    item.alternative(twice)
    item.alternative(lambda x: x + x)

    @item.mutant("The sign is gone.")
    def uses_absolute_values(x):
        return 2 * x.abs()

    @item.mutant("x times x is not x plus x.")
    def squares(x):
        return x * x

    return item


ITEM = make_item()


def said(function):
    return str(judge(ITEM, NotebookStudent({"f": function})))


def raising(error):
    def f(x):
        raise error

    return f


def printing(x):
    while True:
        print("again")


def in_place(x):
    x.mul_(2)
    return x


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (raising(NotImplementedError("9.q1")), "not yet: `f` is not implemented yet."),
        (lambda x: None, "f(x) is None. Is there a `return`?"),
        (lambda x: "2x", "f(x) is '2x', a str; expected a tensor of shape (2, 3)."),
        (lambda x: (2 * x, x), "f(x) is a list or tuple of 2; expected a tensor"),
        (lambda x: {2.0: x}, "a dict has the key 2.0; expected text keys"),
        (lambda x: {1, 2}, "a value of type set; expected numbers"),
        (lambda x: 2 * x.mT, "f(x) has shape (3, 2); expected (2, 3)."),
        (
            lambda x: 2 * x.float(),
            "f(x) has dtype torch.float32; expected torch.float64",
        ),
        (lambda x: x / 0 * 0, "f(x)[0, 0] is NaN; expected"),
        (lambda x: x / 0, "f(x)[0, 0] is infinite; expected"),
        (lambda x: 2 * x + (x == x.max()), "(1 of 6 entries differ)"),
        (lambda x, y: x, "cannot be called with 1 arguments: missing a required"),
        (raising(ValueError("odd")), "`f` stopped with ValueError: odd"),
        (raising(RecursionError("deep")), "RecursionError"),
        (printing, "printed more than 20000 characters"),
        (lambda x: 2 * x.abs(), "This looks like: uses absolute values. The sign"),
        (lambda x: x**2, "This looks like: squares."),
    ],
)
def test_each_kind_of_mistake_is_said(function, words):
    text = said(function)
    assert words in text
    assert "of 2 points" in text


def test_what_two_checks_have_in_common_is_said_once():
    text = said(raising(ValueError("odd")))
    assert text.count("`f` stopped with ValueError: odd") == 1
    assert text.endswith("As above.")
    text = said(lambda x: x * x)
    assert text.count("This looks like: squares.") == 1
    assert text.endswith("Again: squares.")


def test_a_missing_function_is_named():
    assert "There is no `f` yet" in str(judge(ITEM, NotebookStudent({})))


def test_partial_points():
    feedback = judge(ITEM, NotebookStudent({"f": lambda x: 2 * x if x[0].ndim else x}))
    assert feedback.points == 1
    assert [result.state for result in feedback.results] == ["passed", "failed"]


def test_an_unknown_mistake_gets_no_name():
    assert judge(ITEM, NotebookStudent({"f": lambda x: 3 * x})).mistakes == []


def test_changing_the_argument_is_harmless():
    assert judge(ITEM, NotebookStudent({"f": in_place})).full


def test_numpy_parameters_and_gradients_are_accepted():
    def f(x):
        weight = torch.nn.Parameter(torch.tensor(2.0, dtype=torch.float64))
        return weight * x

    assert judge(ITEM, NotebookStudent({"f": f})).full
    assert judge(ITEM, NotebookStudent({"f": lambda x: 2 * np.asarray(x)})).full


def test_output_is_shown_with_a_wrong_answer():
    def f(x):
        print("shape", tuple(x.shape))
        return x

    assert "Your code printed:\n      shape (2, 3)" in said(f)


def test_the_learners_own_line_is_shown(tmp_path):
    path = tmp_path / "cell.py"
    path.write_text("def f(x):\n    half = x / 2\n    return half[99]\n")
    namespace = {}
    exec(compile(path.read_text(), str(path), "exec"), namespace)
    assert "line 3: return half[99]" in str(judge(ITEM, NotebookStudent(namespace)))


class BadTextError(Exception):
    def __str__(self):
        raise ValueError


def test_an_exception_that_cannot_be_printed_is_reported():
    assert "its message raised ValueError" in said(raising(BadTextError()))


def test_html_is_escaped_and_says_more_than_colour():
    def f(x):
        print("<script>alert(1)</script>")
        raise ValueError("<b>&</b>")

    html = judge(ITEM, NotebookStudent({"f": f}))._repr_html_()
    assert "<script>" not in html
    assert "<b>" not in html
    assert "&lt;b&gt;&amp;&lt;/b&gt;" in html
    assert "✗ not right:" in html
    right = judge(ITEM, NotebookStudent({"f": twice}))._repr_html_()
    assert "✓ passed:" in right


def test_lone_surrogates_and_controls_are_scrubbed():
    text = said(raising(ValueError("a\ud800b\x00c\x1b[31m")))
    text.encode("utf-8")
    assert "a?bc[31m" in text
    assert clean("\udfff\n") == "?\n"


def test_predictions_are_read_by_key():
    student = NotebookStudent({"said": {"a": 1, "b": None}})
    assert student.said("a") == 1
    assert student.said is not None
    item = registry.find("1.q13")
    guesses = dict.fromkeys(["A", "B", "B2", "C", "D", "E"])
    feedback = judge(item, NotebookStudent({"uniform": guesses | {"A": False}}))
    assert feedback.points == 0.5
    assert "`uniform` is not answered yet." in str(feedback)
    feedback = judge(item, NotebookStudent({"uniform": {"A": 0}}))
    assert "'A' is 0; expected a bool." in str(feedback)
    assert "`uniform` has no entry 'B'" in str(feedback)


def test_a_measured_value_is_not_given_away():
    item = registry.find("1.q3")
    wrong = {check.name: 7.25 for check in item.checks}
    assert "12" not in str(judge(item, NotebookStudent({"ceilings": wrong})))


def test_nbgrader_gets_an_exception(monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    with pytest.raises(AssertionError, match="There is no `score_on_circle` yet"):
        notebook.check("1.q1", {})
    notebook.check("1.q4", {})  # read by a person: nothing to fail


def test_hints_come_one_step_at_a_time(monkeypatch):
    monkeypatch.setattr(notebook, "_shown", notebook.Counter())
    shown = [repr(hint("1.q6")) for _ in range(4)]
    assert [text.partition(",")[0] for text in shown] == [
        "1.q6: a nudge",
        "1.q6: the method",
        "1.q6: pseudocode",
        "1.q6: pseudocode",
    ]


def test_an_unknown_item_is_named():
    for call in (notebook.check, hint):
        assert repr(call("1.q99")).startswith("There is no exercise '1.q99'; they go")
        assert "'77.q1'; they go from 1.q1 to" in repr(call("77.q1"))
        assert 'Write its chapter as well: "1.q1"' in repr(call("q1"))
        assert '"1.q3"' in repr(call(1.3))
    with pytest.raises(ValueError, match="Chapter 77 has no exercises"):
        registry.items("77")


def test_an_unknown_item_under_nbgrader_is_an_exception(monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    with pytest.raises(registry.NoItemError):
        notebook.check("q1")


def test_an_item_must_be_whole():
    with pytest.raises(ValueError, match="1 hints; expected 3"):
        Item("9.q1", "t", "implement", "f", 1, 5, "9.1", ("a",))
    with pytest.raises(ValueError, match="difficulty 4; expected 1, 2 or 3"):
        Item("9.q1", "t", "implement", "f", 4, 5, "9.1", ("a", "b", "c"))
    with pytest.raises(ValueError, match="only explain has a rubric"):
        Item("9.q1", "t", "explain", "f", 1, 5, "9.1", ("a", "b", "c"))
