"""The parts of a callable: functions, their code, and the lines where that is written."""

import sys
from collections.abc import Iterator
from functools import partial
from inspect import unwrap
from types import CodeType, FunctionType, MethodType
from typing import Any, TypeGuard
from weakref import ref

from penstock._common.compat import is_mock, unmocked
from penstock._declared.step import Location

__all__ = [
    "functions_of",
    "is_plain",
    "layers",
    "locate",
    "located",
    "own_functions",
    "receiver_of",
    "unwrap_method",
    "written_code",
]


def unwrap_method(target: Any) -> Any:
    """Return the function inside a static or class method, else *target* itself."""
    # By its type: a proxy, like a shared task of Celery, would look for its target.
    kind = type(target)
    if kind is not FunctionType and issubclass(kind, (staticmethod, classmethod)):
        return target.__func__
    return target


def is_plain(target: object) -> TypeGuard[FunctionType]:
    """Return whether *target* is a function that wraps no other, as most are that are declared."""
    return type(target) is FunctionType and not hasattr(target, "__wrapped__")


def locate(function: object) -> Location | None:
    """Return where *function* is defined, or None if it is not written in Python."""
    code = function.__code__ if is_plain(function) else _code_of(function)
    if code is None and isinstance(function, type):
        return _locate_class(function)
    return Location(code.co_filename, code.co_firstlineno) if code else None


def located(function: object) -> Location | CodeType | None:
    """Return where *function* is defined, or the code from which that is read when asked for."""
    return function.__code__ if is_plain(function) else locate(function)


def _locate_class(cls: type) -> Location | None:
    """Return where *cls* is defined, or else the first of its methods."""
    codes = [value.__code__ for value in vars(cls).values() if hasattr(value, "__code__")]
    file = getattr(sys.modules.get(cls.__module__), "__file__", None)
    own = [code.co_firstlineno for code in codes if code.co_filename == file]
    line = vars(cls).get("__firstlineno__") or min(own, default=None)  # since Python 3.13
    return Location(file, line) if file and line else None


def _code_of(target: object) -> CodeType | None:
    """Return the code that a call of *target* ends in, or None if it is not Python's."""
    plain = unwrap(unwrap_method(target))
    while isinstance(plain, partial):
        plain = unwrap(unwrap_method(plain.func))
    code = getattr(plain, "__code__", None)
    if code is None and not isinstance(plain, type):
        code = getattr(type(plain).__dict__.get("__call__"), "__code__", None)
    return code


_written: dict[ref[FunctionType], CodeType] = {}
"""The code that declared functions were written with, before they got their own."""


def written_code(function: object) -> object:
    """Return the code that *function* was written with, or else the callable itself."""
    if type(function) is FunctionType and (code := _written.get(ref(function))) is not None:
        return code
    return getattr(function, "__code__", function)


def functions_of(target: object) -> Iterator[FunctionType]:
    """Yield the functions written in Python that a call of *target* calls, outermost first."""
    waiting, seen = unwrap_method(target), set[int]()
    while id(waiting) not in seen:
        seen.add(id(waiting))
        if type(waiting) is FunctionType:
            yield waiting
        inside: Any = waiting
        if type(waiting) is MethodType:
            waiting = inside.__func__
        elif isinstance(waiting, partial):
            waiting = unwrap_method(waiting.func)
        elif hasattr(waiting, "__wrapped__"):
            waiting = unwrap_method(inside.__wrapped__)
        elif not isinstance(waiting, (type, FunctionType)):
            waiting = type(waiting).__dict__.get("__call__")


def receiver_of(target: Any) -> object:
    """Return the object whose method a call of *target* is, if it is that of one object only."""
    while isinstance(target, partial):
        target = target.func
    if type(target) is MethodType:
        return target.__self__
    is_object = not isinstance(target, (type, FunctionType)) and not hasattr(target, "__wrapped__")
    return target if is_object and type(target).__dict__.get("__call__") is not None else None


def own_functions(target: object) -> tuple[FunctionType, ...]:
    """Return the functions of *target*, whose code no other function has from now on.

    Functions that one ``def`` makes, in a loop or a factory, share its code
    object, and a frame knows only that. The new one is equal to it.
    """
    functions = (target,) if is_plain(target) else tuple(functions_of(target))
    for function in functions:
        if ref(function) not in _written:
            code = function.__code__
            _written[ref(function, _written.pop)] = code
            function.__code__ = code.replace()
    return functions


def layers(target: object) -> Iterator[Any]:
    """Yield *target* and what it wraps, outermost first."""
    seen: list[object] = []
    while not is_mock(target := unmocked(target)) and not any(target is one for one in seen):
        yield target
        seen.append(target)
        # A bound method passes `__wrapped__` on, so its function comes first.
        target = getattr(target, "__func__", None) or getattr(target, "__wrapped__", target)
