"""Jobs in threads: what they return, what they raise, and that Ctrl-C ends them."""

import subprocess
import sys
import threading
import time
from functools import partial
from types import SimpleNamespace

import pytest

from penstock.render import _graphviz
from penstock.render._graphviz.threads import is_interrupted, run_in_threads


def test_order(monkeypatch):
    """Results come in the order of the jobs, however often they are waited for."""
    monkeypatch.setattr(_graphviz.threads, "_WAIT", 0)

    def late(number):
        time.sleep(0.05 - number / 100)
        return number

    assert run_in_threads([partial(late, number) for number in range(5)], list) == [*range(5)]


@pytest.mark.needs("threads")
def test_errors():
    """All jobs are done, and then the first error is raised."""
    done = []

    def fail(number):
        done.append(number)
        raise LookupError(number)

    with pytest.raises(LookupError, match="0"):
        run_in_threads([partial(fail, number) for number in range(5)], list)

    assert sorted(done) == [*range(5)]


@pytest.mark.parametrize(
    "allowed", [0, pytest.param(1, marks=pytest.mark.needs("threads"))], ids=["none", "one"]
)
def test_refused_threads(monkeypatch, allowed):
    """If a thread cannot be started, the others do all jobs, or the calling one does."""
    start, left = _graphviz.threads.start_new_thread, [None] * allowed

    def refuse(function, arguments):
        if not left:
            raise RuntimeError("can't start new thread")
        left.pop()
        return start(function, arguments)

    monkeypatch.setattr(_graphviz.threads, "start_new_thread", refuse)
    monkeypatch.setattr(_graphviz.threads.os, "cpu_count", lambda: 3)

    def is_main():
        return threading.get_ident() == threading.main_thread().ident

    assert run_in_threads([is_main] * 4, list) == [not allowed] * 4


def test_in_this_thread(monkeypatch):
    """A thread does each job that waits, unless they were interrupted."""
    monkeypatch.setattr(_graphviz.threads, "_of_thread", SimpleNamespace())
    block = _graphviz.threads._Block([lambda: "drawn", lambda: [].pop()])

    block.work()
    block.waiting.put((2, lambda: "not begun"))
    block.interrupted = True
    block.work()

    (_, drawn, nothing), (_, _, error) = block.next_ended(), block.next_ended()
    assert (drawn, nothing) == ("drawn", None)
    assert isinstance(error, IndexError)
    assert block.ended.empty()
    assert not block.running
    assert is_interrupted()


@pytest.mark.needs("threads")
def test_interrupted(monkeypatch):
    """At Ctrl-C, what runs is ended, and what waits is not begun."""
    monkeypatch.setattr(_graphviz.threads.os, "cpu_count", lambda: 1)
    begun, ended, seen = threading.Event(), threading.Event(), []

    def job():
        begun.set()
        ended.wait(60)
        seen.append(is_interrupted())

    def interrupt(block):
        begun.wait(60)
        raise KeyboardInterrupt

    monkeypatch.setattr(_graphviz.threads._Block, "next_ended", interrupt)

    with pytest.raises(KeyboardInterrupt):
        run_in_threads([job] * 3, ended.set)

    assert seen == [True]
    assert not is_interrupted()


ANYWHERE = """
import faulthandler, sys, threading, time
from penstock.render._graphviz import threads

threads.sleep = lambda seconds: time.sleep(0)
jobs = 0

def run(left):
    global jobs
    faulthandler.dump_traceback_later(20, exit=True)
    interrupted, ended = False, threading.Lock()
    ended.acquire()

    def job():
        global jobs
        jobs += 1
        ended.acquire(timeout=0.1)
        jobs -= 1

    def end():
        if ended.locked():
            ended.release()

    def watch(frame, event, argument):
        # Python looks for signals where a function begins and where a call has ended.
        nonlocal left, interrupted
        left -= event != "c_call"
        if left == 0:
            interrupted = True
            raise KeyboardInterrupt

    sys.setprofile(watch)
    try:
        threads.run_in_threads([job], end)
    except KeyboardInterrupt:
        pass
    finally:
        sys.setprofile(None)
    assert jobs == 0, left
    return interrupted

times = 1
while run(times):
    times += 1
print(times)
"""


@pytest.mark.needs("threads")
@pytest.mark.needs("processes")
@pytest.mark.usefixtures("_unmeasured")
def test_interrupted_anywhere():
    """Wherever Ctrl-C comes, in Python's own modules too, the job ends, and so does the process."""
    command = [sys.executable, "-P", "-c", ANYWHERE]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)

    assert (ended.stderr, ended.returncode) == ("", 0)
    assert int(ended.stdout) > 10
