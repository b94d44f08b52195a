"""The limits of this platform, found by trying.

A test whose failure *is* such a refusal is skipped. Where a platform can do
everything, nothing is ever skipped.
"""

import importlib
import multiprocessing
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from threading import Thread

from penstock.render._graphviz.images import require_program

__all__ = ["INTERPRETERS", "find_refusal", "refused"]


def _start_thread() -> None:
    thread = Thread(target=int)
    thread.start()
    thread.join()


def _start_process() -> None:
    subprocess.run([sys.executable or "python", "-c", ""], check=True)


def _fork() -> None:
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)


def _make_pool() -> None:
    multiprocessing.get_context("spawn").SimpleQueue()


def _open_sockets() -> None:
    for end in socket.socketpair():
        end.close()


def _lock_file() -> None:
    fcntl = importlib.import_module("fcntl")
    with tempfile.TemporaryFile() as file:
        fcntl.flock(file, fcntl.LOCK_EX)


def _make_fifo() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.mkfifo(Path(folder, "fifo"))


def _limit_names() -> None:
    with tempfile.TemporaryDirectory() as folder:
        try:
            Path(folder, "x" * 300).touch()
        except OSError:
            return
    message = "files have no permissions, locks and longest names here"
    raise NotImplementedError(message)


def _recurse_deeply() -> None:
    if sys.platform == "emscripten":  # to try it would end the process
        message = "WebAssembly has a small stack"
        raise RecursionError(message)


INTERPRETERS = "_interpreters" if sys.version_info >= (3, 13) else "_xxsubinterpreters"
"""The module that makes another interpreter, before `concurrent.interpreters` of Python 3.14."""


def _make_interpreter() -> None:
    interpreters = importlib.import_module(INTERPRETERS)
    interpreters.destroy(interpreters.create())


_ABILITIES: dict[str, Callable[[], object]] = {
    "threads": _start_thread,
    "processes": _start_process,
    "fork": _fork,
    "multiprocessing": _make_pool,
    "sockets": _open_sockets,
    "file locks": _lock_file,
    "FIFOs": _make_fifo,
    "deep stack": _recurse_deeply,
    "ordinary file system": _limit_names,
    "interpreters": _make_interpreter,
    "trio": lambda: importlib.import_module("trio"),
    "Graphviz program": require_program,
    "compiled packages": lambda: importlib.import_module("gevent"),
}


@cache
def refused() -> dict[tuple[type[BaseException], str], str]:
    """Return what this platform refuses: the exception that says so, and the ability."""
    refusals = {}
    for ability, use in _ABILITIES.items():
        try:
            use()
        except Exception as error:
            refusals[type(error), str(error)] = ability
    return refusals


def find_refusal(error: BaseException) -> str | None:
    """Return the ability whose refusal *error* is, or is caused by; else None."""
    found = (refused().get((type(one), str(one))) for one in _related(error))
    return next(filter(None, found), None)


def _related(error: BaseException) -> Iterator[BaseException]:
    """Return *error*, what it was raised from, and the members of groups."""
    waiting, seen = [error], set()
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        waiting += filter(None, (one.__cause__, one.__context__))
        waiting += one.exceptions if isinstance(one, BaseExceptionGroup) else ()
