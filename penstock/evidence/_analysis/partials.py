"""Calls of partials, of signatures of tasks, and of what getters make."""

import ast

from penstock.evidence._analysis.attributes import attribute_of
from penstock.evidence._analysis.containers import items_of
from penstock.evidence._analysis.frame import Frame
from penstock.evidence._analysis.registrations import register
from penstock.evidence._analysis.scopes import Arguments
from penstock.evidence._analysis.tasks import hand_signature
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
    """Return what a call of *callee* may return."""
    match callee.kind:
        case "methodcaller" | "attrgetter":
            return _get(frame, callee, arguments, node)
        case "itemgetter":
            return _get_item(frame, callee, arguments)
        case "receiver":
            return _receive(frame, callee, arguments)
        case "chord":
            parts = (*callee.positional, *arguments.positional)
            return hand_signature(frame, Partial(callee.callee, parts, kind="chain"), node)
        case "signature" | "chain" | "group":
            return hand_signature(frame, callee, node)
    whole = arguments._replace(
        positional=(*callee.positional, *arguments.positional),
        named=dict(callee.named) | dict(arguments.named),
    )
    return frame.apply((callee.callee,), whole, node)


def _get(frame: Frame, callee: Partial, arguments: Arguments, node: ast.AST) -> Values:
    """Return the attribute of the argument that the getter names, or what calling it returns."""
    names = [v.value for v in join(*callee.positional[:1]) if isinstance(v, Constant)]
    found: Values = NOTHING
    for name in names:
        values = join(*arguments.positional[:1])
        for part in str(name).split("."):
            values = join(*(attribute_of(frame, owner, part, node) for owner in values))
        if callee.kind == "methodcaller":
            given = Arguments(callee.positional[1:], dict(callee.named))
            values = frame.apply(values, given, node)
        found = join(found, values)
    return found or UNKNOWN


def _get_item(frame: Frame, callee: Partial, arguments: Arguments) -> Values:
    """Return the item of the argument that the getter names."""
    keys = join(*callee.positional[:1])
    owners = [each for each in join(*arguments.positional[:1]) if isinstance(each, Container)]
    return join(*(items_of(frame.engine, each, keys) for each in owners)) or UNKNOWN


def _receive(frame: Frame, callee: Partial, arguments: Arguments) -> Values:
    """Register the argument for the signals that ``@receiver`` names, and return it."""
    functions = arguments.all()
    for function in functions:
        frame.engine.senders[function] = dict(callee.named).get("sender", NOTHING)
    for signal in join(*callee.positional):
        several = frame.engine.items(signal) if isinstance(signal, Container) else (signal,)
        for one in several:
            register(frame, one, functions)
    return functions
