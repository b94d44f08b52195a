"""Decorators that handed a function to somebody before it was an entrypoint.

``@app.get`` keeps the function that it decorates, and returns it. Below
``@entrypoint`` it keeps the function without the wrapper, so that its calls
begin no run. Nothing is evaluated here: decorators are read in the source, the
names in them are looked up, and what these objects hold is looked at.
"""

import ast
import atexit
import builtins
import gc
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from inspect import unwrap
from types import (
    CodeType,
    CoroutineType,
    FrameType,
    FunctionType,
    GeneratorType,
    ModuleType,
    TracebackType,
)
from typing import Any, cast
from weakref import ref

from penstock._common.callables import attempt
from penstock._declared.source import Source, find_decorators

__all__ = ["Decorator", "Registrations", "find_registrations"]

_MOST_OBJECTS = 50_000
"""How many objects are looked at before a decorator is believed to hold nothing."""

_UNKNOWN = object()


@dataclass(frozen=True, slots=True)
class Decorator:
    """One decorator of a function."""

    text: Source
    """Its source, without the ``@``."""

    line: int
    """The line of its ``@``."""

    objects: tuple[Any, ...]
    """The objects of the application that it names: whose method it is, and its arguments."""

    is_ours: bool


@dataclass(frozen=True, slots=True)
class Registrations:
    """The decorators that registered a function which became an entrypoint later."""

    decorators: tuple[Decorator, ...]

    topmost: str
    """The decorators of penstock above which they belong."""

    @property
    def cure(self) -> str:
        """The end of the message: the mistake, and what to write instead."""
        names = " and ".join(f"@{decorator.text}" for decorator in self.decorators)
        is_one = len(self.decorators) == 1
        verb, them = ("registers", "it") if is_one else ("register", "them")
        where = f"Put {them} above {self.topmost}"
        return f"{names} below @entrypoint {verb} the function itself. {where}"


def find_registrations(
    function: object, wrapper: object, *, is_called: bool = False
) -> Registrations | None:
    """Return the decorators that hold *function* without the *wrapper* around it, or None.

    Args:
        function: The function that became an entrypoint.
        wrapper: What the entrypoint's decorator returned.
        is_called: Whether somebody was seen to call the function itself: then it
            is one of the decorators below, also where none is seen to hold it.
    """
    plain: Any = unwrap(cast("Any", function))
    found: list[Decorator] = attempt(partial(_read, plain), [])
    ours = [number for number, decorator in enumerate(found) if decorator.is_ours]
    below = [d for d in found[ours[-1] + 1 if ours else 0 :] if d.text not in _HARMLESS]
    topmost = f"@{found[ours[0]].text}" if ours else "@flow and @entrypoint"
    holders = []
    for one in below:  # before Python 3.12, a comprehension would hold the function in a cell
        if _holds(one, function, plain, wrapper):
            holders.append(one)  # noqa: PERF401 - see above
    if not holders and is_called and ours:
        holders = below
    return Registrations(tuple(holders), topmost) if holders else None


_HARMLESS = {"staticmethod", "classmethod"}


def _read(function: Any) -> list[Decorator]:
    found = []
    scope = {**vars(builtins), **function.__globals__, **_enclosed(function)}
    for node, text in find_decorators(function):
        called = node.func if isinstance(node, ast.Call) else node
        owner = _owner(called, scope)
        objects = [owner, *_arguments(node, scope)]
        named = tuple(one for one in objects if not isinstance(one, ModuleType))
        found.append(Decorator(text, node.lineno, named, _is_ours(called, owner)))
    return found


def _enclosed(function: Any) -> dict[str, object]:
    """Return what *function* uses of the functions around it."""
    names, cells = function.__code__.co_freevars, function.__closure__ or ()
    found: dict[str, object] = {}
    for name, cell in zip(names, cells, strict=True):
        with suppress(ValueError):  # it is empty until the function around has got so far
            found[name] = cell.cell_contents
    return found


def _owner(node: ast.expr, scope: dict[str, Any]) -> Any:
    """Return the first object that *node* names, except modules: the ``app`` in ``app.get``."""
    if isinstance(node, ast.Name):
        return scope.get(node.id, _UNKNOWN)
    if isinstance(node, ast.Attribute):
        before = _owner(node.value, scope)
        if isinstance(before, ModuleType):
            return vars(before).get(node.attr, _UNKNOWN)
        return before
    return _owner(node.func, scope) if isinstance(node, ast.Call) else _UNKNOWN


def _arguments(node: ast.expr, scope: dict[str, Any]) -> Iterator[Any]:
    """Yield the objects that a decorator has as arguments: the ``saved`` in ``receiver(saved)``."""
    given = [*node.args, *(k.value for k in node.keywords)] if isinstance(node, ast.Call) else []
    for value in given:
        for one in value.elts if isinstance(value, (ast.List, ast.Tuple)) else [value]:
            found = _owner(one, scope)
            if found is not _UNKNOWN and not isinstance(found, type):
                yield found


def _is_ours(called: ast.expr, owner: object) -> bool:
    """Return whether a decorator is one of penstock, or has the name of one that is not found."""
    if owner is _UNKNOWN:
        last = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", None)
        return last in {"entrypoint", "flow", "flow_task"}
    made = owner if isinstance(owner, (FunctionType, type)) else type(owner)
    return str(made.__module__).partition(".")[0] == "penstock"


def _holds(decorator: Decorator, function: object, plain: object, wrapper: object) -> bool:
    roots = list(decorator.objects)
    if any(one is atexit.register for one in roots):  # which shows to nobody what it has
        return True
    if roots[:1] == [_UNKNOWN]:  # a variable of a function that is over
        return "." in decorator.text and _is_held(function, wrapper)
    for root in decorator.objects:
        roots += _used(root)
    if _leads_to(roots, function, wrapper):
        return True
    # Below another decorator, which returned a new function. Some that wrap
    # hold what they wrapped, to count calls say; frameworks hold it to call it.
    is_framework = any(type(one).__module__.partition(".")[0] in _FRAMEWORKS for one in roots)
    return function is not plain and is_framework and _leads_to(roots, plain, wrapper)


_FRAMEWORKS = {
    *("aiohttp", "apscheduler", "blinker", "bottle", "celery", "django", "dramatiq", "fastapi"),
    *("faststream", "flask", "huey", "litestar", "ninja", "quart", "sanic", "starlette"),
    *("taskiq", "typer"),
}


def _is_held(function: object, wrapper: Any) -> bool:
    """Return whether anything but penstock and the *wrapper* refers to *function*."""
    known = [vars(wrapper), *(wrapper.__closure__ or ())] if type(wrapper) is FunctionType else []
    for one in gc.get_referrers(function):
        is_known = any(one is other for other in known) or _is_closed(one, wrapper)
        if not is_known and all(other is not wrapper for other in gc.get_referents(one)):
            return True
    return False


def _used(root: object) -> Iterable[object]:
    """Return what a decorator that is a function or a class uses beside what it holds."""
    if isinstance(root, type):
        return [one for one in vars(root).values() if not isinstance(one, FunctionType)]
    if isinstance(root, FunctionType):
        used = set(_names(root.__code__)) & root.__globals__.keys()
        return [root.__globals__[name] for name in used]
    return ()


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


_CLOSED = (type, ModuleType, CodeType, FrameType, TracebackType, GeneratorType, CoroutineType)
"""The types that are not searched: they refer to everything, or live for one call only."""


def _leads_to(roots: list[object], function: object, wrapper: object) -> bool:
    # What was seen is held, since an address is used again when its object is gone.
    seen = {id(one): one for one in roots}
    waiting = deque(one for one in roots if not _is_closed(one, wrapper))
    while waiting and len(seen) < _MOST_OBJECTS:
        inside = _inside(waiting.popleft())
        # An object with both has looked behind the wrapper, for example to read its signature.
        if any(one is function for one in inside) and all(one is not wrapper for one in inside):
            return True
        for one in inside:
            if id(one) not in seen and one is not function:
                seen[id(one)] = one
                if not _is_closed(one, wrapper):
                    waiting.append(one)
    return False


def _is_closed(one: object, wrapper: object) -> bool:
    kind = type(one)
    is_ours = kind.__module__.partition(".")[0] == "penstock"
    return one is wrapper or is_ours or issubclass(kind, _CLOSED)


def _inside(one: Any) -> list[object]:
    """Return what *one* refers to, without running any of its code."""
    kind = type(one)
    if issubclass(kind, ref):
        return [one()]
    if kind is FunctionType:
        return [*(one.__closure__ or ()), one.__defaults__, one.__kwdefaults__, one.__dict__]
    if kind is dict and "__builtins__" in one and "__name__" in one:  # the globals of a module
        return []
    return gc.get_referents(one)
