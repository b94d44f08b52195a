"""Stacks of calls that begin empty, so that all callers get as far before Python's limit."""

from collections.abc import Callable
from contextvars import ContextVar, copy_context
from threading import Event, Thread
from typing import TypeVar

__all__ = ["AbandonedError", "at_depth", "on_own_stack", "raise_if_abandoned"]

_T = TypeVar("_T")

_SECONDS = 0.5
"""How long a wait is, for Windows does not interrupt one by Ctrl-C."""

_MOST_ON_STACK = 8
"""How many functions of the source, one in the other, are evaluated on one stack of Python.

Each takes about 25 calls, and four times as many where blocks are nested deeply.
"""

_abandoned: ContextVar[Event | None] = ContextVar("_abandoned", default=None)


class AbandonedError(BaseException):
    """Nobody waits for the result any more."""


def on_own_stack(function: Callable[[], _T]) -> _T:
    """Return what *function* returns, or raise what it raises.

    It is called in a new thread, which has the context of the caller, or in this one where no
    other can be started.
    """
    abandoned = _abandoned.get() or Event()
    context = copy_context()
    context.run(_abandoned.set, abandoned)
    returned: list[_T] = []
    raised: list[BaseException] = []

    def run() -> None:
        try:
            returned.append(context.run(function))
        except BaseException as error:  # it is raised where the caller waits
            raised.append(error)

    thread = Thread(target=run, name="penstock-check", daemon=True)
    try:
        thread.start()
    except RuntimeError:  # as with Pyodide
        return function()
    try:
        while thread.is_alive():
            thread.join(_SECONDS)
    except BaseException:  # by Ctrl-C, for one
        abandoned.set()
        raise
    if raised:
        raise raised.pop()
    return returned.pop()


def at_depth(depth: int, function: Callable[[], _T]) -> _T:
    """Return what *function* returns, on a new stack if *depth* fills another one.

    Args:
        depth: How many functions of the source, one in the other, are being evaluated.
        function: The evaluation of the last one.
    """
    return function() if depth % _MOST_ON_STACK else on_own_stack(function)


def raise_if_abandoned() -> None:
    """End what nobody waits for.

    Raises:
        AbandonedError: If the caller of `on_own_stack` does not wait any more.
    """
    abandoned = _abandoned.get()
    if abandoned is not None and abandoned.is_set():
        raise AbandonedError
