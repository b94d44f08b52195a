"""The stack of the caller, on which no report depends."""

from contextvars import ContextVar
from threading import Event, Thread

import pytest
from checked_sources import checked, verdicts

from penstock.evidence._analysis.engine import Engine
from penstock.evidence._stack import AbandonedError, on_own_stack, raise_if_abandoned


def at_depth(number, function):
    """Call *function* below *number* other calls."""
    return function() if number == 0 else at_depth(number - 1, function)


def chain(number, blocks=0):
    """Return functions that call each other, each in as many blocks."""
    lines = ["@step", "def pay(): f0()"]
    for n in range(number):
        lines.append(f"def f{n}():")
        lines += ["    " * (block + 1) + "with lock:" for block in range(blocks)]
        lines.append("    " * (blocks + 1) + f"f{n + 1}()")
    return "\n".join([*lines, f"def f{number}(): charge()", "@step", "def charge(): ...", ""])


@pytest.mark.parametrize("depth", [5, 600])
def test_a_report_does_not_depend_on_the_depth_of_the_caller(depth):
    """A chain of calls is followed as far from a deep stack as from any other."""
    report = at_depth(depth, lambda: checked(chain(30), "pay -> charge"))

    assert verdicts(report) == {"pay -> charge": ("supported", "call")}


def test_calls_in_many_blocks_are_followed_as_far_as_others():
    """Each call that is followed may take many calls of the check itself."""
    report = checked(chain(39, blocks=15), "pay -> charge")

    assert verdicts(report) == {"pay -> charge": ("supported", "call")}


def test_calls_in_many_conditions_are_in_order_as_others():
    """The check calls itself more often for a function with many blocks."""
    source = chain(39, blocks=15).replace("with lock:", "if lock():")
    report = checked(source, "pay -> charge")

    assert not report.failures
    assert verdicts(report) == {"pay -> charge": ("supported", "call")}


def test_where_no_thread_can_be_started_the_caller_checks(monkeypatch):
    """The check needs no threads."""

    def start(_):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(Thread, "start", start)

    assert verdicts(checked(chain(20), "pay -> charge")) == {"pay -> charge": ("supported", "call")}


@pytest.mark.parametrize("kind", [KeyError, KeyboardInterrupt, SystemExit])
def test_what_is_raised_reaches_the_caller(kind):
    """An exception is that of the function that was called."""
    error = kind()

    def fail():
        raise error

    with pytest.raises(kind) as raised:
        on_own_stack(fail)
    assert raised.value is error


def test_the_context_is_that_of_the_caller():
    """A function sees the variables of its caller's context."""
    variable = ContextVar("variable", default="")
    variable.set("here")

    assert on_own_stack(variable.get) == "here"


class Interrupted:
    """Ctrl-C while the first thread that is started runs."""

    def __init__(self, patch):
        self.thread, self.is_running, self.has_happened = None, Event(), Event()
        self.join, start = Thread.join, Thread.start

        def noted(thread):
            self.thread = self.thread or thread
            start(thread)

        def join(thread, timeout=None):
            if thread is self.thread:
                self.is_running.wait()
                raise KeyboardInterrupt
            self.join(thread, timeout)

        patch.setattr(Thread, "start", noted)
        patch.setattr(Thread, "join", join)

    def wait(self):
        """Wait until it happens, in the thread."""
        self.is_running.set()
        self.has_happened.wait()

    def has_ended(self):
        """Let the thread go on, and return whether it ends."""
        self.has_happened.set()
        self.join(self.thread, 10)
        return not self.thread.is_alive()


@pytest.fixture
def interrupted(monkeypatch):
    return Interrupted(monkeypatch)


def test_an_interrupted_caller_does_not_wait(interrupted):
    """Ctrl-C ends the wait at once, and then what was waited for, with all that this waits for."""
    ended = []

    def work():
        interrupted.wait()
        try:
            raise_if_abandoned()
        except AbandonedError as error:
            ended.append(error)
            raise

    with pytest.raises(KeyboardInterrupt):
        on_own_stack(lambda: on_own_stack(work))

    assert interrupted.has_ended()
    assert ended


def test_an_interrupted_check_ends(interrupted, monkeypatch):
    """A check that nobody waits for follows no further calls."""
    run, followed = Engine._run, []

    def noted(self, activation):
        followed.append(activation)
        interrupted.wait()
        run(self, activation)

    monkeypatch.setattr(Engine, "_run", noted)
    with pytest.raises(KeyboardInterrupt):
        checked(chain(30), "pay -> charge")

    assert interrupted.has_ended()
    assert len(followed) == 1
