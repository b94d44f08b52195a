"""Calls of decorators that do not fit: their error says what to write instead."""

import sys
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from inspect import signature
from types import FunctionType
from typing import Any, TypeVar, cast

from penstock._common.compat import is_import_statement, is_mock, unmocked
from penstock.exceptions import InvalidArgumentError, did_you_mean

__all__ = ["as_code", "explains", "missing_name", "only_function", "string_error"]

C = TypeVar("C", bound=Callable[..., Any])

_options: dict[str, Sequence[str]] = {}
"""The options of each decorator."""

_CURES = {
    "backend": "write penstock.tracing.configure(...) with an exporter",
    "before": 'write after="..." on the later step, with the name of this one',
    "flow": 'put @flow("...") above it',
    "flow_name": 'put @flow("...") above it',
}
"""The hints for options that no decorator has."""


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
        if type(args[0]) is FunctionType:
            return args[0]
        function = unmocked(args[0])
        if is_mock(function):
            message = f"{where} takes a function, and {function!r} is mocked: import its module"
            raise InvalidArgumentError(message)
        return function
    raise _usage_error(where, f"@{where} above a def", (), kwargs)


def string_error(
    where: str, string: str, option: str | None, given: Mapping[str, object]
) -> InvalidArgumentError:
    """Return the error for the decorator *where* if it is called with a string, as in 0.1.0.

    Args:
        where: The name of the decorator.
        string: What it is called with.
        option: What else the string may be: an option that is not *given*.
        given: The other options. Those that are None are left out.
    """
    options = {name: value for name, value in given.items() if value is not None}
    message = (
        f"{where}() takes a function, not {string!r} (str). If that is the name of a flow, "
        "import flow from penstock and write\n"
        f"    @flow({string!r})\n"
        f"    {_written(where, options)}\n"
        "    def ..."
    )
    if option is not None:
        other = _written(where, {option: string, **options})
        message += f"\nIf it is {_MEANINGS[where, option]}, write {other}"
    return InvalidArgumentError(message)


_MEANINGS = {
    ("step", "after"): "the step before this one",
    ("step", "name"): "the name of this step",
    ("entrypoint", "name"): "the name of this step",
}


def _written(where: str, options: Mapping[str, object]) -> str:
    """Return the decorator *where* with *options*, as it is written in code."""
    arguments = ", ".join(f"{name}={as_code(value)}" for name, value in options.items())
    return f"@{where}({arguments})" if arguments else f"@{where}"


def as_code(value: object) -> str:
    """Return an option's *value* as it is written in code: functions by their names."""
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{as_code(k)}: {as_code(v)}' for k, v in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(as_code, value))}]"
    return getattr(value, "__name__", None) or repr(value)


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


_RENAMED = {
    "backends": "exporters of spans are in penstock.tracing and penstock.contrib.opentelemetry",
    "get_flow_context": "write current_run()",
    "get_flow_context_value": 'write current_run().values.get("name")',
    "set_flow_context_value": "write annotate(name=value)",
}
"""The hints for names that only 0.1.0 has."""


def missing_name(name: str) -> AttributeError | ImportError:
    """Return the error for a *name* that the package has not, for its ``__getattr__``.

    An import statement drops an `AttributeError` with its message, and so gets an `ImportError`.
    """
    if name not in _RENAMED:
        return AttributeError(f"module 'penstock' has no attribute {name!r}")
    message = f"penstock has no {name!r}, which was in 0.1.0: {_RENAMED[name]}"
    # The package is asked by `importlib` for each name of an import statement.
    if is_import_statement(sys._getframe(2)):
        return ImportError(message, name="penstock")
    return AttributeError(message)
