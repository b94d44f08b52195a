"""Awaiting coroutines, and iterating over containers and generators."""

import ast

from penstock.evidence._analysis.attributes import attribute_of
from penstock.evidence._analysis.doubts import note_methods
from penstock.evidence._analysis.frame import Frame
from penstock.evidence._analysis.heap import KEYS
from penstock.evidence._analysis.library import PLUGINS
from penstock.evidence._analysis.scopes import Activation, Arguments
from penstock.evidence._analysis.special import ITERATING
from penstock.evidence._analysis.terms import EMPTY, Call, Join, Term, choice, sequence
from penstock.evidence._analysis.values import (
    NOTHING,
    UNKNOWN,
    Class,
    Constant,
    Container,
    Deferred,
    External,
    Function,
    Further,
    Instance,
    Pending,
    Unknown,
    Value,
    Values,
    Wrapped,
    is_vague,
    join,
)

__all__ = ["await_values", "counted_items", "iterate", "typed_or"]


def counted_items(frame: Frame, values: Values) -> list[Values] | None:
    """Return the items of a container, if their number is known."""
    if len(values) != 1 or not isinstance(values[0], Container):
        return None
    slots = frame.engine.slots(values[0])
    numbers = [slot for slot in slots if slot != KEYS]
    if not all(isinstance(slot, int) for slot in numbers):
        return None
    return [slots[slot] for slot in sorted(numbers)]  # type: ignore[type-var]  # they are int


def typed_or(frame: Frame, function: Function, returned: Values) -> Values:
    """Return *returned*, or what its annotation allows where the source shows nothing better."""
    if not is_vague(returned):
        return returned
    typed = tuple(v for v in _returned(frame, function) if not isinstance(v, External))
    return join(typed, (v for v in returned if isinstance(v, Constant))) if typed else returned


def _returned(frame: Frame, function: Function) -> Values:
    return frame.engine.annotation(
        function.scope, getattr(function.definition.header, "returns", None)
    )


def await_values(frame: Frame, values: Values, node: ast.AST) -> Values:
    """Return the results of awaiting *values*."""
    found: Values = NOTHING
    options: list[Term] = []
    for value in values:
        if isinstance(value, Deferred) and value.kind == "coroutine":
            options.append(Call(value.activations, frame.location(node)))
            for each in value.activations:
                function = Function(each.definition, each.scope)
                found = join(found, typed_or(frame, function, each.returns))
        elif isinstance(value, Pending):
            options.append(Join(value.token))
            found = join(found, frame.engine.load(value, "result") or UNKNOWN)
        elif isinstance(value, Instance) and _has_function(frame, value, "__await__"):
            with frame.collected() as terms:
                frame.apply(attribute_of(frame, value, "__await__", node), Arguments(), node)
            options.append(sequence(terms))
        else:
            found = join(found, (value,))
            if isinstance(value, (Further, Unknown)):
                options.append(EMPTY)  # what the source does not show may end otherwise
    if any(option is not EMPTY for option in options):
        frame.emit(choice(options))
    note_methods(frame, values, ("__await__",), node)
    return found


def _has_function(frame: Frame, value: Instance, name: str) -> bool:
    return any(isinstance(each, Function) for each in frame.engine.find(value.cls, name))


def iterate(
    frame: Frame, values: Values, node: ast.AST, *, is_silent: bool = False
) -> tuple[Values, tuple[Activation, ...]]:
    """Return the items of *values*, and the generators whose bodies run between them.

    Args:
        frame: Where this happens.
        values: What is iterated over.
        node: The expression or statement that does it.
        is_silent: Whether only the items are asked for, for nothing runs here.
    """
    lazy: list[Activation] = []
    for value in values:
        if isinstance(value, Deferred) and value.kind == "generator" and not is_silent:
            lazy += value.activations
    found = frame.one_of(values, lambda value: _items(frame, value, node))
    if not is_silent:
        note_methods(frame, values, ITERATING, node)
    return found, tuple(dict.fromkeys(lazy))


def _items(frame: Frame, value: Value, node: ast.AST) -> Values:
    engine = frame.engine
    if isinstance(value, Wrapped) and value.kind in {"item:items", "item:object_list"}:
        value = value.function  # a page of a query
    match value:
        case Container():
            is_dict = value.kind == "dict"
            return engine.keys(value) or UNKNOWN if is_dict else engine.items(value)
        case Deferred():
            return join(*(each.yields or _yielded(frame, each) for each in value.activations))
        case Instance():
            return _iterate_instance(frame, value, node)
        case Class():
            return (Instance(value.definition),)  # of an Enum
        case External() if PLUGINS.search(value.name):
            return (External(f"{value.name}[]"),)
        case Pending():
            frame.emit(Join(value.token))
    return (value,) if isinstance(value, Further) else UNKNOWN


def _yielded(frame: Frame, activation: Activation) -> Values:
    function = Function(activation.definition, activation.scope)
    typed = _returned(frame, function)
    items = [frame.engine.items(v) for v in typed if isinstance(v, Container)]
    return join(*items) or UNKNOWN


def _iterate_instance(frame: Frame, value: Instance, node: ast.AST) -> Values:
    found: Values = NOTHING
    for start, following in (("__iter__", "__next__"), ("__aiter__", "__anext__")):
        if frame.engine.find(value.cls, start):
            method = attribute_of(frame, value, start, node)
            for iterator in frame.apply(method, Arguments(), node):
                found = join(found, _advance(frame, iterator, following, node))
    if not found and frame.engine.find(value.cls, "__getitem__"):
        method = attribute_of(frame, value, "__getitem__", node)
        found = frame.apply(method, Arguments((UNKNOWN,)), node)
    return found or UNKNOWN


def _advance(frame: Frame, iterator: Value, following: str, node: ast.AST) -> Values:
    """Return the items of an iterator, whose method *following* is called if it has it."""
    if not isinstance(iterator, Instance):
        items, lazy = iterate(frame, (iterator,), node)
        if lazy:
            frame.emit(Call(lazy, frame.location(node)))
        return items
    if not frame.engine.find(iterator.cls, following):
        return NOTHING
    items = frame.apply(attribute_of(frame, iterator, following, node), Arguments(), node)
    return await_values(frame, items, node)
