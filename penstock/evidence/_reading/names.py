"""The values of names in the modules of a project."""

import ast
import builtins
import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from penstock.evidence._reading.values import (
    CALLABLE,
    CONTAINERS,
    External,
    Function,
    Member,
    Namespace,
    Reference,
    Unknown,
    is_plain,
)
from penstock.evidence._source.functions import names_assigned_in, nodes_in
from penstock.evidence._source.project import Project

__all__ = ["Names", "external"]

_CHANGES = (
    r"\b{}\s*(?:\.\s*(?:add|append|clear|discard|extend|insert|pop|popitem|remove|reverse"
    r"|setdefault|sort|update)\s*\(|\[[^\]\n]*\]\s*[-+*|&/]?=(?!=)|[-+*|&]=)|\bdel\s+{}\s*\["
)

_STRINGS = {"str", "StrEnum", "TextChoices"}
"""The bases of an enumeration whose members are strings."""


class Names:
    """The values of the names of a project.

    Args:
        project: The source.
        run: Reads a module, and returns it with its names.
    """

    def __init__(self, project: Project, run: Callable[[str], Namespace]) -> None:
        self.project = project
        self._run = run
        self._functions: dict[int, tuple[object, Function]] = {}
        self._changed: dict[str, bool] = {}
        self._resolving: set[Reference] = set()

    def know(self, value: object, function: Function) -> None:
        """Remember that *value* is what a name of *function* has."""
        self._functions[id(value)] = value, function

    def function_of(self, value: object) -> Function | None:
        """Return the function or class of the project that *value* is, if it is one."""
        known = self._functions.get(id(value))
        return None if known is None else known[1]

    def declared_as(self, value: Any) -> Any:
        """Return what is declared in place of a function or class, or another value itself."""
        function = self.function_of(value)
        if function is None or not isinstance(value, (Function, Namespace)):
            return value
        self.know(function.stub, function)
        return function.stub

    @property
    def functions(self) -> Iterable[Function]:
        """All functions and classes that have been read."""
        return dict.fromkeys(function for _, function in self._functions.values())

    def lookup(self, name: str, scope: Namespace) -> Any:
        """Return the value of a name."""
        for space in dict.fromkeys((scope, scope.module)):
            if name in space.names:
                return self._value(name, space)
        known = hasattr(builtins, name)
        return External(f"builtins.{name}") if known else Unknown(name)

    def _value(self, name: str, space: Namespace) -> Any:
        value = space.names[name]
        if isinstance(value, Reference):
            value = self.resolve(value)
        if isinstance(value, CONTAINERS) and self._is_changed(name):
            return Unknown(name)
        is_rebound = "global " in space.source.text and name in space.module.definition.global_names
        return Unknown(name) if is_rebound else value

    def _is_changed(self, name: str) -> bool:
        """Return whether some code may change a container of that name after it was made."""
        if name not in self._changed:
            pattern = re.compile(_CHANGES.replace("{}", re.escape(name)))
            # Without the index of all words, which takes longer than a few searches.
            texts = (source.text for source in self.project.sources)
            self._changed[name] = any(name in text and pattern.search(text) for text in texts)
        return self._changed[name]

    def resolve(self, reference: Reference) -> Any:
        """Return what a name of another module means."""
        space = self._run(reference.module)
        if reference.name is None:
            return space
        if reference in self._resolving:  # such as ``from . import tasks`` in a package
            return self._submodule(space, reference.name)
        self._resolving.add(reference)
        try:
            return self.attribute(space, reference.name)
        finally:
            self._resolving.remove(reference)

    def attribute(self, value: Any, name: str) -> Any:
        """Return the value of an attribute."""
        if isinstance(value, External):
            return external(f"{value.name}.{name}")
        if isinstance(value, Member) and name == "value":
            return value.value
        if isinstance(value, Namespace):
            return self._in_space(value, name)
        return Unknown(name, declares=isinstance(value, Unknown) and value.declares)

    def _in_space(self, space: Namespace, name: str) -> Any:
        if name in space.names:
            found = self._value(name, space)
            is_enum = any(base.endswith(("Enum", "Choices")) for base in space.bases)
            if is_enum and isinstance(found, (str, int)):
                return Member(found, not _STRINGS.isdisjoint(space.bases))
            return found
        return self._submodule(space, name)

    def _submodule(self, space: Namespace, name: str) -> Any:
        inner = f"{space.source.module}.{name}"
        if space.outer is None and inner in self.project.files:
            return self._run(inner)
        return Unknown(name)

    def may_declare(self, value: Any, known: set[int] | None = None) -> bool:
        """Return whether a call of a function or class of the project may declare something.

        Args:
            value: The function or class.
            known: Functions that declare nothing, to which those are added that are found.
        """
        seen = set[int]() if known is None else set(known)
        found = self._declares(value, seen)
        if known is not None and not found:
            known |= seen
        return found

    def _declares(self, value: Any, seen: set[int]) -> bool:
        function = self.function_of(value)
        if function is None or id(function) in seen:
            return False
        seen.add(id(function))
        node: Any = function.definition.node
        bodies = [node]
        if function.definition.kind == "class":
            kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
            bodies = [each for each in node.body if isinstance(each, kinds)]
        return any(self._runs(each, function.module, seen) for each in bodies)

    def _runs(self, node: Any, module: Namespace, seen: set[int]) -> bool:
        """Return whether the body of a function uses something that declares."""
        own = names_assigned_in(node)
        return any(self._uses(each, module, seen, own) for each in node.body)

    def mentions(self, node: ast.AST, scope: Namespace) -> bool:
        """Return whether an expression uses something that declares, itself or in what it calls."""
        return self._uses(node, scope, set(), frozenset())

    def _uses(self, node: ast.AST, scope: Namespace, seen: set[int], own: frozenset[str]) -> bool:
        for inner in nodes_in(node):
            if isinstance(inner, (ast.Name, ast.Attribute)):
                with suppress(LookupError):
                    value = self._named(inner, scope, own)
                    if not is_plain(value) or self._declares(value, seen):
                        return True
        return False

    def _named(self, node: ast.expr, scope: Namespace, own: frozenset[str]) -> Any:
        """Return the value of a dotted name.

        Raises:
            LookupError: If it is of something local.
        """
        if isinstance(node, ast.Name) and node.id not in own:
            found = scope.module.names.get(node.id)
            # To look for decorators in all modules would be to read all modules.
            is_far = isinstance(found, Reference) and not self._names_penstock(found)
            return Unknown(node.id) if is_far else self.lookup(node.id, scope)
        if isinstance(node, ast.Attribute):
            return self.attribute(self._named(node.value, scope, own), node.attr)
        raise LookupError

    def _names_penstock(self, reference: Reference) -> bool:
        inner = self.project.files.get(f"{reference.module}.{reference.name}")
        source = inner or self.project.files.get(reference.module)
        return source is not None and "penstock" in source.text


def external(name: str) -> Any:
    """Return what a library's dotted name means."""
    return CALLABLE.get(name, External(name))
