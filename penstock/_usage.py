"""Calls of decorators that do not fit: their error says what to write instead."""

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from inspect import signature
from typing import Any, TypeVar, cast

from penstock._mocks import is_mock, unmocked
from penstock.exceptions import InvalidArgumentError, did_you_mean

__all__ = ["explains", "only_function"]

C = TypeVar("C", bound=Callable[..., Any])

_options: dict[str, Sequence[str]] = {}
"""The options of each decorator."""

_CURES = {
    "before": 'write after="..." on the later step, with the name of this one',
    "flow": 'put @flow("...") above it',
}
"""What to write instead of options that no decorator has."""


def explains(where: str, example: str) -> Callable[[C], C]:
    """Return a decorator: a call that does not fit raises what says how to write it.

    Nothing but such a call is looked at. What the function itself raises goes
    through.

    Args:
        where: What is called, as users know it.
        example: A right call.
    """

    def decorate(function: C) -> C:
        parameters = signature(function).parameters.values()
        options = _options[where] = [p.name for p in parameters if p.kind is p.KEYWORD_ONLY]

        @wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            try:
                return function(*args, **kwargs)
            except TypeError as error:
                if _is_raised_inside(error):
                    raise
            raise _usage_error(where, example, options, kwargs)

        return cast("C", call)

    return decorate


def _is_raised_inside(error: TypeError) -> bool:
    """Return whether what was called raised *error*, and not the call itself."""
    return error.__traceback__ is not None and error.__traceback__.tb_next is not None


def only_function(where: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Return the function that a decorator with arguments is called with.

    Raises:
        InvalidArgumentError: If that is not all it is called with, or a mock.
    """
    if len(args) == 1 and not kwargs:
        function = unmocked(args[0])
        if is_mock(function):
            message = f"{where} takes a function, and {function!r} is mocked: import its module"
            raise InvalidArgumentError(message)
        return function
    raise _usage_error(where, f"@{where} above a def", (), kwargs)


def _usage_error(
    where: str, example: str, options: Sequence[str], given: Mapping[str, object]
) -> InvalidArgumentError:
    unknown = next((name for name in given if name not in options), None)
    if unknown is None:
        message = f"{where} cannot be called with these arguments: write {example}"
    else:
        message = f"{where} has no option {unknown!r}{_cure(unknown, options, example)}"
    return InvalidArgumentError(message)


def _cure(unknown: str, options: Sequence[str], example: str) -> str:
    """Return what to write instead of an *unknown* option."""
    if unknown in _CURES:
        return f": {_CURES[unknown]}"
    other = next((where for where, names in _options.items() if unknown in names), None)
    if other is not None:
        return f": write {other.removesuffix(')')}{unknown}=...) instead"
    known = f"; it takes {', '.join(options)}" if options else f": write {example}"
    return did_you_mean(unknown, options) or known
