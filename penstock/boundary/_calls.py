"""Functions that are called in a run which is found at each call."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from penstock._runtime.failure_records import record_failure
from penstock._runtime.instrument import instrument
from penstock._runtime.run import Run, current
from penstock._runtime.scope import Scope

__all__ = ["bind_calls"]

P = ParamSpec("P")
R = TypeVar("R")


def bind_calls(function: Callable[P, R], find_run: Callable[[], Run | None]) -> Callable[P, R]:
    """Return *function* with each call in the run that *find_run* returns.

    For queues whose functions can look up the message or job of the current call.
    The wrapper is of the same kind as *function*: a function, a coroutine
    function, a generator function or an asynchronous one.

    Args:
        function: The function that the queue calls.
        find_run: Called for each call; returns the run that `Inbound.receive` or
            `Inbound.accept` made for the job. None keeps the current run.

    .. versionadded:: 0.2
    """

    def begin() -> Run | None:
        return find_run() or current.get()

    return instrument(function, Scope(begin, current.set, current.reset, fail=_fail))


def _fail(run: Run | None, error: BaseException) -> None:
    if run is not None:
        record_failure(run, error)
