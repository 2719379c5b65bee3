"""The checks of the exercises: one set, used by learners and by the grader."""

_PUBLIC = {"check", "hint", "earned"}
__all__ = ["check", "earned", "hint"]


def __getattr__(name: str):
    # torch is imported on first use, so that `course start` is quick
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from course_utils.checks import notebook

    return getattr(notebook, name)
