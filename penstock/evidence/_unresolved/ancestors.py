"""Which functions lead to one, by the names in the source, and which may be kept as values."""

import ast
from collections.abc import Set as AbstractSet

from penstock.evidence._analysis.engine import Engine
from penstock.evidence._analysis.guesses import COMMON
from penstock.evidence._analysis.library import PROPERTIES
from penstock.evidence._analysis.passed import decorators_of
from penstock.evidence._analysis.values import Class
from penstock.evidence._source.files import Definition
from penstock.evidence._source.functions import nodes_in

__all__ = ["Ancestors"]

_NOT_KNOWN = COMMON | {"__call__"}
"""Names by which nobody knows which function is called."""

_MOST_READERS = 20
"""How many functions may read an attribute before nobody knows which of them reads a property."""


class Ancestors:
    """The functions that may lead to those of steps, and are not steps themselves."""

    def __init__(self, engine: Engine, steps: AbstractSet[Definition]) -> None:
        self.steps = steps
        self._engine, self._project = engine, engine.project
        self._known: dict[Definition, list[Definition]] = {}
        self._known_lambdas: dict[Definition, list[Definition]] = {}

    def of(self, wanted: Definition) -> list[Definition]:
        """Return *wanted*, and the functions that may lead to it, of which none is a step.

        Those that lead to a function whose name many classes have are not known by that name.
        """
        found = self._known.get(wanted)
        if found is None:
            found = self._known[wanted] = [wanted]
            for each in found:
                if each is wanted or each.name not in _NOT_KNOWN:
                    callers = (
                        self._project.callers_of(each)
                        or self._users_of(each)
                        or self._readers_of(each)
                    )
                    found += [d for d in callers if d not in self.steps and d not in found]
        return found

    def _users_of(self, method: Definition) -> tuple[Definition, ...]:
        """Return what makes objects whose *method* a library calls, as that of a parser."""
        cls = method.parent
        if cls is None or not method.is_method or not self._engine.is_inherited(Class(cls)):
            return ()
        return self._project.callers_of(cls)

    def _readers_of(self, method: Definition) -> tuple[Definition, ...]:
        """Return what reads a property, unless it has a name that many attributes have."""
        if not method.is_method or decorators_of(method).isdisjoint(PROPERTIES):
            return ()
        found = self._project.readers_of(method.name)
        return found if len(found) <= _MOST_READERS else ()

    def with_callers(self, wanted: Definition) -> list[Definition]:
        """Return *wanted*, and the functions that call it and are not steps themselves."""
        callers = self._project.callers_of(wanted)
        return [wanted, *(each for each in callers if each not in self.steps)]

    def lambdas(self, wanted: Definition) -> list[Definition]:
        """Return the lambdas that call something that may lead to *wanted*, by its name."""
        found = self._known_lambdas.get(wanted)
        if found is None:
            found = self._known_lambdas[wanted] = [
                inner
                for each in self.of(wanted)
                for caller in filter(self.has_lambda, self._project.callers_of(each))
                for node in nodes_in(caller.node)
                if isinstance(node, ast.Lambda) and any(_is_called(n, each) for n in nodes_in(node))
                for inner in [caller.source.definitions[node]]
            ]
        return found

    def has_lambda(self, caller: Definition) -> bool:
        """Return whether *caller*, if not a module, may call something later in a lambda."""
        words = self._project.words_in(caller)
        return words is None or "lambda" in words

    def is_value(self, function: Definition) -> bool:
        """Return whether *function* runs where some value is called that the project keeps."""
        if not decorators_of(function).isdisjoint(PROPERTIES):
            return False  # what it returns may be called
        cls = function.parent
        if function.is_method and cls is not None:
            if function.name == "__call__":
                return True
            if function.name in {"__init__", "__new__"}:
                return self._project.is_value(cls)
        return self._project.is_value(function)


def _is_called(name: object, function: Definition) -> bool:
    """Return whether a name, or an attribute, may be *function*."""
    return function.name in {getattr(name, "id", None), getattr(name, "attr", None)}
