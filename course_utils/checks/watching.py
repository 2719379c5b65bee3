"""Watches a learner's test at work: what it was given back, what it called with."""

from collections.abc import Callable
from dataclasses import dataclass, field

from course_utils.checks.expect import Wrong
from course_utils.checks.student import StudentError
from course_utils.checks.values import Callback, Value


@dataclass
class Run:
    """One run of the test against one implementation."""

    raised: str | None = None
    exception: str = ""
    returned: Value = None
    given: list[dict] = field(default_factory=list)  # the arguments of each call


def watch_test(
    test: Callable, arguments: tuple[str, ...], name: str, function: Callable
) -> Run:
    """Run the learner's test on this implementation, whose arguments are named."""
    run = Run()

    def watched(*args, **kwargs):
        run.given.append(dict(zip(arguments, args, strict=False)) | kwargs)
        return function(*args, **kwargs)

    try:
        run.returned = test(Callback(name, watched))
    except StudentError as error:
        if error.kind != "raised":
            raise
        run.raised, run.exception = error.text, error.exception
    return run


def spares_all(runs: dict[str, Run]) -> None:
    """Raise Wrong where the test rejects one of these correct implementations."""
    rejecting = {name: run for name, run in runs.items() if run.raised}
    if not rejecting:
        return
    name, run = next(iter(rejecting.items()))
    mistake = "compares_bit_by_bit"
    if {run.exception for run in rejecting.values()} != {"AssertionError"}:
        mistake = None  # it broke down before it could judge
    elif len(rejecting) == len(runs):
        mistake = "rejects_all_correct_ones" if run.given else "rejects_everything"
    raise Wrong(
        f"Your test rejects a correct implementation ({name}): {run.raised}", mistake
    )
