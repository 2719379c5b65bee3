"""Runs the checks of an item against a student and collects the feedback."""

from course_utils.checks.expect import Wrong
from course_utils.checks.feedback import Feedback, Result
from course_utils.checks.item import Check, Item, Mutant
from course_utils.checks.mistakes import name_mistakes
from course_utils.checks.rng import Rng
from course_utils.checks.student import Student, StudentError

PUBLIC = "public"


def judge(item: Item, student: Student, seed: str = PUBLIC) -> Feedback:
    """Every check of the item, each with its own random numbers from the seed.

    Whatever the learner's code does becomes part of the feedback; only SystemExit,
    and an interrupt outside that code, pass through. After a call that did not
    return, no other is tried. A check that rejects the item's own correct answer is
    broken, and raises.
    """
    results, halted = [], False
    for check in item.checks:
        result, halted = _run(item, check, student, seed, halted)
        results.append(result)
    failing = [
        check
        for check, result in zip(item.checks, results, strict=True)
        if result.state == "failed" and result.mistake is None
    ]
    if halted:
        failing = []
    named = name_mistakes(item, student, failing, seed) if failing else {}
    for check, result in zip(item.checks, results, strict=True):
        result.mistake = result.mistake or named.get(check.name)
    return Feedback(item, results, student.printed)


def _run(
    item: Item, check: Check, student: Student, seed: str, halted: bool
) -> tuple[Result, bool]:
    """The verdict, and whether calls are to be tried no more."""
    result = Result(check.title, check.points)
    if halted:
        result.text = "Not tried, because of what happened above."
        return result, True
    try:
        check.function(student, Rng(seed, item.id, check.name))
    except StudentError as error:
        waiting = error.kind in ("unsolved", "missing")
        result.state = "unsolved" if waiting else "failed"
        result.text = error.text
        halted = error.halts
    except Wrong as wrong:
        result.state, result.text = "failed", str(wrong)
        result.mistake = _mutant(item, wrong.mistake)
    except Exception as error:  # a result so odd that the check could not read it
        result.state = "failed"
        result.text = (
            "The check could not use what came back "
            f"({type(error).__name__}: {error}). Compare it with the specification."
        )
    else:
        result.state = "passed"
    return result, halted


def _mutant(item: Item, name: str | None) -> Mutant | None:
    return next((m for m in item.mutants if m.name == name), None)
