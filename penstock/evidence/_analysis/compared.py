"""Strings that are compared: names of events, states and members of enumerations."""

import ast
from collections.abc import Callable

from penstock.evidence._analysis.engine import Engine
from penstock.evidence._analysis.frame import Frame
from penstock.evidence._analysis.passed import UNKNOWN_TO_OTHERS, decorators_of
from penstock.evidence._analysis.values import (
    NOTHING,
    Class,
    Constant,
    Module,
    Value,
    Values,
    join,
)

__all__ = ["as_comparison", "compared_strings", "fitting_strings", "local_values"]


def local_values(frame: Frame, name: ast.Name) -> Values:
    """Return what a name of a function is, or nothing if that is not known.

    A decorator may pass another argument than the default of a parameter.
    """
    function = frame.activation.definition
    if frame.names is None or frame.scope.parent is None or name.id in frame.varying:
        return NOTHING
    is_parameter = any(each.arg == name.id for each in function.parameters)
    if is_parameter and decorators_of(function) - UNKNOWN_TO_OTHERS:
        return NOTHING
    return frame.names.get(name.id, NOTHING)


def compared_strings(frame: Frame, test: ast.Compare) -> Values:
    """Return what a comparison of strings is, or nothing if that is not known."""
    left, right = _strings(frame, test.left), _strings_beside(frame, test)
    if not left or not right:
        return NOTHING
    is_not = isinstance(test.ops[0], (ast.NotEq, ast.IsNot, ast.NotIn))
    if not set(left) & set(right):
        return (Constant(is_not, bool),)
    is_always = set(left) <= set(right) and (_is_of_several(test) or len(right) == 1)
    return (Constant(not is_not, bool),) if is_always else NOTHING


def fitting_strings(
    frame: Frame, test: ast.Compare, *, truth: bool
) -> Callable[[Value], bool] | None:
    """Return which values the left side may have where a comparison of strings is *truth*.

    Nothing is returned where it may have any.
    """
    strings = _strings_beside(frame, test)
    is_one = isinstance(test.ops[0], (ast.Eq, ast.Is, ast.In)) is truth
    is_known = is_one or len(strings) == 1 or _is_of_several(test)
    if not strings or not is_known:
        return None
    return lambda value: not _is_string(value) or (value in strings) is is_one


def _is_of_several(test: ast.Compare) -> bool:
    return isinstance(test.ops[0], (ast.In, ast.NotIn))


def as_comparison(pattern: ast.pattern, subject: ast.expr) -> ast.Compare | None:
    """Return the comparison that a pattern of values is, or None if it is another one."""
    patterns = pattern.patterns if isinstance(pattern, ast.MatchOr) else [pattern]
    values = [each.value for each in patterns if isinstance(each, ast.MatchValue)]
    if len(values) != len(patterns):
        return None
    return ast.Compare(subject, [ast.In()], [ast.Tuple(values, ast.Load())])


def _strings_beside(frame: Frame, test: ast.Compare) -> Values:
    """Return the strings that the right side may be, or may have, if all of them are known."""
    match test.ops, test.comparators:
        case [ast.Eq() | ast.Is() | ast.NotEq() | ast.IsNot()], [right]:
            return _strings(frame, right)
        case [ast.In() | ast.NotIn()], [ast.Tuple() | ast.List() | ast.Set() as display]:
            several = [_strings(frame, each) for each in display.elts]
            return join(*several) if all(len(strings) == 1 for strings in several) else NOTHING
    return NOTHING


def _strings(frame: Frame, node: ast.expr) -> Values:
    """Return the strings that a name or a constant may be, if all of them are known."""
    match node:
        case ast.Constant(value=str() as string):
            return (Constant(string, str),)
        case ast.Attribute():
            return _member(frame, node)
        case ast.Name() if node.id.isupper() and node.id not in (frame.names or {}):
            values = frame.read(node.id)
            return values if len(values) == 1 and _is_string(values[0]) else NOTHING
        case ast.Name():
            values = local_values(frame, node)
            is_known = all(map(_is_string, values)) and frame.engine.changeable.isdisjoint(values)
            return values if is_known else NOTHING
    return NOTHING


def _member(frame: Frame, node: ast.Attribute) -> Values:
    """Return the string of a member of an enumeration, or of a constant of a module."""
    with frame.collected():
        owners = frame.evaluate(node.value)
    if len(owners) != 1 or not _has_constants(frame.engine, owners[0], node.attr):
        return NOTHING
    with frame.collected():
        values = frame.evaluate(node)
    return values if len(values) == 1 and _is_string(values[0]) else NOTHING


def _has_constants(engine: Engine, owner: Value, name: str) -> bool:
    if isinstance(owner, Class):
        return any(each.startswith("enum.") for each in engine.library_bases(owner.definition))
    return isinstance(owner, Module) and name.isupper()


def _is_string(value: Value) -> bool:
    return isinstance(value, Constant) and value.kind is str
