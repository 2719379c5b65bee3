"""Checks of predictions: what the learner committed to against a measurement.

Each prediction stands by itself, so a wrong answer is one wrong value of one entry:
what is said about it fits whatever the other entries hold.
"""

from collections.abc import Callable

from course_utils.checks.expect import Wrong
from course_utils.checks.item import Check, Item
from course_utils.checks.rng import Rng
from course_utils.checks.student import Student
from course_utils.checks.values import equal


def measured(item: Item, key: str, points: float, title: str) -> Callable:
    """Decorator: this function of rng measures what the prediction `key` is about.

    The feedback does not tell the measured value: the learner measures it too.
    """

    def add(measure: Callable[[Rng], float | bool | str]) -> Callable:
        def compare(student: Student, rng: Rng) -> None:
            said = getattr(student, item.asks)(key)
            found = measure(rng)
            if type(said) is not type(found) and bool in (type(said), type(found)):
                raise Wrong(f"{key!r} is {said!r}; expected a {type(found).__name__}.")
            if not equal(said, found):
                raise Wrong(f"{key!r} is {said!r} here; the measurement disagrees.")

        item.checks.append(Check(key, title, points, compare))
        return measure

    return add


def misreading(
    item: Item, key: str, value: float | bool | str, name: str, says: str
) -> None:
    """Add a wrong value of the prediction `key`, worth a name and a sentence.

    The sentence must fit this value alone, and not tell the right one.
    """
    item.wrong(name, says, {**item.alternatives[0], key: value})
