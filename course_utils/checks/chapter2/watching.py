"""Watches a learner's test of a softmax: what it passes, what it called with."""

import torch
from torch import Tensor

from course_utils.checks.chapter2.masked import right
from course_utils.checks.student import Student
from course_utils.checks.watching import Run, watch_test

ARGUMENTS = ("scores", "mask", "dim")


def watch(student: Student, name: str, function) -> Run:
    """Run the learner's test on this implementation."""
    return watch_test(student.test_softmax, ARGUMENTS, name, function)


def why_missed(student: Student, run: Run, function, special: str = "") -> str:
    """The name of what keeps this test from seeing the bug that it passed.

    `function` has the bug. Each name holds for this very test, by construction.
    `special` says what inputs the bug needs: "tame", "dim", "mask" or "empty".
    """
    if _says_no(run):
        return "returns_instead_of_asserting"
    for mistake, nonsense in NONSENSE.items():
        passed = watch(student, mistake, nonsense)
        if passed.raised is None:
            return "returns_instead_of_asserting" if _says_no(passed) else mistake
    if special in LACKS and run.given:
        mistake, lacking = LACKS[special]
        if all(lacking(**given) for given in run.given):
            return mistake
    if watch(student, "sums", _equal_weights).raised is None:
        return "accepts_equal_weights"
    return "inputs_hide_it" if _harmless(function, run) else "assertions_miss_it"


def _harmless(function, run: Run) -> bool:
    return all(
        torch.allclose(function(**given).double(), right(**given).double())
        for given in run.given
    )


def _says_no(run: Run) -> bool:
    said = run.returned
    return said is False or (isinstance(said, Tensor) and not bool(said.all()))


def _tame(scores, mask, dim):
    total = scores.double().exp().sum(dim)
    return bool((total.isfinite() & (total > 0)).all())


def _last_axis(scores, mask, dim):
    return dim in (-1, scores.ndim - 1)


def _unmasked(scores, mask, dim):
    return bool(mask.all())


def _no_empty_row(scores, mask, dim):
    return bool(mask.any(dim).all())


LACKS = {
    "tame": ("uses_tame_scores", _tame),
    "dim": ("uses_the_last_axis_only", _last_axis),
    "mask": ("uses_no_mask", _unmasked),
    "empty": ("has_no_empty_row", _no_empty_row),
}


def _equal_weights(scores, mask, dim):
    share = mask.to(scores.dtype)
    return share / share.sum(dim, keepdim=True).clamp(min=1)


NONSENSE = {
    "accepts_a_single_0": lambda scores, mask, dim: torch.zeros(1, dtype=scores.dtype),
    "accepts_a_million_more": lambda scores, mask, dim: right(scores, mask, dim) + 1e6,
    "accepts_nan": lambda scores, mask, dim: scores * torch.nan,
    "accepts_a_third_more": lambda scores, mask, dim: right(scores, mask, dim) + 0.3,
}
