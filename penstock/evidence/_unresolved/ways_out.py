"""The calls of a flow that may lead out of what the source shows, and to which steps."""

import ast
from collections.abc import Collection
from collections.abc import Set as AbstractSet

from penstock.evidence._analysis.engine import TOO_DEEP, Engine
from penstock.evidence._analysis.library import UNREAD
from penstock.evidence._analysis.passed import PLAIN, decorators_of
from penstock.evidence._analysis.terms import Outside
from penstock.evidence._source.files import Definition
from penstock.evidence._source.functions import nodes_in
from penstock.evidence._unresolved.ancestors import Ancestors
from penstock.evidence._unresolved.callbacks import Callbacks
from penstock.evidence._unresolved.decorators import Decorators
from penstock.evidence._unresolved.methods import are_hooks, is_of_library, is_view
from penstock.evidence._unresolved.results import Results
from penstock.evidence._unresolved.unknown_values import UnknownValues

__all__ = ["WaysOut"]

_MOST_CALLERS = 50
"""How many functions that may lead to a step are looked for before any may."""


class WaysOut:
    """The ways out of the source, which the calls of one flow may take."""

    def __init__(self, engine: Engine, steps: AbstractSet[Definition]) -> None:
        self._engine = engine
        self._ancestors, self._decorators = Ancestors(engine, steps), Decorators(engine)
        parts = engine, self._ancestors, self._decorators
        self._unknown = UnknownValues(*parts)
        self._callbacks = Callbacks(*parts)
        self._results = Results(*parts, self._unknown)

    def may_lead(self, outside: Outside, wanted: Definition, *, is_own: bool) -> bool:
        """Return whether *outside* may lead to *wanted*.

        Args:
            outside: The call.
            wanted: The function of a step.
            is_own: Whether a value that is called counts as well, not a name alone.
        """
        if outside.is_lost:
            return outside.text != TOO_DEEP or self._may_be_behind(outside, wanted)
        if outside.methods:
            return self._unknown.may_be_implicit(outside, wanted)
        if outside.library is None:
            return self._unknown.may_lead(outside, wanted, is_own=is_own)
        return (
            outside.library.startswith(UNREAD)
            or self._unknown.is_name(outside, wanted)
            or self._callbacks.may_lead(outside, wanted)
            or self._results.may_lead(outside, wanted, is_own=is_own)
        )

    def may_run_both(self, first: Definition, second: Definition) -> bool:
        """Return whether a function that is not a step may lead to *first*, and to *second*.

        It does so by their names, or by values that it is given or finds.
        """
        ancestors = self._ancestors
        some, others = ancestors.of(first), ancestors.of(second)
        if any(each in others[1:] for each in some[1:]):
            return True
        callers, after = filter(_has_calls, some[1:]), filter(_has_calls, others[1:])
        is_value, is_value_after = (any(map(ancestors.is_value, each)) for each in (some, others))
        return (
            (is_value and is_value_after)
            or (is_value and any(after))
            or (is_value_after and any(callers))
        )

    def may_call(self, wanted: Definition, names: AbstractSet[str]) -> bool:
        """Return whether *wanted*, or what may lead there, calls a method that has one of *names*.

        A function that is kept may be called where that is.
        """
        ancestors = self._ancestors.of(wanted)
        return any(map(self._ancestors.is_value, ancestors)) or any(
            isinstance(node, ast.Attribute) and node.attr in names
            for each in ancestors
            for node in nodes_in(each.node)
        )

    def may_be_requested(self, wanted: Definition) -> bool:
        """Return whether a view may lead to *wanted*."""
        return any(is_view(self._engine, each) for each in self._ancestors.of(wanted))

    def is_registered(self, function: Definition) -> bool:
        """Return whether others may know *function* by a decorator."""
        return self._decorators.is_registered(function)

    def is_of_library(self, method: Definition) -> bool:
        """Return whether a library may call *method*, since its class extends one of these."""
        return is_of_library(self._engine, method)

    def hook_beside(self, method: Definition, wanted: Definition) -> Definition | None:
        """Return what a library may call of an object after *method*, and leads to *wanted*."""
        found = self._ancestors.of(wanted)
        return next((each for each in found if are_hooks(self._engine, method, each)), None)

    def _may_be_behind(self, outside: Outside, wanted: Definition) -> bool:
        """Return whether a function that was not followed may lead to *wanted*.

        It does not if it is none of the functions from which calls lead there, by their names,
        and if nothing else may call one of these, by a value, in a lambda or as a framework.
        """
        project, ancestors = self._engine.project, self._ancestors
        lost = project.function_at(outside.location)
        found = [wanted]
        for each in found:
            callers = project.callers_of(each)
            is_passed = ancestors.is_value(each) or any(map(ancestors.has_lambda, callers))
            if lost in callers or is_passed or self._is_known(each, callers):
                return True
            found += [d for d in callers if d not in ancestors.steps and d not in found]
            if len(found) > _MOST_CALLERS:
                return True
        return False

    def _is_known(self, function: Definition, callers: Collection[Definition]) -> bool:
        """Return whether a library may call *function*: for a decorator, or as a method."""
        if function.is_method and not callers:
            return is_of_library(self._engine, function)
        return bool(decorators_of(function) - PLAIN)


def _has_calls(function: Definition) -> bool:
    """Return whether a function calls more than one thing, or a decorator may for it."""
    calls = sum(isinstance(node, ast.Call) for node in nodes_in(function.node))
    return calls > 1 or bool(decorators_of(function) - PLAIN)
