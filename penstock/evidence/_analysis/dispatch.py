"""Generic functions, which choose by the class of an argument."""

import ast
from typing import Any

from penstock.evidence._analysis.frame import Frame
from penstock.evidence._analysis.scopes import Arguments
from penstock.evidence._analysis.values import (
    NOTHING,
    Class,
    External,
    Function,
    Instance,
    Method,
    Partial,
    Value,
    Values,
    Wrapped,
    join,
)

__all__ = ["call_dispatch"]


def call_dispatch(
    frame: Frame, callee: Wrapped, detail: str, arguments: Arguments, node: ast.AST
) -> Values:
    """Return what a generic function returns for *arguments*, or register an implementation."""
    if detail == "register":
        return _register(frame, callee, arguments)
    if detail == "dispatch":
        return _found(frame, callee.function, join(*arguments.positional[:1]))
    generic: Value = callee
    general: Value = callee.function
    receiver: Value | None = None
    if isinstance(general, Method):
        receiver, general = general.receiver, general.function
        generic = Wrapped(callee.kind.partition(":")[0], general)
    chosen = _implementations(frame, generic, join(*arguments.positional[:1]))
    chosen = chosen or join((general,), frame.engine.items(generic))
    if receiver is not None:
        chosen = tuple(Method(f, receiver) if isinstance(f, Function) else f for f in chosen)
    return frame.apply(chosen, arguments, node)


def _found(frame: Frame, generic: Value, classes: Values) -> Values:
    """Return the functions that a generic function has for one of *classes*, or for any."""
    objects = tuple(Instance(v.definition) for v in classes if isinstance(v, Class))
    general = getattr(generic, "function", generic)
    return _implementations(frame, generic, objects) or join(
        (general,), frame.engine.items(generic)
    )


def _register(frame: Frame, callee: Wrapped, arguments: Arguments) -> Values:
    engine, generic = frame.engine, callee.function
    first, *others = arguments.positional or (NOTHING,)
    if first and all(isinstance(key, (Class, External)) for key in first):
        if not others:
            return (Partial(callee, (first,)),)
        engine.put(generic, first[0], others[0])
        return others[0]
    for function in first:
        if isinstance(function, Function):
            engine.put(generic, _first_annotation(frame, function), (function,))
    return first


def _implementations(frame: Frame, generic: Value, values: Values) -> Values:
    """Return the implementations for the classes of *values*."""
    found: Values = NOTHING
    slots = frame.engine.slots(generic)
    for value in values:
        if isinstance(value, Instance):
            classes = (c for c in frame.engine.mro(value.cls) if not isinstance(c, str))
            known = (slots[Class(cls)] for cls in classes if Class(cls) in slots)
            found = join(found, next(known, NOTHING))
    return found


def _first_annotation(frame: Frame, function: Function) -> Value | None:
    """Return the class that annotates the first parameter but ``self``."""
    node: Any = function.definition.header
    for parameter in node.args.args:
        for value in frame.engine.annotation(function.scope, parameter.annotation):
            if isinstance(value, Instance):
                return Class(value.cls)
    return None
