"""Functions of users: they return their result at once, or they are refused."""

import logging
from collections.abc import Callable
from functools import partial
from inspect import (
    isasyncgenfunction,
    isawaitable,
    iscoroutine,
    iscoroutinefunction,
    isgeneratorfunction,
)
from typing import Any
from weakref import WeakSet

from penstock.exceptions import ConfigurationError

__all__ = ["attempt", "check_plain_function", "discard", "is_true", "report_once", "runs_later"]

_logger = logging.getLogger("penstock")


def check_plain_function(location: str, name: str, function: object) -> None:
    """Refuse *function* if a call of it would be work that is still to be done.

    Args:
        location: Where it was given.
        name: Its name there, or "" if *location* has it.
        function: The function.

    Raises:
        ConfigurationError: If it is a coroutine function or a generator function.

    .. versionadded:: 0.2
    """
    if runs_later(function):
        problem = (
            f"{name} cannot be a coroutine function or a generator function, since nobody would "
            f"wait for its result: write a plain function (def), not {_name(_called(function))!r}"
        )
        raise ConfigurationError(location, problem.lstrip())


def runs_later(function: object) -> bool:
    """Return whether a call of *function* is work that is still to be done."""
    function = _called(function)
    method = getattr(type(function), "__call__", None)  # noqa: B004 - the method itself is looked at
    return any(is_kind(it) for it in (function, method) for is_kind in _RUNS_LATER)


_RUNS_LATER = (iscoroutinefunction, isasyncgenfunction, isgeneratorfunction)


def _called(function: Any) -> Any:
    """Return what a partial calls, or else *function* itself."""
    while isinstance(function, partial):
        function = function.func
    return function


def discard(result: Any) -> bool:
    """Return whether *result* is work that is still to be done, which is closed unseen."""
    if iscoroutine(result):
        result.close()
    return isawaitable(result)


def is_true(function: Any, name: str, asked: object) -> bool:
    """Return whether *function* returns True for *asked*, and nothing else.

    That it raises, or returns something else than True or False, is logged once.

    Args:
        function: What `check_plain_function` did not refuse.
        name: What the function is, for the log.
        asked: What it is called with.
    """
    try:
        result = function(asked)
    except Exception:
        report_once(function, "%s failed; nothing is adopted", name, exc_info=True)
        return False
    if isinstance(result, bool):
        return result
    discard(result)
    message = "%s returned %s, not True or False; nothing is adopted"
    report_once(function, message, name, type(result).__name__)
    return False


_reported: WeakSet[Any] = WeakSet()


def report_once(function: Any, message: str, *args: object, exc_info: bool = False) -> None:
    """Log an error about *function* unless there was one already.

    By its code, so that a function that is created again for each message is known.
    """
    function = _called(function)
    key = getattr(function, "__code__", None) or type(function)
    if key not in _reported:
        _reported.add(key)
        _logger.error(message, *args, exc_info=exc_info)


def _name(function: object) -> str:
    return getattr(function, "__qualname__", None) or type(function).__qualname__


def attempt(action: Callable[[], Any], otherwise: Any = None) -> Any:
    """Return what *action* returns, or *otherwise* if it raises anything.

    Code of users may raise anything when an object is inspected: a ``repr``, a
    property, a descriptor. Only Ctrl+C ends the program.

    .. versionadded:: 0.2
    """
    try:
        return action()
    except KeyboardInterrupt:
        raise
    except BaseException:  # sys.exit() in a repr, too
        return otherwise
