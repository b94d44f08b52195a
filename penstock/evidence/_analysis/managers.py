"""Blocks of context managers."""

import ast
from collections.abc import Sequence

from penstock.evidence._analysis.attributes import attribute_of
from penstock.evidence._analysis.doubts import note_methods
from penstock.evidence._analysis.exit_stacks import begin_stack, end_stack, stack_of
from penstock.evidence._analysis.frame import Frame
from penstock.evidence._analysis.hand_offs import hand_off, run_later
from penstock.evidence._analysis.iteration import await_values
from penstock.evidence._analysis.library import last_of
from penstock.evidence._analysis.scopes import OPEN, Arguments
from penstock.evidence._analysis.targets import assign_target
from penstock.evidence._analysis.terms import EMPTY, Iterate, Join, Term, Try, sequence
from penstock.evidence._analysis.values import (
    NOTHING,
    UNKNOWN,
    Deferred,
    External,
    Instance,
    Value,
    Values,
    Wrapped,
    join,
)

__all__ = ["enter_context", "run_with"]


def run_with(frame: Frame, node: ast.With | ast.AsyncWith) -> None:
    """Execute a ``with`` statement."""
    _run_items(frame, node, node.items)


def _run_items(frame: Frame, node: ast.With | ast.AsyncWith, items: Sequence[ast.withitem]) -> None:
    if not items:
        frame.execute(node.body)
        return
    first, *others = items
    values = frame.evaluate(first.context_expr)
    if isinstance(node, ast.AsyncWith):
        values = await_values(frame, values, node)
    lazy = [value for value in values if isinstance(value, Deferred)]
    activations = tuple(dict.fromkeys(a for value in lazy for a in value.activations))
    is_async = isinstance(node, ast.AsyncWith)
    note_methods(frame, values, _ENTERING, first.context_expr)
    entered = _enter(frame, values, node, is_async=is_async)
    begin_stack(frame, entered)
    if first.optional_vars is not None:
        assign_target(frame, first.optional_vars, entered or UNKNOWN)
    with frame.collected() as terms:
        _run_items(frame, node, others)
    body, exits = sequence(terms), _leave(frame, values, node, is_async=is_async)
    exits = sequence([end_stack(frame, entered), exits])
    if activations:
        frame.emit(Iterate(activations, body, frame.location(node), is_loop=False))
        frame.emit(exits)
    elif exits is not EMPTY:
        frame.emit(Try(body, (), EMPTY, exits))
    else:
        frame.emit(body)
    note_methods(frame, values, _LEAVING, first.context_expr)


_ENTERING = "__enter__", "__aenter__"
_LEAVING = "__exit__", "__aexit__"


def enter_context(
    frame: Frame, callee: External, arguments: Arguments, node: ast.AST
) -> Values | None:
    """Enter a context that an `ExitStack` leaves when its own block ends."""
    stack = stack_of(frame, callee)
    values = arguments.first
    if stack is None or not any(isinstance(value, (Instance, Deferred)) for value in values):
        return None
    is_async = last_of(callee.name) == "enter_async_context"
    entered = _enter(frame, values, node, is_async=is_async)
    for value in values:
        if isinstance(value, Deferred):  # which is left later, too
            hand_off(frame, [run_later(frame, value, OPEN, node)], node)
    stack.append(_leave(frame, values, node, is_async=is_async))
    return entered or UNKNOWN


def _enter(frame: Frame, values: Values, node: ast.AST, *, is_async: bool) -> Values:
    """Call ``__enter__``, and return what the block gets."""
    name = "__aenter__" if is_async else "__enter__"

    def enter(value: Value) -> Values:
        if isinstance(value, Wrapped) and value.kind == "closing":
            return (value.function,)
        if isinstance(value, Deferred):
            return join(*(each.yields for each in value.activations))
        if isinstance(value, Instance) and frame.engine.find(value.cls, name):
            found = frame.apply(attribute_of(frame, value, name, node), Arguments(), node)
            return await_values(frame, found, node)
        return (value,)

    return frame.one_of(values, enter)


def _leave(frame: Frame, values: Values, node: ast.AST, *, is_async: bool) -> Term:
    """Return what happens at the end of the block: ``__exit__``, and waiting for hand-offs."""
    name = "__aexit__" if is_async else "__exit__"

    def leave(value: Value) -> Values:
        if isinstance(value, Wrapped) and value.kind == "closing":
            method = attribute_of(frame, value.function, "aclose" if is_async else "close", node)
            await_values(frame, frame.apply(method, Arguments(), node), node)
        if isinstance(value, Instance) and frame.engine.find(value.cls, name):
            method = attribute_of(frame, value, name, node)
            arguments = Arguments((UNKNOWN, UNKNOWN, UNKNOWN))
            await_values(frame, frame.apply(method, arguments, node), node)
        for token in frame.tokens.get(value, ()):
            frame.emit(Join(token))
        return NOTHING

    with frame.collected() as terms:
        frame.one_of(values, leave)
    return sequence(terms)
