"""Assignments to names, attributes, items and several targets."""

import ast

from penstock.evidence._analysis.attributes import attribute_of
from penstock.evidence._analysis.containers import count_of
from penstock.evidence._analysis.frame import Frame, path_of
from penstock.evidence._analysis.iteration import iterate
from penstock.evidence._analysis.scopes import Arguments
from penstock.evidence._analysis.values import (
    NOTHING,
    UNKNOWN,
    Class,
    Constant,
    Container,
    Function,
    Instance,
    Method,
    Unknown,
    Value,
    Values,
    join,
)

__all__ = ["assign_target"]


def assign_target(frame: Frame, target: ast.expr, values: Values) -> None:
    """Assign *values* to what is on the left of ``=``."""
    engine = frame.engine
    if isinstance(target, ast.Name):
        frame.assign(target.id, values)
    elif isinstance(target, ast.Attribute):
        owners = frame.evaluate(target.value)
        for owner in owners:
            _set_attribute(frame, owner, target, values)
        _set_path(frame, target, values, owners)
    elif isinstance(target, ast.Subscript):
        owners = frame.evaluate(target.value)
        keys = frame.evaluate(target.slice) if not isinstance(target.slice, ast.Slice) else UNKNOWN
        for owner in owners:
            if isinstance(owner, Container):
                for key in keys:
                    engine.put(owner, key, values)
            elif isinstance(owner, Instance):
                method = attribute_of(frame, owner, "__setitem__", target)
                frame.apply(method, Arguments((keys, values)), target)
        _set_path(frame, target, values, owners)
    elif isinstance(target, ast.Starred):
        container = Container("list", frame.site(target))
        engine.put(container, None, values)
        assign_target(frame, target.value, (container,))
    elif isinstance(target, (ast.Tuple, ast.List)):
        _destructure(frame, target.elts, values)


def _set_attribute(frame: Frame, owner: Value, target: ast.Attribute, values: Values) -> None:
    engine = frame.engine
    if isinstance(owner, Instance):
        setter = engine.find(owner.cls, target.attr)
        for each in setter:
            inner = getattr(each, "function", None)
            if getattr(each, "kind", None) == "property" and inner is not None:
                for one in engine.load(each, "setter"):
                    if isinstance(one, Function):
                        frame.apply((Method(one, owner),), Arguments((values,)), target)
                        return
        engine.store(owner, target.attr, values)
    elif isinstance(owner, Class):
        scope = engine.info(owner.definition).scope
        if scope.add(target.attr, values):
            engine.changed = True
    elif not isinstance(owner, (Unknown, Constant)):
        module = getattr(owner, "source", None)
        if module is not None:
            if engine.scope_of(module).add(target.attr, values):
                engine.changed = True
            return
        engine.store(owner, target.attr, values)


def _set_path(frame: Frame, target: ast.expr, values: Values, owners: Values) -> None:
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
    engine = frame.engine
    starred = next((n for n, t in enumerate(targets) if isinstance(t, ast.Starred)), None)
    for number, target in enumerate(targets):
        found: Values = NOTHING
        for value in values:
            if not isinstance(value, Container):
                found = join(found, iterate(frame, (value,), target, is_silent=True)[0])
                continue
            count = count_of(engine, value)
            if count is None:
                found = join(found, engine.items(value))
            elif starred is None or number < starred:
                found = join(found, engine.items(value, Constant(number, int)))
            elif number > starred:
                found = join(
                    found, engine.items(value, Constant(count - len(targets) + number, int))
                )
            else:
                last = count - (len(targets) - 1 - starred)
                parts = (engine.items(value, Constant(n, int)) for n in range(starred, last))
                found = join(found, *parts)
        if isinstance(target, ast.Starred):
            container = Container("list", frame.site(target))
            is_one = len(values) == 1 and isinstance(values[0], Container)
            count = count_of(engine, values[0]) if is_one else None
            if is_one and count is not None and starred is not None:
                last = count - (len(targets) - 1 - starred)
                for index, n in enumerate(range(starred, last)):
                    items = engine.items(values[0], Constant(n, int))
                    engine.put(container, Constant(index, int), items)
            else:
                engine.put(container, None, found)
            assign_target(frame, target.value, (container,))
        else:
            assign_target(frame, target, found or UNKNOWN)
