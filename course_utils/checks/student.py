"""The only way from a check to the learner's code: `student.<name>(...)`.

`Student` is the transport. `NotebookStudent` calls directly, on copies; grading
replaces it by one that sends the same calls to a sandbox. Both run `invoke`, so
the learner's code meets the same treatment at home and when graded.
"""

import contextlib
import inspect
import io
import linecache
import traceback
from collections.abc import Callable, Mapping
from functools import partial

from course_utils.checks import limits
from course_utils.checks.values import Callback, Value, copied

PRINT_LIMIT = 20_000  # characters a single call may print
SHOWN = 400  # characters of a message or of the output that feedback shows


class StudentError(Exception):
    """Why a call gave no result.

    `kind` is "missing", "unsolved", "signature", "raised", "flood", "type", "slow"
    or "stopped"; `exception` is the name of the learner's exception where there was
    one.
    """

    def __init__(self, kind: str, text: str, exception: str = ""):
        super().__init__(text)
        self.kind = kind
        self.text = text
        self.exception = exception

    @property
    def halts(self) -> bool:
        """Whether further calls should not be tried: each might hang as well."""
        return self.kind in ("slow", "stopped")


class Student:
    """Calls by name: `student.f(x)` is `student.call("f", (x,), {})`.

    A name that holds no function but a value is read by a call without arguments;
    arguments are keys into it: `student.answers("a")` reads `answers["a"]`.
    """

    printed = ""

    def call(self, name: str, args: tuple, kwargs: dict) -> Value:
        """The plain value that came back. Raises StudentError where none did."""
        raise NotImplementedError

    def __getattr__(self, name: str) -> Callable[..., Value]:
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda *args, **kwargs: self.call(name, args, kwargs)


class NotebookStudent(Student):
    """The learner's names, called in this very process, each call for `seconds`."""

    def __init__(
        self, namespace: Mapping[str, object], seconds: float | None = limits.SECONDS
    ):
        self._namespace = namespace
        self._seconds = seconds

    def call(self, name: str, args: tuple, kwargs: dict) -> Value:
        output = _Limited()
        try:
            return invoke(self._namespace, name, args, kwargs, output, self._seconds)
        finally:
            if not self.printed:
                self.printed = output.getvalue()[:SHOWN]


def invoke(
    namespace: Mapping[str, object],
    name: str,
    args: tuple,
    kwargs: dict,
    output: io.StringIO,
    seconds: float | None = None,
) -> Value:
    """Call or read `name` in the learner's namespace; raises StudentError.

    An interrupt from the keyboard is one too, SystemExit passes through.
    """
    if name not in namespace:
        raise StudentError(
            "missing", f"There is no `{name}` yet. Run the answer cell; keep the name."
        )
    target = namespace[name]
    if isinstance(target, Callback) or not callable(target):
        return _read(target, name, args)
    _fits(target, name, args, kwargs)
    run = partial(
        target, *map(copied, args), **{k: copied(v) for k, v in kwargs.items()}
    )
    try:
        with (
            contextlib.redirect_stdout(output),
            contextlib.redirect_stderr(output),
            limits.within(seconds),
        ):
            result = run()
    except NotImplementedError as error:
        raise StudentError("unsolved", f"`{name}` is not implemented yet.") from error
    except _FloodError as error:
        raise StudentError(
            "flood", f"`{name}` printed more than {PRINT_LIMIT} characters in one call."
        ) from error
    except limits.TimeUpError as error:
        raise StudentError(
            "slow",
            f"`{name}` did not return within {seconds:g} s. Is there a loop that "
            f"never ends?{_line(error, namespace)}",
        ) from error
    except KeyboardInterrupt as error:
        raise StudentError(
            "stopped", f"You stopped `{name}`.{_line(error, namespace)}"
        ) from error
    except Exception as error:
        raise StudentError(
            "raised", _where(error, namespace, name), type(error).__name__
        ) from error
    try:
        return copied(result)
    except (TypeError, RecursionError) as error:
        raise StudentError("type", f"`{name}` returned {error}.") from error


def _read(value: object, name: str, keys: tuple) -> Value:
    for key in keys:
        try:
            value = value[key]
        except (KeyError, IndexError, TypeError) as error:
            raise StudentError(
                "missing", f"`{name}` has no entry {key!r}; keep the keys as they were."
            ) from error
    if value is None or value is ...:
        raise StudentError("unsolved", f"`{name}` is not answered yet.")
    try:
        return copied(value)
    except (TypeError, RecursionError) as error:
        raise StudentError("type", f"`{name}` holds {error}.") from error


def _fits(target: Callable, name: str, args: tuple, kwargs: dict) -> None:
    try:
        signature = inspect.signature(target)
    except (TypeError, ValueError):  # some built-ins have none; the call will tell
        return
    try:
        signature.bind(*args, **kwargs)
    except TypeError as error:
        given = len(args) + len(kwargs)
        raise StudentError(
            "signature",
            f"`{name}{signature}` cannot be called with {given} arguments: {error}.",
        ) from error


def _where(error: Exception, namespace: Mapping[str, object], name: str) -> str:
    """The exception, and the learner's own line that led to it."""
    text = ": ".join(filter(None, (type(error).__name__, _text(error))))
    return f"`{name}` stopped with {text}{_line(error, namespace)}"


def _line(error: BaseException, namespace: Mapping[str, object]) -> str:
    """The learner's own line that ran last, on a line of its own; else nothing."""
    frames = [
        (frame, line)
        for frame, line in traceback.walk_tb(error.__traceback__)
        if frame.f_globals is namespace
    ]
    if not frames:
        return ""
    frame, line = frames[-1]
    source = linecache.getline(frame.f_code.co_filename, line).strip()
    return f"\n    line {line}: {source}" if source else ""


def _text(error: Exception) -> str:
    try:
        text = str(error)
    except Exception as inner:  # a learner's exception class may break here too
        text = f"(its message raised {type(inner).__name__})"
    return text if len(text) <= SHOWN else text[:SHOWN] + " …"


class _FloodError(Exception):
    """Stops a loop that prints without end."""


class _Limited(io.StringIO):
    def write(self, text: str) -> int:
        if self.tell() + len(text) > PRINT_LIMIT:
            raise _FloodError
        return super().write(text)
