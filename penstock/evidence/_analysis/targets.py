"""Assignments to names, attributes, items and several targets."""

import ast

from penstock.evidence._analysis.attributes import attribute_of
from penstock.evidence._analysis.containers import count_of, fields_of, list_of
from penstock.evidence._analysis.doubts import note_methods
from penstock.evidence._analysis.engine import Engine
from penstock.evidence._analysis.frame import Frame, path_of
from penstock.evidence._analysis.given import note_given
from penstock.evidence._analysis.hand_offs import hand_assigned
from penstock.evidence._analysis.iteration import iterate
from penstock.evidence._analysis.scopes import Arguments, Scope
from penstock.evidence._analysis.special import ITERATING
from penstock.evidence._analysis.values import (
    NOTHING,
    UNKNOWN,
    Class,
    Constant,
    Container,
    External,
    Function,
    Further,
    Instance,
    Method,
    Module,
    Unknown,
    Value,
    Values,
    Wrapped,
    join,
)

__all__ = ["assign_target"]


def assign_target(frame: Frame, target: ast.expr, values: Values) -> None:
    """Assign *values* to what is on the left of ``=``."""
    match target:
        case ast.Name():
            frame.assign(target.id, values)
        case ast.Attribute():
            owners = frame.evaluate(target.value)
            is_only = len(owners) == 1
            frame.one_of(
                owners, lambda one: _set_attribute(frame, one, target, values, is_only=is_only)
            )
            note_methods(frame, owners, (target.attr, "__setattr__"), target)
            _set_path(frame, target, values, owners)
        case ast.Subscript():
            owners = frame.evaluate(target.value)
            _set_items(frame, owners, target, values)
            _set_path(frame, target, values, owners)
        case _:
            _destructure(frame, getattr(target, "elts", []), values)


def _set_items(frame: Frame, owners: Values, target: ast.Subscript, values: Values) -> None:
    keys = UNKNOWN if isinstance(target.slice, ast.Slice) else frame.evaluate(target.slice)

    def set_item(owner: Value) -> Values:
        if isinstance(owner, External):
            note_given(frame, owner.name, values)
        elif isinstance(owner, Container):
            for key in keys:
                frame.engine.put(owner, key, values)
        elif isinstance(owner, Instance):
            method = attribute_of(frame, owner, "__setitem__", target)
            frame.apply(method, Arguments((keys, values)), target)
        return NOTHING

    frame.one_of(owners, set_item)
    note_methods(frame, owners, ("__setitem__",), target.value)


def _set_attribute(
    frame: Frame, owner: Value, target: ast.Attribute, values: Values, *, is_only: bool
) -> Values:
    engine = frame.engine
    match owner:
        case Instance():
            setters = [
                Method(setter, owner)
                for each in engine.find(owner.cls, target.attr)
                if isinstance(each, Wrapped) and each.kind == "property"
                for setter in engine.load(each, ("accessor", "setter"))
                if isinstance(setter, Function)
            ]
            given = Arguments(((Constant(target.attr, str),), values))
            for each in engine.find(owner.cls, "__setattr__"):
                if isinstance(each, Function):
                    frame.apply((Method(each, owner),), given, target)
            if setters:
                frame.apply(tuple(setters), Arguments((values,)), target)
            else:
                engine.store(owner, target.attr, values)
                frame.set_object(owner, target.attr, values, is_only=is_only)
        case Class():
            frame.objects = None
            _set_member(engine, engine.info(owner.definition).scope, target.attr, values)
        case Module():
            _set_member(engine, engine.scope_of(owner.source), target.attr, values)
        case Unknown() | Further() | Constant():
            pass
        case External():
            engine.store(owner, target.attr, values)
            hand_assigned(frame, owner.name, values, target)
        case _:
            engine.store(owner, target.attr, values)
    return NOTHING


def _set_member(engine: Engine, scope: Scope, name: str, values: Values) -> None:
    """Let what a module or class has under *name* be one of *values*, whatever it was at first."""
    engine.assign(scope, name, values)
    (scope.final or {}).pop(name, None)


def _set_path(frame: Frame, target: ast.expr, values: Values, owners: Values) -> None:
    """Know what an attribute or item is now, by how it is written."""
    path = path_of(target)
    if path is None:
        frame.forget_paths()
        return
    frame.paths = {
        p: v for p, v in frame.paths.items() if not p.startswith((path + ".", path + "["))
    }
    if len(owners) == 1:
        frame.paths[path] = values


def _destructure(frame: Frame, targets: list[ast.expr], values: Values) -> None:
    """Assign the items of *values* to several targets."""
    if not targets:
        return
    starred = [number for number, each in enumerate(targets) if isinstance(each, ast.Starred)]
    note_methods(frame, values, ITERATING, targets[0])
    shares = [_shares(frame, value, len(targets), starred, targets[0]) for value in values]
    for number, target in enumerate(targets):
        items = [share[number] for share in shares]
        if not isinstance(target, ast.Starred):
            assign_target(frame, target, join(*(one for each in items for one in each)) or UNKNOWN)
            continue
        container = Container("list", frame.site(target))
        if len(values) == 1 and _items_by_number(frame, values[0], target) is not None:
            list_of(frame, container, items[0])
        else:
            frame.engine.put(container, None, join(*(one for each in items for one in each)))
        assign_target(frame, target.value, (container,))


def _shares(
    frame: Frame, value: Value, number: int, starred: list[int], node: ast.AST
) -> list[list[Values]]:
    """Return the items of *value* that each of several targets gets."""
    items = _items_by_number(frame, value, node)
    if items is None:
        return [[iterate(frame, (value,), node, is_silent=True)[0]]] * number
    count = len(items)
    if not starred:
        return [[items[index]] if index < count else [] for index in range(number)]
    after = number - starred[0] - 1
    if count < number - 1:
        return [[]] * number  # Python raises
    before, middle = items[: starred[0]], items[starred[0] : count - after]
    return [[each] for each in before] + [middle] + [[each] for each in items[count - after :]]


def _items_by_number(frame: Frame, value: Value, node: ast.AST) -> list[Values] | None:
    """Return the items of a list, tuple or named tuple, or None if their number is not known."""
    engine = frame.engine
    if isinstance(value, Instance) and "typing.NamedTuple" in engine.mro(value.cls):
        return [attribute_of(frame, value, name, node) for name in fields_of(engine, value.cls)]
    count = count_of(engine, value) if isinstance(value, Container) else None
    if count is None:
        return None
    return [engine.items(value, Constant(index, int)) for index in range(count)]
