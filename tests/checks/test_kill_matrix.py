"""Every correct answer earns full points; every mutant loses some, and is named.

`pytest -s tests/checks/test_kill_matrix.py` prints the matrix.
"""

import doctest
from dataclasses import replace

import pytest

from course_utils.checks import registry
from course_utils.checks.item import Check
from course_utils.checks.judge import judge
from course_utils.checks.student import NotebookStudent
from tests.checks import notebooks
from tests.checks.wire import WireStudent

ITEMS = {
    id: item
    for chapter in registry.chapters()
    for id, item in registry.items(chapter).items()
}
CHECKED = [item for item in ITEMS.values() if item.kind != "explain"]
SECRETS = ("public", "another seed", "a third one")


def by_id(item):
    return item.id


def earn(item, answer, seed="public"):
    return judge(item, NotebookStudent({item.asks: answer}), seed)


def survivors(item, seed="public"):
    """Mutants with full points, and those that go unnamed."""
    found = []
    for mutant in item.mutants:
        feedback = earn(item, mutant.answer, seed)
        if feedback.full:
            found.append(f"{mutant.name} earns full points")
        elif seed == "public" and mutant.name not in feedback.mistakes:
            found.append(f"{mutant.name} is taken for {feedback.mistakes}")
    return found


def rejected(item, seed="public"):
    """Feedback of correct answers without full points."""
    feedback = [earn(item, answer, seed) for answer in item.alternatives]
    return [str(entry) for entry in feedback if not entry.full]


@pytest.fixture(scope="module")
def solutions():
    return notebooks.answers("solutions")


@pytest.mark.parametrize("item", CHECKED, ids=by_id)
def test_the_solution_earns_full_points(item, solutions):
    feedback = judge(item, NotebookStudent(solutions))
    assert feedback.full, str(feedback)


@pytest.mark.parametrize("item", CHECKED, ids=by_id)
def test_correct_answers_pass_and_mutants_fail(item):
    assert len(item.alternatives) >= 2
    assert len(item.mutants) >= 6
    assert rejected(item) == []
    assert survivors(item) == []
    for mutant in item.mutants:
        feedback = earn(item, mutant.answer)
        print(f"{item.id:6} {mutant.name:48} {feedback.points:g} of {item.points:g}")


@pytest.mark.parametrize("seed", SECRETS[1:])
@pytest.mark.parametrize("item", CHECKED, ids=by_id)
def test_other_random_numbers_change_nothing(item, seed):
    assert rejected(item, seed) == []
    assert survivors(item, seed) == []


@pytest.mark.parametrize("item", CHECKED, ids=by_id)
def test_a_check_that_always_passes_is_found_out(item):
    """Negative control: a vacuous check lets mutants through."""
    vacuous = [
        Check(c.name, c.title, c.points, lambda student, rng: None) for c in item.checks
    ]
    assert len(survivors(replace(item, checks=vacuous))) == len(item.mutants)


@pytest.mark.parametrize("item", CHECKED, ids=by_id)
def test_a_check_that_always_fails_is_found_out(item):
    """Negative control: a check that its own reference fails is an error of ours."""

    def fail(student, rng):
        raise AssertionError

    closed = [Check(c.name, c.title, c.points, fail) for c in item.checks[:1]]
    broken = replace(item, checks=closed, mutants=[], alternatives=item.alternatives)
    with pytest.raises(AssertionError):
        rejected(broken)


@pytest.mark.parametrize("item", CHECKED, ids=by_id)
def test_behind_a_pipe_the_verdicts_are_the_same(item):
    for answer in item.alternatives:
        assert judge(item, WireStudent({item.asks: answer})).full
    for mutant in item.mutants:
        direct, piped = (
            judge(item, transport({item.asks: mutant.answer}))
            for transport in (NotebookStudent, WireStudent)
        )
        assert piped.points == direct.points
        assert piped.mistakes == direct.mistakes


@pytest.mark.parametrize("name", notebooks.NAMES)
def test_unsolved_exercises_earn_nothing_and_raise_nothing(name):
    namespace = notebooks.run("exercises", name, checks=True)
    asked = [item for item in CHECKED if item.asks in namespace]
    assert asked
    for item in asked:
        feedback = judge(item, NotebookStudent(namespace))
        assert feedback.points == 0, str(feedback)
        assert not feedback.attempted, str(feedback)


@pytest.mark.parametrize("name", notebooks.NAMES)
def test_solutions_run_with_their_hidden_checks(name):
    notebooks.run("solutions", name, checks=True)


@pytest.mark.parametrize("name", notebooks.NAMES)
def test_examples_in_statements_hold(name, solutions):
    parser, runner = doctest.DocTestParser(), doctest.DocTestRunner()
    for cell in notebooks.cells("exercises", name):
        text = "".join(cell["source"]).replace("```", "\n")
        if cell["id"].endswith("-statement"):
            case = parser.get_doctest(text, dict(solutions), cell["id"], None, 0)
            runner.run(case)
    assert runner.summarize().failed == 0


@pytest.mark.parametrize("name", notebooks.NAMES)
def test_notebooks_keep_their_size(name):
    assert len(notebooks.cells("exercises", name)) <= 40


def test_all_five_kinds_are_there():
    kinds = {item.kind for item in ITEMS.values()}
    assert kinds == {"implement", "predict", "repair", "test", "explain"}
