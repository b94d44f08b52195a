"""The functions that a called name or attribute may be, by all assignments and arguments."""

import ast
from collections.abc import Iterable
from typing import TypeAlias

from penstock.evidence._analysis.binding import defaults_of
from penstock.evidence._analysis.engine import Engine
from penstock.evidence._analysis.library import OF_LOGGERS, PROPERTIES
from penstock.evidence._analysis.passed import UNKNOWN_TO_OTHERS, decorators_of
from penstock.evidence._analysis.values import Class, Constant, External, Function, Module, Value
from penstock.evidence._source.files import Definition
from penstock.evidence._source.functions import last_name_of, names_bound_by, nodes_in, written
from penstock.evidence._strings import argument_of, calls_of, is_assigned

__all__ = ["PointsTo"]

_Found: TypeAlias = frozenset[Definition] | None
"""Functions and classes, or None if there may be others."""

_NOTHING: frozenset[Definition] = frozenset()

_MOST = 200
"""How many expressions are looked at until there may be others."""


class PointsTo:
    """The functions that a called expression may be.

    The assignments count wherever they are and whenever they run, also those to objects that a
    framework makes and not the flow.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine, self._project = engine, engine.project
        self._running: set[tuple[Definition, str]] = set()
        self._left = 0

    def functions(self, function: Definition | None, text: str) -> _Found:
        """Return what *text* may be in *function*, or None if it may be something else."""
        if function is None:
            return None
        self._left = _MOST
        return self._of(ast.parse(text, mode="eval").body, function)

    def _of(self, node: ast.expr, where: Definition) -> _Found:
        """Return what an expression may be in a function, a class or a module."""
        self._left -= 1
        if self._left < 0:
            return None
        found: _Found = None
        match node:
            case ast.Constant():
                found = _NOTHING
            case ast.Lambda():
                same = (d for d in where.source.definitions.values() if d.kind == "lambda")
                found = frozenset(d for d in same if written(d.header) == written(node))
            case ast.IfExp(body=body, orelse=other):
                found = self._any([body, other], where)
            case ast.BoolOp(values=values):
                found = self._any(values, where)
            case ast.Call(func=ast.Name("partial") | ast.Attribute(attr="partial"), args=args):
                found = self._any(args[:1], where)
            case ast.Name() | ast.Attribute():
                found = self._once(node, where)
        return found

    def _once(self, node: ast.Name | ast.Attribute, where: Definition) -> _Found:
        """Return what a name or an attribute may be, which adds nothing to itself."""
        key = where, written(node)
        if key in self._running:
            return _NOTHING
        self._running.add(key)
        if isinstance(node, ast.Name):
            found = self._name(node.id, where)
        else:
            found = self._attribute(node, where)
        self._running.discard(key)
        return found

    def _any(self, nodes: Iterable[ast.expr], where: Definition) -> _Found:
        return _union(self._of(each, where) for each in nodes)

    def _name(self, name: str, where: Definition) -> _Found:
        """Return what a name may be: of a function around, or of the module."""
        scope = where
        while scope.parent is not None:
            if scope.kind == "function" and name in scope.assigned_names:
                return self._variable(name, scope)
            scope = scope.parent
        return _union(map(_definition_of, self._engine.member(where.source, name) or (None,)))

    def _variable(self, name: str, function: Definition) -> _Found:
        """Return what a function gets as a parameter, or assigns to a variable."""
        if name in {each.arg for each in function.parameters}:
            return self._parameter(name, function)
        assigned: dict[ast.AST, ast.expr] = {}
        found: list[_Found] = []
        nodes = [*nodes_in(function.node)]
        for node in nodes:
            if isinstance(node, ast.Assign):
                assigned |= dict.fromkeys(node.targets, node.value)
        for node in nodes:
            if name in names_bound_by(node):
                value = assigned.get(node)
                inner = function.source.definitions.get(node)
                found.append(_plain(inner) if value is None else self._of(value, function))
        return _union(found) if found else None

    def _parameter(self, name: str, function: Definition) -> _Found:
        """Return what all calls of a function pass as one of its parameters."""
        is_making = function.name == "__init__" and function.is_method
        called = function.parent if is_making else function
        assert called is not None
        is_bound = function.is_method and "staticmethod" not in decorators_of(function)
        place = [each.arg for each in function.parameters].index(name) - is_bound
        is_plain = None not in map(_plain, (called, function))
        if not is_plain or self._project.is_value(called) or is_assigned(function, name):
            return None
        default = dict(defaults_of(function.header.args)).get(name)  # type: ignore[attr-defined]
        found: list[_Found] = []
        for caller, call in calls_of(self._project, called):
            if not _is_plain(call):
                return None
            given = argument_of(call, place, name)
            if given is not None:
                found.append(self._of(given, caller))
            elif default is not None:
                found.append(self._of(default, function.source.root))
        return _union(found) if found else None

    def _attribute(self, node: ast.Attribute, where: Definition) -> _Found:
        """Return what an attribute may be: of a module, or of any object."""
        match node.value:
            case ast.Name(id=owner):
                for value in self._engine.member(where.source, owner):
                    if isinstance(value, Module):
                        found = self._engine.member(value.source, node.attr)
                        return _union(map(_definition_of, found or (None,)))
        if node.attr in OF_LOGGERS and "log" in last_name_of(node.value):
            return _NOTHING
        return _union(
            self._assigned(text, [*file.definitions.values(), file.root][number])
            for file, assigned in self._project.search("assigned", node.attr)
            for number, text in assigned
        )

    def _assigned(self, text: str | None, where: Definition) -> _Found:
        """Return what one assignment, or the definition of a method, makes an attribute."""
        if not text:
            return None if text is None else _plain(where)
        return self._of(ast.parse(text, mode="eval").body, where)


def _definition_of(value: Value | None) -> _Found:
    match value:
        case Function(definition=found) | Class(definition=found):
            return frozenset({found})
        case External(name=name) if "()" not in name:
            return _NOTHING  # what a library makes may call what it has got
        case Constant():
            return _NOTHING
    return None


def _plain(function: Definition | None) -> _Found:
    """Return a function or class, unless its decorators call something else instead."""
    if function is None or decorators_of(function) - (UNKNOWN_TO_OTHERS - PROPERTIES):
        return None
    return frozenset({function})


def _is_plain(call: ast.Call) -> bool:
    """Return whether a call shows which arguments it passes."""
    has_more = any(isinstance(each, ast.Starred) for each in call.args)
    return not has_more and all(each.arg is not None for each in call.keywords)


def _union(found: Iterable[_Found]) -> _Found:
    known = [*found]
    return None if None in known else _NOTHING.union(*(each for each in known if each is not None))
