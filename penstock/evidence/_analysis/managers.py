"""Blocks of context managers."""

import ast
from collections.abc import Sequence

from penstock.evidence._analysis.attributes import attribute_of
from penstock.evidence._analysis.doubts import note_methods
from penstock.evidence._analysis.exit_stacks import (
    begin_stack,
    end_stack,
    is_of_stack,
    keep_for_end,
    stack_of,
)
from penstock.evidence._analysis.frame import Frame
from penstock.evidence._analysis.hand_offs import hand_off
from penstock.evidence._analysis.iteration import await_values
from penstock.evidence._analysis.library import last_of
from penstock.evidence._analysis.scopes import Arguments
from penstock.evidence._analysis.targets import assign_target
from penstock.evidence._analysis.terms import EMPTY, Call, Iterate, Join, Term, Try, sequence
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

__all__ = ["enter_context", "run_with", "run_within"]


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
    if first.optional_vars is not None:
        assign_target(frame, first.optional_vars, entered or UNKNOWN)
    with frame.collected() as terms:
        begin_stack(frame, entered, terms, node)
        _run_items(frame, node, others)
    exits = sequence([end_stack(frame, entered), _leave(frame, values, node, is_async=is_async)])
    body = sequence(terms)
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


def run_within(frame: Frame, managers: Values, body: Term, node: ast.AST) -> None:
    """Run *body* in the block of context managers, which decorate a function."""
    for manager in managers:
        location = frame.location(node)
        with frame.collected() as terms:
            if isinstance(manager, Deferred):
                terms.append(Call(manager.activations, location, is_lazy=True))
                terms.append(Iterate(manager.activations, body, location, is_loop=False))
            else:
                _enter(frame, (manager,), node, is_async=False)
                exits = _leave(frame, (manager,), node, is_async=False)
                terms.append(Try(body, (), EMPTY, exits))
        body = sequence(terms)
    frame.emit(body)


def enter_context(
    frame: Frame, callee: External, arguments: Arguments, node: ast.AST
) -> Values | None:
    """Enter a context that an `ExitStack` leaves when its own block ends."""
    stack = stack_of(frame, callee)
    values = arguments.first
    if not is_of_stack(callee) or not any(isinstance(v, (Instance, Deferred)) for v in values):
        return None
    is_async = last_of(callee.name) == "enter_async_context"
    entered = _enter(frame, values, node, is_async=is_async)
    lazy = tuple(a for v in values if isinstance(v, Deferred) for a in v.activations)
    if lazy and stack is not None and node in stack.own:
        context = Iterate(lazy, EMPTY, frame.location(node), is_loop=False)
        frame.emit(context)
        stack.noted.append(context)
    elif lazy:  # which is left later, too
        hand_off(frame, [Call(lazy, frame.location(node))], node)
    if stack is None:  # of an object, which leaves it in another method
        name = "__aexit__" if is_async else "__exit__"
        known = [each for each in values if isinstance(each, Instance)]
        keep_for_end(frame, callee, join(*(attribute_of(frame, v, name, node) for v in known)))
    else:
        stack.noted.append(_leave(frame, values, node, is_async=is_async))
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
