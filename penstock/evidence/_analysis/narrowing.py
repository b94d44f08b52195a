"""What names are where a condition is true, or is not."""

import ast
from collections.abc import Callable

from penstock.evidence._analysis.engine import Engine
from penstock.evidence._analysis.frame import Frame, path_of
from penstock.evidence._analysis.values import (
    Class,
    Constant,
    Container,
    External,
    Function,
    Instance,
    Unknown,
    Value,
    Values,
    join,
)

__all__ = ["is_falsy", "narrow", "narrowed", "truth_of"]


def truth_of(frame: Frame, test: ast.expr) -> bool | None:
    """Return whether *test* is true, or None if that is not known."""
    if isinstance(test, ast.Constant):
        return bool(test.value)
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        found = truth_of(frame, test.operand)
        return None if found is None else not found
    if isinstance(test, ast.Name) and frame.names is not None and test.id in frame.names:
        values = frame.names[test.id]
        if values and all(isinstance(v, Constant) and v.kind in {bool, type(None)} for v in values):
            truths = {bool(v.value) for v in values if isinstance(v, Constant)}
            return truths.pop() if len(truths) == 1 and frame.scope.parent is not None else None
    return None


def narrow(frame: Frame, test: ast.expr, *, truth: bool) -> None:
    """Let names be what they are where *test* is *truth*."""
    if frame.names is None:
        return
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        narrow(frame, test.operand, truth=not truth)
    elif isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And) is truth:
        for operand in test.values:
            narrow(frame, operand, truth=truth)
    elif isinstance(test, ast.Call) and len(test.args) == 2:  # noqa: PLR2004 - isinstance(x, C)
        if isinstance(test.func, ast.Name) and test.func.id == "isinstance":
            with frame.collected():
                classes = _classes(frame, test.args[1])
                _narrow_to(frame, test.args[0], classes, truth=truth)
    elif isinstance(test, ast.Compare) and len(test.ops) == 1:
        is_none = (
            isinstance(test.comparators[0], ast.Constant) and test.comparators[0].value is None
        )
        if is_none and isinstance(test.ops[0], (ast.Is, ast.IsNot, ast.Eq, ast.NotEq)):
            is_it = isinstance(test.ops[0], (ast.Is, ast.Eq)) is truth
            _keep(frame, test.left, lambda v: _is_none(v) is is_it or isinstance(v, Unknown))
    elif isinstance(test, (ast.Name, ast.Attribute)):
        if truth:
            _keep(frame, test, lambda v: not is_falsy(v))
        else:
            _keep(frame, test, lambda v: not isinstance(v, (Function, Class)))
    elif isinstance(test, ast.NamedExpr):
        narrow(frame, test.target, truth=truth)


def _is_none(value: Value) -> bool:
    return isinstance(value, Constant) and value.value is None


def is_falsy(value: Value) -> bool:
    return isinstance(value, Constant) and not value.value


def _classes(frame: Frame, node: ast.expr) -> list[Value]:
    found: list[Value] = []
    for value in frame.evaluate(node):
        if isinstance(value, Container):
            found += frame.engine.items(value)
        else:
            found.append(value)
    return found


def narrowed(engine: Engine, values: Values, classes: list[Value]) -> Values:
    """Return those of *values* that are instances of one of *classes*."""
    kept: list[Value] = []
    for cls in classes:
        if not isinstance(cls, Class):
            continue
        exact = [
            v
            for v in values
            if isinstance(v, Instance) and engine.is_subclass(v.cls, cls.definition)
        ]
        kept += exact
        if exact:
            continue
        for value in values:
            is_wider = isinstance(value, Instance) and engine.is_subclass(cls.definition, value.cls)
            if isinstance(value, Unknown) or (is_wider and getattr(value, "site", 0) is None):
                kept.append(Instance(cls.definition))
    kept += [v for v in values if isinstance(v, External)]
    return join(kept)


def _narrow_to(frame: Frame, node: ast.expr, classes: list[Value], *, truth: bool) -> None:
    values = _current(frame, node)
    if values is None:
        return
    if truth:
        _set_current(frame, node, narrowed(frame.engine, values, classes) or values)
        return
    definitions = [c.definition for c in classes if isinstance(c, Class)]
    _set_current(
        frame,
        node,
        tuple(
            v
            for v in values
            if not isinstance(v, Instance)
            or not any(frame.engine.is_subclass(v.cls, d) for d in definitions)
        )
        or values,
    )


def _keep(frame: Frame, node: ast.expr, fits: Callable[[Value], bool]) -> None:
    values = _current(frame, node)
    if values is not None and (kept := tuple(v for v in values if fits(v))):
        _set_current(frame, node, kept)


def _current(frame: Frame, node: ast.expr) -> Values | None:
    if isinstance(node, ast.Name):
        return frame.names.get(node.id) if frame.names is not None else None
    if isinstance(node, ast.Attribute):
        with frame.collected():
            return frame.evaluate(node)
    if isinstance(node, ast.NamedExpr):
        return _current(frame, node.target)
    return None


def _set_current(frame: Frame, node: ast.expr, values: Values) -> None:
    if isinstance(node, ast.Name) and frame.names is not None:
        frame.names[node.id] = values
    elif isinstance(node, ast.Attribute) and (path := path_of(node)):
        frame.paths[path] = values
    elif isinstance(node, ast.NamedExpr):
        _set_current(frame, node.target, values)
