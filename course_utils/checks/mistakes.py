"""Names a mistake: whose wrong answer behaves exactly like the learner's?

A correct answer runs through each check once, which shows every call the check
makes. The learner's function and every mutant are called in just that way. Where
the learner's results equal a mutant's on all calls of a failing check, the mutant
is the diagnosis; among several, the one that agrees on most other calls. Of a
check about one part of the results only that part is compared. Results that hold no
value, where everything stopped with an error, name nothing. A learner's test gives
no results to compare; its checks name what they see.
"""

from functools import lru_cache

from course_utils.checks.item import Check, Item, Mutant
from course_utils.checks.rng import Rng
from course_utils.checks.student import NotebookStudent, Student, StudentError
from course_utils.checks.values import Value, equal

Call = tuple[str, tuple, dict]
Outcome = tuple[str, Value]


def name_mistakes(
    item: Item, student: Student, failing: list[Check], seed: str
) -> dict[str, Mutant]:
    """The mutant that each failing check's results equal, where there is one."""
    try:
        calls, reference, mutants = _known(item, seed)
        if item.kind == "test":  # it only passes or fails: too little to go by
            return {}
        theirs = {name: _outcomes(student, calls[name]) for name in calls}
    except StudentError as error:
        if not error.halts:
            raise
        return {}  # it hangs, or somebody does not want to wait: no more calls
    named = {}
    for check in failing:
        came = _part(theirs[check.name], check.part)
        right = _part(reference[check.name], check.part)
        alike = [
            mutant
            for mutant, outcomes in mutants.items()
            if any(kind == "value" for kind, _ in came)
            and _same(came, wrong := _part(outcomes[check.name], check.part))
            and not _same(right, wrong)
        ]
        if alike:
            named[check.name] = max(alike, key=lambda m: _agreement(theirs, mutants[m]))
    return named


@lru_cache(maxsize=64)
def _known(item: Item, seed: str) -> tuple[dict, dict, dict]:
    """The calls of each check, and what the reference and each mutant answer."""
    calls = {check.name: _calls(item, check, seed) for check in item.checks}

    def answers(answer: object) -> dict[str, list[Outcome]]:
        student = NotebookStudent({item.asks: answer}, seconds=None)
        return {name: _outcomes(student, made) for name, made in calls.items()}

    mutants = {mutant: answers(mutant.answer) for mutant in item.mutants}
    return calls, answers(item.alternatives[0]), mutants


def _calls(item: Item, check: Check, seed: str) -> list[Call]:
    known = NotebookStudent({item.asks: item.alternatives[0]}, seconds=None)
    recorder = _Recorder(known)
    check.function(recorder, Rng(seed, item.id, check.name))
    return recorder.calls


class _Recorder(Student):
    def __init__(self, student: Student):
        self._student = student
        self.calls: list[Call] = []

    def call(self, name: str, args: tuple, kwargs: dict) -> Value:
        self.calls.append((name, args, kwargs))
        return self._student.call(name, args, kwargs)


def _outcomes(student: Student, calls: list[Call]) -> list[Outcome]:
    return [_outcome(student, call) for call in calls]


def _outcome(student: Student, call: Call) -> Outcome:
    try:
        return "value", student.call(*call)
    except StudentError as error:  # how it fails is part of how it behaves
        if error.halts:
            raise
        return error.kind, error.exception


def _part(outcomes: list[Outcome], key: str | None) -> list[Outcome]:
    """The outcomes with this entry in place of dicts that have it."""
    return [
        (kind, value[key] if isinstance(value, dict) and key in value else value)
        for kind, value in outcomes
    ]


def _same(first: list[Outcome], second: list[Outcome]) -> bool:
    return all(
        kind == other_kind and equal(value, other)
        for (kind, value), (other_kind, other) in zip(first, second, strict=True)
    )


def _agreement(first: dict, second: dict) -> int:
    return sum(
        _same([one], [other])
        for name in first
        for one, other in zip(first[name], second[name], strict=True)
    )
