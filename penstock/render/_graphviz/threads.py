"""Jobs in threads, of which none goes on after Ctrl-C."""

import os
from _thread import start_new_thread
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from threading import local
from time import sleep
from typing import Any, TypeVar

__all__ = ["is_interrupted", "run_in_threads"]

_T = TypeVar("_T")

_WAIT = 0.5
"""Seconds of a wait. Python hears a Ctrl-C that comes as one begins only when that ends."""

_of_thread = local()


class _Block:
    """The state of threads that began together.

    Ctrl-C is raised between any two calls of the main thread. Where it comes inside of an executor,
    an event or the start of a `Thread`, which are written in Python, a lock is never given back:
    who waits for it waits for good. A `SimpleQueue` and `start_new_thread` have no such moment.
    """

    def __init__(self, jobs: Sequence[Callable[[], Any]]) -> None:
        self.waiting: SimpleQueue[tuple[int, Callable[[], Any]]] = SimpleQueue()
        self.ended: SimpleQueue[tuple[int, Any, BaseException | None]] = SimpleQueue()
        self.running: set[int] = set()
        self.interrupted = False
        for numbered in enumerate(jobs):
            self.waiting.put(numbered)

    def work(self) -> None:
        """Do one job after the other."""
        _of_thread.block = self
        while True:
            try:
                number, job = self.waiting.get_nowait()
            except Empty:
                return
            # In this order: Ctrl-C finds this job running, or the job finds that Ctrl-C came.
            self.running.add(number)
            try:
                if self.interrupted:
                    return
                self.ended.put((number, job(), None))
            except BaseException as error:
                self.ended.put((number, None, error))
            finally:
                self.running.discard(number)

    def next_ended(self) -> tuple[int, Any, BaseException | None]:
        """Return the number of the next job that ended, with what it returned or raised."""
        while True:
            try:
                return self.ended.get(timeout=_WAIT)
            except Empty:
                continue


def run_in_threads(jobs: Sequence[Callable[[], _T]], end: Callable[[], object]) -> list[_T]:
    """Do *jobs* in as many threads as there are cores, and return what they returned, in order.

    Where no thread can be started, they are done here, one after the other.

    Args:
        jobs: What to do. An error of one is raised when all that are in threads have ended.
        end: Called at Ctrl-C, until no job is running: it ends what they wait for.
    """
    block, started = _Block(jobs), 0
    try:
        for _ in jobs[: os.cpu_count()]:
            try:
                start_new_thread(block.work, ())
            except RuntimeError:  # no further one can be started here
                break
            started += 1
        if not started:
            return [job() for job in jobs]
        results = sorted((block.next_ended() for _ in jobs), key=lambda result: result[0])
    except KeyboardInterrupt:
        block.interrupted = True
        while block.running:
            end()
            sleep(0.01)
        raise
    for _, _, error in results:
        if error is not None:
            raise error
    return [returned for _, returned, _ in results]


def is_interrupted() -> bool:
    """Return whether Ctrl-C came since the job that this thread does began with others."""
    block: _Block | None = getattr(_of_thread, "block", None)
    return block is not None and block.interrupted
