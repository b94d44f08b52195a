"""Tasks of queues: their signatures, chains and groups, and waiting for their results."""

import ast

from penstock.evidence._analysis.frame import Frame
from penstock.evidence._analysis.hand_offs import functions_in, hand_off, method_of, run_later
from penstock.evidence._analysis.iteration import counted_items
from penstock.evidence._analysis.library import AFTER, WAITING
from penstock.evidence._analysis.scopes import OPEN, Arguments
from penstock.evidence._analysis.terms import EMPTY, Join, Parallel, Term, choice, sequence
from penstock.evidence._analysis.values import (
    NOTHING,
    UNKNOWN,
    Container,
    Deferred,
    Function,
    Method,
    Partial,
    Pending,
    Value,
    Values,
    join,
)

__all__ = ["call_hand", "call_pending", "hand_signature", "sign"]


def hand_signature(frame: Frame, callee: Partial, node: ast.AST) -> Values:
    """Hand off a signature, a chain or a group of signatures."""
    return hand_off(frame, [_signature_term(frame, callee, node)], node)


def _signature_term(frame: Frame, value: Value, node: ast.AST) -> Term:
    """Return what happens when *value*, that a queue has got, is executed."""
    match value:
        case Partial(kind="chain"):
            return sequence(_any_of(frame, values, node) for values in value.positional if values)
        case Partial(kind="group"):
            return _all_of(frame, join(*value.positional), node)
        case Container():
            return _all_of(frame, frame.engine.items(value), node)
        case Partial():
            plain = Partial(value.callee, value.positional, value.named)
            return run_later(frame, plain, OPEN, node)
        case Function() | Method() | Deferred():
            return run_later(frame, value, OPEN, node)
    return EMPTY


def _any_of(frame: Frame, values: Values, node: ast.AST) -> Term:
    return choice(_signature_term(frame, each, node) for each in values)


def _all_of(frame: Frame, values: Values, node: ast.AST) -> Term:
    return Parallel(tuple(_signature_term(frame, each, node) for each in values))


_WITH_LIST = {"apply_async", "send_with_options", "retry", "apply_async_on_commit"}
_ADJUSTING = {"options", "using", "configure", "kicker"}


def call_hand(frame: Frame, inner: Value, _: str, arguments: Arguments, node: ast.AST) -> Values:
    """Hand off a task, as by ``task.delay()``."""
    named = {name: values for name, values in arguments.named.items() if name not in AFTER}
    method = method_of(node)
    if method in _ADJUSTING:
        return (inner,)
    if method in _WITH_LIST:
        items = counted_items(frame, named.get("args") or join(*arguments.positional[:1]))
        given = OPEN if items is None else Arguments(tuple(items))
    else:
        given = arguments._replace(named=named)
    first = run_later(frame, inner, given, node)
    then = join(*(arguments.named.get(name, NOTHING) for name in AFTER))
    body = sequence([first, _any_of(frame, then, node)]) if then else first
    return hand_off(frame, [body], node)


def sign(_: Frame, inner: Partial, detail: str, arguments: Arguments, __: ast.AST) -> Values:
    """Return a signature with other options, or with what follows an error."""
    if detail != "on_error":
        return (inner,)
    return (Partial(inner.callee, ((inner,), *arguments.positional), kind="chain"),)


def call_pending(
    frame: Frame, inner: Pending, name: str, arguments: Arguments, node: ast.AST
) -> Values:
    """Wait for what was handed off, or hand off what is to follow it."""
    if name in WAITING:
        frame.emit(Join(inner.token))
        return frame.engine.load(inner, "result") or UNKNOWN
    handed = functions_in(frame, arguments.all())
    if not handed:
        return (inner,)
    later = [run_later(frame, each, OPEN, node) for each in handed]
    return hand_off(frame, [sequence([Join(inner.token), *later])], node)
