"""Conditions, and the names where they are true or false."""

import ast
from collections.abc import Callable

from penstock.evidence._analysis.compared import compared_strings, fitting_strings, local_values
from penstock.evidence._analysis.engine import Engine
from penstock.evidence._analysis.frame import Frame, path_of
from penstock.evidence._analysis.library import KINDS
from penstock.evidence._analysis.values import (
    NOTHING,
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
    match test:
        case ast.Constant():
            return bool(test.value)
        case ast.UnaryOp(op=ast.Not()):
            found = truth_of(frame, test.operand)
            return None if found is None else not found
        case ast.BoolOp():
            is_or = isinstance(test.op, ast.Or)
            truths = {truth_of(frame, operand) for operand in test.values}
            return is_or if is_or in truths else None if None in truths else not is_or
    return _truth(_values_of(frame, test))


def _values_of(frame: Frame, test: ast.expr) -> Values:
    """Return the values of a condition, or nothing if these are not known."""
    match test:
        case ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING"):
            return NOTHING if frame.scope.parent is None else (Constant(value=False, kind=bool),)
        case ast.Name():
            return local_values(frame, test)
        case ast.Compare(
            left=ast.Name() as name,
            ops=[ast.Is() | ast.IsNot() as operator],
            comparators=[ast.Constant(value=None)],
        ) if _is_none_alone(frame, name):
            return (Constant(isinstance(operator, ast.Is), bool),)
        case ast.Compare():
            return compared_strings(frame, test)
        case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)) if name in KINDS:
            with frame.collected():
                return frame.evaluate(test)
    return NOTHING


def _is_none_alone(frame: Frame, name: ast.Name) -> bool:
    """Return whether a name is always None; what an object is made without, it may get later.

    That is done by the method that its ``__init__`` would call, as ``init_app`` of an extension.
    """
    is_made = frame.activation.definition.name == "__init__"
    return not is_made and local_values(frame, name) == (Constant(None),)


def _truth(values: Values) -> bool | None:
    """Return whether flags are true, or None if that is not known."""
    flags = [v for v in values if isinstance(v, Constant) and v.kind in {bool, type(None)}]
    truths = {bool(flag.value) for flag in flags}
    return truths.pop() if len(truths) == 1 and len(flags) == len(values) else None


def narrow(frame: Frame, test: ast.expr, *, truth: bool) -> None:
    """Let names be what they are where *test* is *truth*."""
    match test:
        case ast.UnaryOp(op=ast.Not()):
            narrow(frame, test.operand, truth=not truth)
        case ast.BoolOp() if isinstance(test.op, ast.And) is truth:
            for operand in test.values:
                narrow(frame, operand, truth=truth)
        case ast.Call(func=ast.Name(id="isinstance"), args=[value, classes]):
            with frame.collected():
                _narrow_to(frame, value, _classes(frame, classes), truth=truth)
        case ast.Call(func=ast.Name(id="issubclass"), args=[value, classes]) if truth:
            with frame.collected():
                _narrow_to_subclasses(frame, value, _classes(frame, classes))
        case ast.Compare():
            _narrow_compared(frame, test, truth=truth)
        case ast.Name() | ast.Attribute() if truth:
            _keep(frame, test, lambda v: not is_falsy(v))
        case ast.Name() | ast.Attribute():
            _keep(frame, test, lambda v: not isinstance(v, (Function, Class)))
        case ast.NamedExpr():
            narrow(frame, test.target, truth=truth)


def _narrow_compared(frame: Frame, test: ast.Compare, *, truth: bool) -> None:
    """Let the left side of a comparison be what it may be where that is *truth*."""
    match test:
        case ast.Compare(
            ops=[ast.Is() | ast.Eq() | ast.IsNot() | ast.NotEq() as operator],
            comparators=[ast.Constant(value=None)],
        ):
            is_it = isinstance(operator, (ast.Is, ast.Eq)) is truth
            _keep(frame, test.left, lambda v: _is_none(v) is is_it or isinstance(v, Unknown))
        case _:
            fits = fitting_strings(frame, test, truth=truth)
            if fits is not None:
                _keep(frame, test.left, fits)


def _is_none(value: Value) -> bool:
    return isinstance(value, Constant) and value.value is None


def is_falsy(value: Value) -> bool:
    """Return whether *value* is a constant that is false."""
    return isinstance(value, Constant) and not value.value


def _classes(frame: Frame, node: ast.expr) -> Values:
    return join(
        *(
            frame.engine.items(value) if isinstance(value, Container) else (value,)
            for value in frame.evaluate(node)
        )
    )


def narrowed(engine: Engine, values: Values, classes: Values) -> Values:
    """Return those of *values* that are instances of one of *classes*."""
    kept: list[Value] = []
    for cls in classes:
        if isinstance(cls, Class):
            instances = [v for v in values if isinstance(v, Instance)]
            exact = [v for v in instances if engine.is_subclass(v.cls, cls.definition)]
            wider = [v for v in instances if engine.is_subclass(cls.definition, v.cls)]
            is_wider = Unknown() in values or any(value.site is None for value in wider)
            kept += exact or [Instance(cls.definition)] * is_wider
    kept += [value for value in values if isinstance(value, External)]
    return join(kept)


def _narrow_to(frame: Frame, node: ast.expr, classes: Values, *, truth: bool) -> None:
    engine = frame.engine
    values = _current(frame, node)
    definitions = [c.definition for c in classes if isinstance(c, Class)]

    def is_one(value: Value) -> bool:
        return isinstance(value, Instance) and any(
            engine.is_subclass(value.cls, each) for each in definitions
        )

    kept = narrowed(engine, values, classes) if truth else tuple(
        value for value in values if not is_one(value)
    )  # fmt: skip
    _set_current(frame, node, kept or values)


def _narrow_to_subclasses(frame: Frame, node: ast.expr, classes: Values) -> None:
    values = _current(frame, node)
    found = [cls for cls in classes if isinstance(cls, Class)]
    kept = [
        value
        for value in values
        if isinstance(value, Class)
        and any(frame.engine.is_subclass(value.definition, cls.definition) for cls in found)
    ]
    if any(isinstance(value, (Unknown, External)) for value in values):
        kept += [Class(cls.definition, is_any=True) for cls in found]
    _set_current(frame, node, join(kept))


def _keep(frame: Frame, node: ast.expr, fits: Callable[[Value], bool]) -> None:
    if kept := tuple(value for value in _current(frame, node) if fits(value)):
        _set_current(frame, node, kept)


def _current(frame: Frame, node: ast.expr) -> Values:
    """Return what a name or an attribute is here."""
    if isinstance(node, ast.Name):
        return (frame.names or {}).get(node.id, NOTHING)
    if isinstance(node, ast.NamedExpr):
        return _current(frame, node.target)
    if not isinstance(node, ast.Attribute):
        return NOTHING
    with frame.collected():
        return frame.evaluate(node)


def _set_current(frame: Frame, node: ast.expr, values: Values) -> None:
    if isinstance(node, ast.NamedExpr):
        node = node.target
    if isinstance(node, ast.Name) and frame.names is not None and values:
        frame.names[node.id] = values
    elif isinstance(node, ast.Attribute) and (path := path_of(node)):
        frame.paths[path] = values
