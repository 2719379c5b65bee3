"""Code that does not come back: a time limit, an interrupt, and feedback for both."""

import signal
import time

import pytest
import torch

from course_utils.checks import limits
from course_utils.checks.judge import judge
from course_utils.checks.student import NotebookStudent, StudentError
from tests.checks.test_engine import ITEM, raising

LOOP = """def f(x):
    count["calls"] += 1
    while True:
        try:
            x = x + 1
        except Exception:
            pass
"""


def looping(tmp_path, source=LOOP):
    path = tmp_path / "cell.py"
    path.write_text(source)
    namespace = {"count": {"calls": 0}}
    exec(compile(source, str(path), "exec"), namespace)
    return namespace


def test_a_loop_without_end_is_feedback(tmp_path):
    namespace = looping(tmp_path)
    start = time.monotonic()
    feedback = judge(ITEM, NotebookStudent(namespace, seconds=0.2))
    assert time.monotonic() - start < 5
    assert namespace["count"]["calls"] == 1  # no other call is tried
    assert "`f` did not return within 0.2 s." in str(feedback)
    assert "x = x + 1" in str(feedback) or "while True" in str(feedback)
    assert "not yet: negative (1)\n      Not tried" in str(feedback)
    assert feedback.points == 0
    assert feedback.attempted


def test_a_loop_that_only_shows_when_naming_stops_there():
    calls = []

    def f(x):
        calls.append(1)
        while len(calls) > 1:
            pass
        return x

    item = judge(ITEM, NotebookStudent({"f": f}, seconds=0.2))
    assert "did not return" in str(item)
    assert len(calls) == 2


def test_the_default_limit_is_ten_seconds():
    assert NotebookStudent({})._seconds == limits.SECONDS == 10


def test_an_interrupt_of_the_learners_code_is_feedback(tmp_path):
    source = "import signal\n\ndef f(x):\n    signal.raise_signal(signal.SIGINT)\n"
    feedback = judge(ITEM, NotebookStudent(looping(tmp_path, source)))
    assert "You stopped `f`.\n          line 4: signal.raise_signal" in str(feedback)
    assert "Not tried" in str(feedback)


def test_an_interrupt_elsewhere_and_an_exit_pass_through():
    class Broken(NotebookStudent):
        def call(self, name, args, kwargs):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        judge(ITEM, Broken({}))
    with pytest.raises(SystemExit):
        judge(ITEM, NotebookStudent({"f": raising(SystemExit())}))


def test_an_earlier_alarm_goes_on(tmp_path):
    rung = []
    before = signal.signal(signal.SIGALRM, lambda *_: rung.append(1))
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.6)
        with pytest.raises(StudentError) as caught:
            NotebookStudent(looping(tmp_path), seconds=0.1).f(torch.ones(1))
        assert caught.value.halts
        assert not rung
        time.sleep(0.8)
        assert rung
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_without_signals_there_is_no_limit(monkeypatch):
    monkeypatch.delattr(signal, "SIGALRM")
    with limits.within(0.01):
        time.sleep(0.05)
