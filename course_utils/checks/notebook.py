"""What an exercise notebook calls: `check("1.q3")` and `hint("1.q3")`."""

import os
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

from course_utils.checks import registry
from course_utils.checks.feedback import Feedback
from course_utils.checks.judge import judge
from course_utils.checks.progress import record
from course_utils.checks.student import NotebookStudent

GRADING = "NBGRADER_EXECUTION"  # a variable that nbgrader sets
STEPS = ("a nudge", "the method", "pseudocode")
_latest: dict[str, Feedback] = {}  # of this kernel
_shown: Counter[str] = Counter()


def check(
    item_id: str, namespace: Mapping[str, object] | None = None
) -> "Feedback | Note":
    """Check the answer to an item in the notebook that calls; keep the best result.

    Never raises for what the learner's code does, nor for an id that does not exist,
    except under nbgrader (its NBGRADER_EXECUTION is set), where less than full
    points is an AssertionError.
    """
    try:
        item = registry.find(item_id)
    except registry.NoItemError as error:
        if GRADING in os.environ:
            raise
        return Note(str(error))
    if namespace is None:
        namespace = sys._getframe(1).f_globals
    feedback = judge(item, NotebookStudent(namespace, item.seconds))
    _latest[item_id] = feedback
    if GRADING in os.environ:
        if not feedback.full and not item.rubric:
            raise AssertionError(str(feedback))
    elif feedback.attempted:
        record(item_id, feedback.points)
    return feedback


def hint(item_id: str) -> "Note":
    """The next of three hints: a nudge, then the method, then pseudocode."""
    try:
        hints = registry.find(item_id).hints
    except registry.NoItemError as error:
        return Note(str(error))
    step = min(_shown[item_id], len(hints) - 1)
    _shown[item_id] += 1
    return Note(f"{item_id}: {STEPS[step]}, hint {step + 1} of 3", hints[step])


def earned() -> tuple[float, float]:
    """Points earned and possible in the items checked since this kernel started.

    What a person reads does not count.
    """
    counted = [feedback for feedback in _latest.values() if not feedback.item.rubric]
    return (
        sum(feedback.points for feedback in counted),
        sum(feedback.item.points for feedback in counted),
    )


@dataclass(frozen=True)
class Note:
    """A hint or a remark; shows itself in a notebook and as text."""

    title: str
    text: str = ""

    def __repr__(self) -> str:
        return f"{self.title}\n{self.text}".strip()

    def _repr_html_(self) -> str:
        return (
            '<div style="border-left:4px dotted;padding:.2em 1em">'
            f"<strong>{escape(self.title)}</strong>"
            f'<div style="white-space:pre-wrap">{escape(self.text)}</div></div>'
        )
