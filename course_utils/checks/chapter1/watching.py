"""Watches a learner's test at work: what it was given back, what it called with.

A test only passes or fails. Why it misses a bug shows in the arguments that it uses,
and in the nonsense that it lets pass.
"""

from dataclasses import dataclass, field

import torch
from torch import Tensor

from course_utils.checks.chapter1.additive import ARGUMENTS, attend
from course_utils.checks.student import Student, StudentError
from course_utils.checks.values import Callback, Value


@dataclass
class Run:
    """One run of the test against one implementation."""

    raised: str | None = None
    exception: str = ""
    returned: Value = None
    given: list[dict] = field(default_factory=list)  # the arguments of each call


def watch(student: Student, name: str, function) -> Run:
    """Run the learner's test on this implementation."""
    run = Run()

    def watched(*args, **kwargs):
        run.given.append(dict(zip(ARGUMENTS, args, strict=False)) | kwargs)
        return function(*args, **kwargs)

    try:
        run.returned = student.test_attention(Callback(name, watched))
    except StudentError as error:
        if error.kind != "raised":
            raise
        run.raised, run.exception = error.text, error.exception
    return run


def why_missed(student: Student, run: Run, argument: str = "") -> str | None:
    """The name of what keeps this test from seeing the bug that it passed.

    `argument` is the one that the bug has to do with, "mask" or "bias".
    """
    said = run.returned
    if said is False or (isinstance(said, Tensor) and not bool(said.all())):
        return "returns_instead_of_asserting"
    for mistake, nonsense in NONSENSE.items():
        if watch(student, mistake, nonsense).raised is None:
            return mistake
    used = [given[argument] for given in run.given if argument in given]
    if argument == "mask" and all(bool(mask.all()) for mask in used):
        return "uses_no_mask"
    if argument == "bias" and not any(bool(bias.any()) for bias in used):
        return "uses_no_bias"
    if watch(student, "sums", _equal_weights).raised is None:
        return "looks_at_row_sums_only"
    return None


def _of_another_shape(*args, **kwargs):
    return torch.zeros(1), torch.zeros(1, 1)


def _huge(*args, **kwargs):
    return tuple(1e6 + part for part in attend(*args, **kwargs))


def _a_little_off(*args, **kwargs):
    return tuple(part + 0.3 for part in attend(*args, **kwargs))


def _equal_weights(*args, **kwargs):
    given = dict(zip(ARGUMENTS, args, strict=False)) | kwargs
    mask = given["mask"].to(given["value"].dtype)
    weights = mask / mask.sum(-1, keepdim=True).clamp(min=1)
    return weights @ given["value"], weights


NONSENSE = {
    "asserts_nothing": _of_another_shape,
    "looks_at_shapes_only": _huge,
    "tolerates_too_much": _a_little_off,
}
