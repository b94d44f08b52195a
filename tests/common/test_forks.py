"""The state that a forked process renews, even if Python does not notice the fork."""

import ctypes
import gc
import os
import subprocess
import sys
import textwrap
import threading
import time
from contextlib import contextmanager

import pytest
from forked import end_fork

from penstock._common import forks
from penstock._common.forks import make_witness, renew_after_fork, renew_if_forked
from penstock._runtime.ids import make_flow_id


@pytest.fixture
def forked(monkeypatch):
    """Make this process look like one that was forked without Python's hooks."""
    monkeypatch.setattr(forks, "_renewals", [])
    monkeypatch.setattr(forks, "_process", os.getpid() + 1)


class Owner:
    """Something that a fork must renew."""

    renewed = 0

    def renew(self):
        self.renewed += 1


@pytest.mark.usefixtures("forked")
def test_renewed_once():
    """In a new process each state is renewed once, by the first caller."""
    owner, calls = Owner(), []
    renew_after_fork(owner.renew)
    renew_after_fork(lambda: calls.append("function"))

    renew_if_forked()
    renew_if_forked()

    assert (owner.renewed, calls) == (1, ["function"])


def test_same_process(monkeypatch):
    """In the same process nothing is renewed."""
    monkeypatch.setattr(forks, "_renewals", [])
    owner = Owner()
    renew_after_fork(owner.renew)

    renew_if_forked()

    assert owner.renewed == 0


@pytest.mark.usefixtures("forked")
def test_collected():
    """An object without other references is not kept for its renewal."""
    owner = Owner()
    renew_after_fork(owner.renew)
    del owner
    gc.collect()

    assert forks._renewals == []


@pytest.mark.usefixtures("forked")
def test_collected_meanwhile(monkeypatch):
    """An object that is collected during a renewal is left out of it."""
    monkeypatch.setattr(forks, "_renewals", [lambda: None])

    renew_if_forked()

    assert forks._process == os.getpid()


@pytest.mark.usefixtures("forked")
def test_threads():
    """Threads that ask at once wait until one of them has renewed everything."""
    started, go_on, calls = threading.Event(), threading.Event(), []

    def renew():
        started.set()
        go_on.wait(60)
        calls.append("renewed")

    renew_after_fork(renew)
    threads = [threading.Thread(target=renew_if_forked) for _ in range(2)]
    threads[0].start()
    started.wait(60)
    threads[1].start()
    go_on.set()
    for thread in threads:
        thread.join()

    assert calls == ["renewed"]


class TestWitness:
    """The value that shows that a process was forked."""

    def test_notices(self):
        """It is true here, and false in a child until that has renewed its state."""
        witness = make_witness()
        assert witness[0]

        assert in_child(lambda: bool(witness[0])) == "False"
        assert in_child(lambda: (set_true(witness), bool(witness[0]))[1]) == "True"
        assert witness[0]

    @pytest.mark.parametrize("accepted", [True, False], ids=["takes anything", "takes nothing"])
    def test_other_systems(self, monkeypatch, accepted):
        """If memory is not known to be wiped, the number of the process is asked."""
        monkeypatch.setattr(forks, "_accepts", lambda page, advice: accepted)

        self.test_notices()

    def test_no_such_memory(self, monkeypatch):
        """The same where there is no memory of that kind."""
        monkeypatch.delattr("mmap.MAP_ANONYMOUS")

        self.test_notices()

    def test_set_by_number(self, monkeypatch):
        """A witness by process ID is false in another process until that process sets it."""
        monkeypatch.setattr(forks, "_accepts", lambda page, advice: False)
        witness = make_witness()
        monkeypatch.setattr(forks, "getpid", lambda: os.getpid() + 1)
        assert not witness[0]

        set_true(witness)

        assert witness[0]

    def test_no_forks(self, monkeypatch):
        """If nothing forks, nothing is asked."""
        monkeypatch.delattr(os, "fork")

        assert make_witness() == [1]


def set_true(witness):
    witness[0] = 1


@contextmanager
def without_switches():
    """Let no other thread wait for the lock of Python in the block.

    One that does so at a fork is not in the child, which would wait for it forever.
    """
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1_000)
    try:
        time.sleep(0.02)  # those that wait still have the interval of before
        yield
    finally:
        sys.setswitchinterval(interval)


def in_child(work):
    """Return what *work* returns in a child that Python does not notice, as text."""
    reading, writing = os.pipe()
    libc = ctypes.PyDLL(None, use_errno=True)
    with without_switches():
        child = libc.fork()
        if child == 0:
            written = str(work()).encode()
            libc.write(writing, written, len(written))  # without releasing the lock of Python
            end_fork()
    if child < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    os.waitpid(child, 0)
    written = os.read(reading, 100).decode()
    os.close(reading)
    os.close(writing)
    return written


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_random_digits():
    """Children that Python does not notice draw other digits than their parent."""
    make_flow_id()

    made = [in_child(lambda: make_flow_id()[12:]) for _ in range(3)]
    made += [make_flow_id()[12:] for _ in range(70)]

    assert len(set(made)) == 73


@pytest.mark.usefixtures("forked")
def test_same_number(monkeypatch):
    """A child that has its parent's number, in its own namespace, is renewed too."""
    monkeypatch.setattr(forks, "_process", os.getpid())
    owner = Owner()
    renew_after_fork(owner.renew)

    forks._renew_at_fork()

    assert owner.renewed == 1


UNNOTICED = """
import ctypes, os, threading
from penstock import entrypoint, flow, get_flow
from penstock._declared.registry import default_registry
from penstock.tracing import InMemoryExporter, configure

memory = InMemoryExporter()
configure(memory)

@flow("orders")
@entrypoint
def receive(): ...

fork = ctypes.PyDLL(None).fork  # with the GIL held, as a server's own C code does
holding, finished = threading.Event(), threading.Event()

def hold():
    with default_registry()._lock:
        holding.set()
        finished.wait(60)

threading.Thread(target=hold, daemon=True).start()
holding.wait(60)
for _ in range(3):
    child = fork()
    if child == 0:
        receive()
        get_flow("orders")
        (span,) = memory.spans
        print(span.span_id, span.run_id, span.process_id, flush=True)
        os._exit(0)
    os.waitpid(child, 0)
finished.set()
"""


def test_unnoticed(tmp_path):
    """Children that a C program forks have other numbers, and no lock of the parent."""
    script = tmp_path / "script.py"
    script.write_text(textwrap.dedent(UNNOTICED), encoding="utf-8")

    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, check=True, timeout=60
    )

    numbers = done.stdout.split()
    assert len(numbers) == len(set(numbers)) == 9
