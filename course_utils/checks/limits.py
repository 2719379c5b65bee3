"""A time limit for the learner's code, which may loop for ever."""

import contextlib
import signal
import threading
from collections.abc import Iterator

SECONDS = 10.0  # for one call, unless the item says otherwise


class TimeUpError(BaseException):
    """The limit was reached. No Exception: `except Exception` must not hold it."""


@contextlib.contextmanager
def within(seconds: float | None) -> Iterator[None]:
    """Raise TimeUpError in the block when it takes longer.

    Works by a signal: in the main thread, where the system has SIGALRM (Windows has
    none). Elsewhere, and for None, there is no limit. A limit that was set before
    goes on afterwards.
    """
    possible = hasattr(signal, "SIGALRM") and (
        threading.current_thread() is threading.main_thread()
    )
    if seconds is None or not possible:
        yield
        return

    def stop(number: int, frame: object) -> None:
        raise TimeUpError

    handler = signal.signal(signal.SIGALRM, stop)
    before = signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        try:
            yield
        finally:  # the signal may come even here; what follows runs all the same
            signal.setitimer(signal.ITIMER_REAL, 0)
    finally:
        signal.signal(signal.SIGALRM, handler)
        signal.setitimer(signal.ITIMER_REAL, *before)
