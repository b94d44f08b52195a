"""What a forked process renews, also where Python does not notice that it was forked."""

import gc
import os
import subprocess
import sys
import textwrap
import threading

import pytest

from penstock import _forks
from penstock._forks import renew_after_fork, renew_if_forked


@pytest.fixture
def forked(monkeypatch):
    """Make this process look like one that was forked without Python's hooks."""
    monkeypatch.setattr(_forks, "_renewals", [])
    monkeypatch.setattr(_forks, "_process", os.getpid() + 1)


class Owner:
    """Something that a fork must renew."""

    renewed = 0

    def renew(self):
        self.renewed += 1


@pytest.mark.usefixtures("forked")
def test_renewed_once():
    """In a new process each state is renewed once, by whoever asks first."""
    owner, calls = Owner(), []
    renew_after_fork(owner.renew)
    renew_after_fork(lambda: calls.append("function"))

    renew_if_forked()
    renew_if_forked()

    assert (owner.renewed, calls) == (1, ["function"])


def test_same_process(monkeypatch):
    """In the same process nothing is renewed."""
    monkeypatch.setattr(_forks, "_renewals", [])
    owner = Owner()
    renew_after_fork(owner.renew)

    renew_if_forked()

    assert owner.renewed == 0


@pytest.mark.usefixtures("forked")
def test_collected():
    """What nobody uses any more is not kept for its renewal."""
    owner = Owner()
    renew_after_fork(owner.renew)
    del owner
    gc.collect()

    assert _forks._renewals == []


@pytest.mark.usefixtures("forked")
def test_collected_meanwhile(monkeypatch):
    """What is collected during a renewal is left out of it."""
    monkeypatch.setattr(_forks, "_renewals", [lambda: None])

    renew_if_forked()

    assert _forks._process == os.getpid()


@pytest.mark.usefixtures("forked")
def test_threads():
    """Threads that ask at once wait until one of them has renewed everything."""
    started, go_on, calls = threading.Event(), threading.Event(), []

    def renew():
        started.set()
        go_on.wait(10)
        calls.append("renewed")

    renew_after_fork(renew)
    threads = [threading.Thread(target=renew_if_forked) for _ in range(2)]
    threads[0].start()
    started.wait(10)
    threads[1].start()
    go_on.set()
    for thread in threads:
        thread.join()

    assert calls == ["renewed"]


@pytest.mark.usefixtures("forked")
def test_same_number(monkeypatch):
    """A child that has its parent's number, in a namespace of its own, is renewed too."""
    monkeypatch.setattr(_forks, "_process", os.getpid())
    owner = Owner()
    renew_after_fork(owner.renew)

    _forks._renew_at_fork()

    assert owner.renewed == 1


UNNOTICED = """
import ctypes, os, threading
from penstock import entrypoint, flow, get_flow
from penstock._registry import default_registry
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
        finished.wait(10)

threading.Thread(target=hold, daemon=True).start()
holding.wait(10)
for _ in range(3):
    child = fork()
    if child == 0:
        receive()
        get_flow("orders")
        print(memory.spans[0].span_id, memory.spans[0].run_id, flush=True)
        os._exit(0)
    os.waitpid(child, 0)
finished.set()
"""


def test_unnoticed(tmp_path):
    """Children of a C program's own fork have numbers of their own, and no lock of the parent."""
    script = tmp_path / "script.py"
    script.write_text(textwrap.dedent(UNNOTICED), encoding="utf-8")

    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, check=True, timeout=60
    )

    numbers = done.stdout.split()
    assert len(numbers) == len(set(numbers)) == 6
