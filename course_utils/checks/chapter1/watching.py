"""Watches a learner's test at work: what it was given back, what it called with.

A test only passes or fails. Why it misses a bug shows in the arguments that it uses,
and in the nonsense that it lets pass.
"""

import torch
from torch import Tensor

from course_utils.checks.chapter1.additive import ARGUMENTS, attend
from course_utils.checks.student import Student
from course_utils.checks.watching import Run, watch_test


def watch(student: Student, name: str, function) -> Run:
    """Run the learner's test on this implementation."""
    return watch_test(student.test_attention, ARGUMENTS, name, function)


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
