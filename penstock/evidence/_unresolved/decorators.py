"""The decorators of functions: whether they keep them, and which arguments they pass on."""

import ast

from penstock.evidence._analysis.added import added_by, keeps_nothing
from penstock.evidence._analysis.engine import Engine
from penstock.evidence._analysis.library import KEEPING, last_of
from penstock.evidence._analysis.passed import PLAIN, UNKNOWN_TO_OTHERS, Passed, fits
from penstock.evidence._analysis.values import (
    NOTHING,
    UNKNOWN,
    Class,
    External,
    Function,
    Module,
    Value,
    Values,
    join,
)
from penstock.evidence._source.files import Definition, SourceFile
from penstock.evidence._source.functions import called_by, written

__all__ = ["Decorators"]


_COMMANDS = {"command", "group"}
"""Decorators of Click, and methods of its groups, that make a command of a function."""


class Decorators:
    """The decorators of the functions of a project, as the values that they are."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._known: dict[Definition, tuple[frozenset[str] | None, bool]] = {}

    def fits(self, passed: Passed | None, function: Definition, *, more: int = 0) -> bool:
        """Return whether *function*, with its decorators, may be called with *passed*.

        A module that leads to a step when it is imported may not.
        """
        if function.kind == "module":
            return False
        if function not in self._known:
            added = self._added_to(function)
            is_kept = added == frozenset() and self._keeps_arguments(function)
            self._known[function] = added, is_kept
        added, is_kept = self._known[function]
        return fits(passed, function, more=more, added=added, is_kept=is_kept)

    def _added_to(self, function: Definition) -> frozenset[str] | None:
        """Return the names of the arguments that decorators add, or None if others may be."""
        names: frozenset[str] = frozenset()
        for decorator in map(called_by, function.decorators):
            if last_of(written(decorator)) in PLAIN:
                continue
            for value in self._value_of(decorator, function.source) or UNKNOWN:
                added = _added_by(value)
                if added is None:
                    return None
                names |= added
        return names

    def _keeps_arguments(self, function: Definition) -> bool:
        """Return whether the decorators of *function* are of libraries, and pass all on."""
        decorators = (called_by(each) for each in function.decorators)
        return all(
            isinstance(value, External)
            for each in decorators
            if last_of(written(each)) not in PLAIN
            for value in self._value_of(each, function.source)
        )

    def is_registered(self, function: Definition) -> bool:
        """Return whether others may know *function* by a decorator.

        One of the project does not if it only calls the function.
        """
        return any(
            last_of(written(called_by(each))) not in UNKNOWN_TO_OTHERS
            and not self._keeps_nothing(each, function.source)
            for each in function.decorators
        )

    def _keeps_nothing(self, decorator: ast.expr, source: SourceFile) -> bool:
        named = called_by(decorator)
        values = self._value_of(named, source)
        return bool(values) and all(
            isinstance(value, Function)
            and keeps_nothing(value.definition, is_made=named is not decorator)
            for value in values
        )

    def is_kept(self, function: Definition) -> bool:
        """Return whether a decorator of the project has stored *function* somewhere."""
        kept = (v for v in self._engine.kept if isinstance(v, (Function, Class)))
        return any(function is v.definition for v in kept)

    def may_be_kept(self, function: Definition) -> bool:
        """Return whether *function* has a decorator of the project, which may store it."""
        return any(
            isinstance(value, Function)
            for each in function.decorators
            for value in self._value_of(called_by(each), function.source)
        )

    def is_command(self, function: Definition) -> bool:
        """Return whether *function* is a command of Click, which takes arguments as strings."""
        return any(
            self._is_of_click(decorator, function.source)
            for decorator in map(called_by, function.decorators)
            if last_of(written(decorator)) in _COMMANDS
        )

    def _is_of_click(self, decorator: ast.expr, source: SourceFile) -> bool:
        """Return whether a decorator is one of Click, or of a group that is such a command."""
        values = [*self._value_of(decorator, source)]
        if isinstance(decorator, ast.Attribute):
            values += self._value_of(decorator.value, source)
        return any(
            self.is_command(value.definition)
            if isinstance(value, Function)
            else isinstance(value, External) and value.name.startswith("click.")
            for value in values
        )

    def _value_of(self, node: ast.expr, source: SourceFile) -> Values:
        """Return what a name, or one of a module, is in a file."""
        match node:
            case ast.Name():
                return self._engine.member(source, node.id)
            case ast.Attribute():
                owners = self._value_of(node.value, source)
                modules = [each.source for each in owners if isinstance(each, Module)]
                libraries = [each.name for each in owners if isinstance(each, External)]
                return join(
                    *(self._engine.member(each, node.attr) for each in modules),
                    (External(f"{each}.{node.attr}") for each in libraries),
                )
        return NOTHING


def _added_by(decorator: Value) -> frozenset[str] | None:
    """Return the names of the arguments that *decorator* adds, or None if it may add others."""
    if isinstance(decorator, External) and last_of(decorator.name) in KEEPING:
        return frozenset()
    return added_by(decorator.definition) if isinstance(decorator, Function) else None
