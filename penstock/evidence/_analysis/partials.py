"""Calls of partials, of signatures of tasks, and of what getters make."""

import ast

from penstock.evidence._analysis.attributes import attribute_of
from penstock.evidence._analysis.frame import Frame
from penstock.evidence._analysis.hand_offs import hand_signature
from penstock.evidence._analysis.registrations import register
from penstock.evidence._analysis.scopes import Arguments
from penstock.evidence._analysis.values import (
    NOTHING,
    UNKNOWN,
    Constant,
    Container,
    Partial,
    Values,
    join,
)

__all__ = ["call_partial"]


def call_partial(frame: Frame, callee: Partial, arguments: Arguments, node: ast.AST) -> Values:
    if callee.kind == "methodcaller":
        owner = arguments.positional[0] if arguments.positional else UNKNOWN
        names = [v.value for v in join(*callee.positional[:1]) if isinstance(v, Constant)]
        returned: Values = NOTHING
        for value in owner:
            for name in names:
                methods = attribute_of(frame, value, name, node)
                given = Arguments(callee.positional[1:], dict(callee.named))
                returned = join(returned, frame.apply(methods, given, node))
        return returned or UNKNOWN
    if callee.kind == "attrgetter":
        owner = arguments.positional[0] if arguments.positional else UNKNOWN
        names = [v.value for v in join(*callee.positional[:1]) if isinstance(v, Constant)]
        return join(*(attribute_of(frame, v, n, node) for v in owner for n in names)) or UNKNOWN
    if callee.kind == "chord":
        parts = (*callee.positional, *arguments.positional)
        callee = Partial(callee.callee, parts, kind="chain")
    if callee.kind == "receiver":
        functions = arguments.all()
        for function in functions:
            frame.engine.senders[function] = dict(callee.named).get("sender", NOTHING)
        for signal in join(*callee.positional):
            inner = frame.engine.items(signal) if isinstance(signal, Container) else (signal,)
            for one in inner:
                register(frame, one, functions)
        return functions
    if callee.kind in {"signature", "chain", "group"}:
        return hand_signature(frame, callee, node)
    whole = arguments._replace(
        positional=(*callee.positional, *arguments.positional),
        named=dict(callee.named) | dict(arguments.named),
    )
    return frame.apply((callee.callee,), whole, node)
