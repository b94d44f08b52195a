"""Doing something whenever the body of a function runs, and at no other time."""

import sys
from collections.abc import Callable, Mapping
from functools import partial, update_wrapper
from inspect import (
    CO_ASYNC_GENERATOR,
    CO_COROUTINE,
    CO_GENERATOR,
    CO_ITERABLE_COROUTINE,
    Signature,
    isasyncgenfunction,
    iscoroutinefunction,
    isgeneratorfunction,
    signature,
)
from types import BuiltinFunctionType, FunctionType, MethodType, MethodWrapperType, coroutine
from typing import Any, ParamSpec, TypeVar, cast

from penstock._runtime.drivers import (
    Body,
    drive_async_generator,
    drive_awaits,
    drive_coroutine,
    drive_function,
    drive_generator,
)
from penstock._runtime.scope import Scope

__all__ = ["find_signature", "instrument", "instrument_alike", "runs_at_once", "with_function"]

if sys.version_info >= (3, 14):
    from annotationlib import Format

P = ParamSpec("P")
R = TypeVar("R")


def find_signature(function: Callable[..., Any]) -> Signature | None:
    """Return the signature of *function* without evaluating an annotation, or None.

    From Python 3.14 on, annotations are evaluated when somebody asks for them,
    and may name what is imported for type checkers only. They are strings here.
    """
    try:
        if sys.version_info >= (3, 14):
            return signature(function, annotation_format=Format.STRING)
        return signature(function)
    except Exception:  # C code has none to show, and `__signature__` may be code of the user's
        return None


def instrument(function: Callable[P, R], scope: Scope) -> Callable[P, R]:
    """Return *function* with every resumption of its body in *scope*."""
    drive = _find_driver(function)
    if drive is drive_coroutine and scope.at_awaits:
        drive = drive_awaits
    wrapper = _transplant(drive(function, scope), function)
    if drive is drive_generator and _flags(function) & CO_ITERABLE_COROUTINE:
        wrapper = coroutine(wrapper)  # it can be awaited, as what `types.coroutine` made of it
    if type(function) is not FunctionType:
        # A partial or an object may have no name: Python reports its coroutines by that in it.
        update_wrapper(wrapper, _named_in(function), ("__name__", "__qualname__"), ())
    return cast("Callable[P, R]", update_wrapper(wrapper, function))


def runs_at_once(function: Any) -> bool:
    """Return whether *function* is sure to be a plain one, whose body runs when it is called."""
    # What is in its `__dict__` may mark it as a coroutine function.
    return type(function) is FunctionType and not (
        function.__code__.co_flags & _RUN_LATER or function.__dict__
    )


def _find_driver(function: Any) -> Callable[[Body, Scope], Body]:
    if runs_at_once(function):
        return drive_function
    return next((drive for fits, drive in _DRIVERS if _is_kind(fits, function)), drive_function)


def _named_in(function: Any) -> Callable[..., Any]:
    """Return what has a name in *function*, or *function* itself."""
    while type(function) is partial:
        function = function.func
    return function if hasattr(function, "__qualname__") else type(function).__call__


def _is_kind(fits: Callable[[object], bool], function: object) -> bool:
    """Return whether a call of *function* is a call of a function that *fits*."""
    kind = type(function)
    return fits(function) or (kind is not FunctionType and fits(kind.__dict__.get("__call__")))


def _flags(function: object) -> int:
    flags: int = getattr(getattr(function, "__code__", None), "co_flags", 0)
    return flags


def instrument_alike(function: Any, scope: Scope) -> Any:
    """Return *function* with its body in *scope*, as the same kind of object.

    A method stays bound, a partial keeps its arguments, and a callable that is
    not a method of the class that it is put into does not become one.
    """
    kind = type(function)
    if kind is FunctionType:
        return instrument(function, scope)
    if issubclass(kind, (staticmethod, classmethod)):
        return kind(instrument_alike(function.__func__, scope))
    if kind is MethodType:
        return with_function(function, instrument_alike(function.__func__, scope))
    if kind is partial:
        return with_function(function, instrument(function.func, scope))
    wrapper = instrument(function, scope)
    is_never_bound = kind is BuiltinFunctionType or kind is MethodWrapperType
    return staticmethod(wrapper) if is_never_bound else wrapper


def with_function(target: Any, function: Any) -> Any:
    """Return *target*, a method of an object or a partial, with *function* in it."""
    if type(target) is MethodType:
        return MethodType(function, target.__self__)
    made = partial(function, *target.args, **target.keywords)
    vars(made).update(vars(target))
    return made


def _transplant(wrapper: Body, function: Body) -> Body:
    """Return *wrapper* as if it had been written in the module of *function*.

    Some frameworks resolve annotations in ``__globals__`` and never unwrap:
    FastAPI did until 0.120. A wrapper therefore names no global of this module.

    Its ``of_class`` is the cell in which *function* has the class that `super` means. attrs puts
    another class there, one with slots, and looks for the cell in what is in the class itself.
    """
    names = getattr(function, "__globals__", None)
    if names is None:
        return wrapper
    try:
        cells = wrapper.__closure__
        if getattr(function, "__closure__", None):
            cells = _with_class(wrapper, _cells(function))
        return FunctionType(wrapper.__code__, names, closure=cells)
    except TypeError:  # compiled by Nuitka, whose functions cannot be put together
        return wrapper


def _with_class(wrapper: Body, found: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return the cells of *wrapper* with that for the class which was *found* in its function."""
    cells = _cells(wrapper)
    for name in _OF_CLASS:
        cells["of_class"] = found.get(name, cells["of_class"])
    return tuple(cells.values())


_OF_CLASS = ("of_class", "__class__")  # of a wrapper in this one, and of a method


def _cells(function: Body) -> dict[str, Any]:
    """Return the cells of *function* by their names."""
    names = getattr(getattr(function, "__code__", None), "co_freevars", ())
    return dict(zip(names, getattr(function, "__closure__", None) or (), strict=True))


_RUN_LATER = CO_COROUTINE | CO_GENERATOR | CO_ASYNC_GENERATOR
_DRIVERS: tuple[tuple[Callable[[object], bool], Callable[[Body, Scope], Body]], ...] = (
    (iscoroutinefunction, drive_coroutine),
    (isasyncgenfunction, drive_async_generator),
    (isgeneratorfunction, drive_generator),
)
