"""Calls of what descriptors and decorators of libraries make of functions."""

import ast

from penstock.evidence._analysis.containers import call_item
from penstock.evidence._analysis.dispatch import call_dispatch
from penstock.evidence._analysis.frame import Frame
from penstock.evidence._analysis.hand_offs import call_hand, call_pending, callee_text
from penstock.evidence._analysis.iteration import await_values, iterate
from penstock.evidence._analysis.registrations import announce
from penstock.evidence._analysis.scopes import Arguments
from penstock.evidence._analysis.strings import call_string
from penstock.evidence._analysis.terms import Call, Outside
from penstock.evidence._analysis.values import (
    UNKNOWN,
    Class,
    Constant,
    Container,
    Deferred,
    Instance,
    Partial,
    Pending,
    Values,
    Wrapped,
)

__all__ = ["call_wrapped"]


def call_wrapped(frame: Frame, callee: Wrapped, arguments: Arguments, node: ast.AST) -> Values:
    kind, _, detail = callee.kind.partition(":")
    inner = callee.function
    engine = frame.engine
    if kind == "item" and isinstance(inner, Container):
        return call_item(frame, inner, detail, arguments, node)
    if kind == "pending" and isinstance(inner, Pending):
        return call_pending(frame, inner, detail, arguments, node)
    if kind == "deferred" and isinstance(inner, Deferred):
        frame.emit(Call(inner.activations, frame.place(node)))
        return iterate(frame, (inner,), node, is_silent=True)[0]
    if kind == "model" and isinstance(inner, Instance):
        frame.emit(Outside(callee_text(node), frame.place(node), f"model.{detail}"))
        announce(frame, inner, detail, node)
        return UNKNOWN
    if kind == "str" and isinstance(inner, Constant):
        return call_string(frame, inner.value, detail, arguments, node)
    if kind == "signature":
        given = tuple(arguments.positional), tuple(arguments.named.items())
        return (Partial(inner, *given, kind="signature"),)
    if kind == "hand":
        return call_hand(frame, inner, arguments, node)
    if kind == "contextmanager":
        returned = frame.apply((inner,), arguments, node)
        return tuple(
            Deferred("contextmanager", v.activations) if isinstance(v, Deferred) else v
            for v in returned
        )
    if kind in {"singledispatch", "singledispatchmethod"}:
        return call_dispatch(frame, callee, detail, arguments, node)
    if kind == "register-key":
        for values in arguments.positional[:1]:
            engine.store(inner, "registered", values)
        return arguments.positional[0] if arguments.positional else UNKNOWN
    if kind in {"property", "cached_property"}:
        for values in arguments.positional[:1]:
            owner = callee.function
            while isinstance(owner, Wrapped) and ":" in owner.kind:
                owner = owner.function
            engine.store(owner, detail, values)
            return (owner,)
    if kind == "subclasses" and isinstance(inner, Class):
        container = Container("list", (node, "subclasses"))
        for each in engine.subclasses(inner.definition):
            engine.put(container, None, (Class(each),))
        return (container,)
    if kind == "awaitable":
        return await_values(frame, frame.apply((inner,), arguments, node), node)
    return frame.apply((inner,), arguments, node)
