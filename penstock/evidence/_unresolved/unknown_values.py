"""The calls of unknown values, which lead somewhere by a name, or as a value that is kept."""

import ast
import datetime as dt
import re
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from penstock.evidence._analysis.engine import Engine
from penstock.evidence._analysis.guesses import OF_TYPES
from penstock.evidence._analysis.library import OF_LIBRARIES, OF_LOGGERS, WAITING
from penstock.evidence._analysis.terms import Outside
from penstock.evidence._source.files import Definition
from penstock.evidence._source.functions import is_about, nodes_in
from penstock.evidence._strings import names_got
from penstock.evidence._tables import functions_of_global, functions_of_table
from penstock.evidence._unresolved.ancestors import Ancestors
from penstock.evidence._unresolved.decorators import Decorators
from penstock.evidence._unresolved.methods import (
    is_of_logging,
    is_property,
    is_view,
    makes_objects,
)
from penstock.evidence._unresolved.points_to import PointsTo

__all__ = ["UnknownValues", "is_class"]

_Found = TypeVar("_Found")

_REQUEST = (
    r"\brequest\.(?:POST|GET|FILES|META|COOKIES|args|form|values|files|headers|cookies|session"
    r"|query_params|path_params)"
)
"""The parts of an HTTP request, which are data."""

_REQUESTED = re.compile(rf"{_REQUEST}\.\w+$")
"""A method of it."""

_OF_REQUEST = re.compile(rf"(?:\w+\.)*{_REQUEST}\b")
"""How what a part of it is begins."""

_OF_DATA = OF_LOGGERS.union(*map(dir, (dt.datetime, dt.timedelta)))
"""Names of methods of times, and of loggers."""

_MEMBERS = {"__dict__", "getmembers", "globals", "vars"}
"""How a function gets all that an object or a module has."""

_CLASS = re.compile(
    r"(?:^|[._])(?:cls|klass|class_?)$|(?<=[a-z0-9])C(?:ls|lass)$|\.__class__$|^type\(.*\)$"
)
"""The names that people give to classes, whose call makes an object."""

_NEXT = re.compile(r"(?:^|[._])(?:app|call_next|get_response)$")
"""How what a middleware calls is named, which leads to the view of the request."""


class UnknownValues:
    """The calls of values of which the source does not show what they are."""

    def __init__(self, engine: Engine, ancestors: Ancestors, decorators: Decorators) -> None:
        self._engine, self._project = engine, engine.project
        self._ancestors, self._decorators = ancestors, decorators
        self._known: dict[object, Any] = {}
        self._in_table = partial(functions_of_table, self._project)
        self._of_global = partial(functions_of_global, self._project)
        self._names_got = partial(names_got, self._project)
        self._assigned = PointsTo(engine).functions

    def may_lead(self, outside: Outside, wanted: Definition, *, is_own: bool) -> bool:
        """Return whether a call leads to *wanted* by its name, or by a value that is kept."""
        text, project = outside.text, self._project
        if _REQUESTED.search(text) or self._is_got_by_other_names(outside, wanted):
            return False
        name = re.split(r"[.(\[]", text)[-1] if text[-1:] not in ")]" else ""
        if name.isidentifier() and "." in text:
            if self.may_be_called(name, outside, wanted):
                return True
            if name in OF_TYPES | WAITING | _OF_DATA or not project.is_attribute(name):
                return False
        return is_own and self.may_be_value(outside, wanted)

    def may_be_implicit(self, outside: Outside, wanted: Definition) -> bool:
        """Return whether an object may have a method that leads to *wanted*, and runs there."""
        if _OF_REQUEST.match(outside.text):
            return False
        return any(
            each.is_method
            and each.name in outside.methods
            and (
                each.name.startswith("__") or is_property(each) or is_of_logging(self._engine, each)
            )
            for each in self._ancestors.of(wanted)
        )

    def is_name(self, outside: Outside, wanted: Definition) -> bool:
        """Return whether a name is called that is one of a function which leads to *wanted*.

        A decorator made something else of it, which hides that.
        """
        return any(
            each.name == outside.text
            and not each.is_method
            and self._project.may_be_called_in(outside.location.file, each)
            for each in self._ancestors.of(wanted)
        )

    def may_be_called(self, name: str, outside: Outside, wanted: Definition) -> bool:
        """Return whether *wanted*, or a helper that mentions it, is called *name*."""
        named = self._project.called_by(name, wanted.name)
        steps = self._ancestors.steps
        helpers = (d for d in named if d not in steps and _mentions(d, wanted))
        is_common = name in OF_TYPES or name in OF_LIBRARIES
        others = [wanted] if is_common else self._ancestors.of(wanted)
        found = (*(each for each in others if each.name == name), *helpers)
        return any(self._decorators.fits(outside.passed, each) for each in found)

    def may_be_value(self, outside: Outside, wanted: Definition) -> bool:
        """Return whether a value that is called may lead to *wanted*."""
        found = self._ancestors.of(wanted)
        if _is_next(outside) and any(is_view(self._engine, each) for each in found):
            return True
        if is_class(outside.text):
            return self.may_be_made_by(outside, wanted)
        is_member = any("<locals>" not in each.qualname for each in found)
        if is_member and outside.text.isidentifier() and self._looks_at_members(outside):
            return True
        if (points := self._ask(self._assigned, outside)) is not None:
            leading = (*self._ancestors.lambdas(wanted), *found)
            return any(each in points or each.parent in points for each in leading)
        written = self._in_table if outside.is_cut else self._of_global
        if (known := self._ask(written, outside)) is not None:
            return any(each in known or each.parent in known for each in found)
        return any(
            self._is_kept(each, outside)
            and self._decorators.fits(
                outside.passed, each, more=self._project.added_by_partials(each)
            )
            for each in (*self._ancestors.lambdas(wanted), *found)
        )

    def _is_kept(self, function: Definition, outside: Outside) -> bool:
        """Return whether *function* may be a value that is called.

        One that is cut may also be what a decorator stores, or what `getattr` gets by its name.
        """
        if function.kind == "lambda" or self._ancestors.is_value(function):
            return True
        return self._decorators.is_kept(function) or (
            outside.is_cut
            and ("getattr(" in outside.text or self._decorators.may_be_kept(function))
        )

    def may_be_made_by(self, outside: Outside, wanted: Definition) -> bool:
        """Return whether a class that is called may lead to *wanted* when it makes an object."""
        makers = (d for d in self._ancestors.of(wanted) if makes_objects(self._engine, d))
        return any(self._decorators.fits(outside.passed, each) for each in makers)

    def _looks_at_members(self, outside: Outside) -> bool:
        """Return whether the function with a call looks at all that an object or a module has."""
        function = self._project.function_at(outside.location)
        words = self._project.words_in(function) if function is not None else None
        return words is not None and not _MEMBERS.isdisjoint(words)

    def _is_got_by_other_names(self, outside: Outside, wanted: Definition) -> bool:
        """Return whether `getattr` is asked for names, of which none may lead to *wanted*."""
        names = self.names_got(outside) if outside.text.startswith("getattr(") else None
        if names is None:
            return False
        return names.isdisjoint(each.name for each in self._ancestors.of(wanted))

    def names_got(self, outside: Outside) -> frozenset[str] | None:
        """Return the names that `getattr` is asked for, or None if these are not known."""
        return self._ask(self._names_got, outside)

    def _ask(self, find: Callable[[Definition | None, str], _Found], outside: Outside) -> _Found:
        """Return what *find* returns for a call, which it is asked only once."""
        key = find, outside.location, outside.text
        if key not in self._known:
            function = self._project.function_at(outside.location)
            self._known[key] = find(function, outside.text)
        found: _Found = self._known[key]
        return found


def _is_next(outside: Outside) -> bool:
    """Return whether a middleware calls what comes after it, with a request or all it has got."""
    passed = outside.passed
    is_whole = passed is None or not (passed.is_open and passed.count)
    return is_whole and _NEXT.search(outside.text) is not None


def is_class(text: str) -> bool:
    """Return whether what is called is written as people write a class."""
    return _CLASS.search(text) is not None


def _mentions(function: Definition, wanted: Definition) -> bool:
    """Return whether the code of *function* has a name, and not a comment or a docstring alone.

    Neither counts its own name, nor a string that is only compared with something.
    """
    nodes = [*nodes_in(function.node)]
    compared = {
        each
        for node in nodes
        if isinstance(node, ast.Compare)
        for each in (node.left, *node.comparators)
        if isinstance(each, ast.Constant)
    }
    return any(
        is_about(node, wanted.name)
        for node in nodes
        if node is not function.node and node not in compared
    )
