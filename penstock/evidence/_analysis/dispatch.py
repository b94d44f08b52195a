"""Generic functions, which choose by the class of an argument."""

import ast

from penstock.evidence._analysis.frame import Frame
from penstock.evidence._analysis.scopes import Arguments
from penstock.evidence._analysis.values import (
    NOTHING,
    UNKNOWN,
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
    engine = frame.engine
    owner: Value = callee
    if detail == "register":
        owner = callee.function
        keys = arguments.positional[0] if arguments.positional else NOTHING
        if keys and all(isinstance(k, (Class, External)) for k in keys):
            if len(arguments.positional) > 1:
                engine.put(owner, keys[0], arguments.positional[1])
                return arguments.positional[1]
            return (Partial(callee, (keys,)),)
        functions = keys
        if callee.kind.endswith("register") and isinstance(callee, Partial):
            return functions
        for function in functions:
            if isinstance(function, Function):
                engine.put(owner, _first_annotation(frame, function), (function,))
        return functions
    position = 1 if detail == "bound" else 0
    inner = callee.function
    receiver: Value | None = None
    if isinstance(inner, Method):
        receiver = inner.receiver
        owner = Wrapped(callee.kind.partition(":")[0], inner.function)
        position = 0
    values = arguments.positional[position] if len(arguments.positional) > position else UNKNOWN
    functions = engine.items(owner)
    exact: Values = NOTHING
    for value in values:
        if isinstance(value, Instance):
            for one in engine.mro(value.cls):
                found = engine.slots(owner).get(Class(one)) if not isinstance(one, str) else None
                if found:
                    exact = join(exact, found)
                    break
    chosen: Values = exact or join((inner,), functions)
    if receiver is not None:
        chosen = tuple(Method(f, receiver) if isinstance(f, Function) else f for f in chosen)
    return frame.apply(chosen, arguments, node)


def _first_annotation(frame: Frame, function: Function) -> Value | None:
    node = function.definition.node
    parameters = getattr(node, "args", None)
    for parameter in parameters.args if parameters is not None else ():
        for value in frame.engine.annotation(function.scope, parameter.annotation):
            if isinstance(value, Instance):
                return Class(value.cls)
    return None
