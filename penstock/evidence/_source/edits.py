"""Edits that leave all that a check has read of a file as it was, but for the lines."""

import ast
from collections.abc import Collection, Iterable
from itertools import pairwise
from typing import Any

from penstock.evidence._source.files import SourceFile
from penstock.evidence._source.functions import (
    children_of,
    has_yield,
    is_abstract,
    is_refused,
    is_stub,
    nodes_in,
)
from penstock.evidence._source.searches import SEARCHES

__all__ = ["is_found_alike", "lines_after"]

_NOT_COMPARED = {"ctx", "type_ignores"}
"""The fields that follow from where a node is, and one that nobody reads."""

_NEVER_LOCATED = (ast.Import, ast.ImportFrom, ast.alias, ast.Expr, ast.Constant)
"""The nodes whose lines are in no report."""


def lines_after(
    old: SourceFile, new: SourceFile, opened: Iterable[int] = ()
) -> dict[int, int] | None:
    """Return where each line with code is after an edit, or None if a check may find else.

    Comments, empty lines, docstrings and spaces may be others, if the same code shares a line,
    and so may be the bodies of functions that nobody has looked into.

    Args:
        old: The file that was checked.
        new: The file as it is now.
        opened: The numbers of the definitions whose bodies a check has looked into.
    """
    if [each.label for each in old.definitions.values()] != [
        each.label for each in new.definitions.values()
    ]:
        return None
    nodes = [*old.definitions]
    comparison = _Comparison({nodes[number] for number in opened})
    if not comparison.is_same(old.tree, new.tree) or old.error or new.error:
        return None
    found = sorted(comparison.lines)
    if not all(one[0] < two[0] and one[1] < two[1] for one, two in pairwise(found)):
        return None
    return {**dict(found), 1: 1}  # a node that has no line is at the first


def is_found_alike(old: SourceFile, new: SourceFile, searches: Iterable[tuple[str, str]]) -> bool:
    """Return whether *searches* find the same in both files, but for the lines."""
    for kind, wanted in searches:
        is_missed = wanted.isidentifier() and wanted not in old.words and wanted not in new.words
        if not is_missed and SEARCHES[kind](old, wanted) != SEARCHES[kind](new, wanted):
            return False
    return True


class _Comparison:
    """The comparison of two trees.

    Args:
        opened: The functions and classes whose bodies are to be the same.
    """

    def __init__(self, opened: Collection[ast.AST]) -> None:
        self._opened = opened
        self.lines: set[tuple[int, int]] = set()
        """The lines on which something begins, in both trees."""

    def is_same(self, one: Any, other: Any) -> bool:
        """Return whether two parts are the same, but for lines, docstrings and some bodies."""
        if type(one) is not type(other):
            return False
        if isinstance(one, list):
            return len(one) == len(other) and all(map(self.is_same, one, other))
        return self._are_same_nodes(one, other) if isinstance(one, ast.AST) else one == other

    def _are_same_nodes(self, one: Any, other: Any) -> bool:
        line = getattr(one, "lineno", None)
        if line is not None:
            pair = line, other.lineno
            self.lines.add(pair)
            if 1 in pair and pair != (1, 1) and not isinstance(one, _NEVER_LOCATED):
                return False  # the line of nodes that have none
        if isinstance(one, ast.Expr) and _is_string(one) and _is_string(other):
            return True
        is_function = isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef))
        names = (name for name in one._fields if not (is_function and name == "body"))
        return all(
            self.is_same(getattr(one, name, None), getattr(other, name, None))
            for name in names
            if name not in _NOT_COMPARED
        ) and (not is_function or self._have_same_bodies(one, other))

    def _have_same_bodies(self, one: Any, other: Any) -> bool:
        """Return whether two functions have bodies that are the same to one who has not read it."""
        if one in self._opened:
            return self.is_same(one.body, other.body)
        return _facts_of(one) == _facts_of(other) and self.is_same(
            _definitions_in(one), _definitions_in(other)
        )


def _definitions_in(function: Any) -> list[ast.AST]:
    """Return the functions, classes and lambdas directly in a function."""
    found: list[ast.AST] = []
    waiting = [*function.body]
    while waiting:
        node = waiting.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            found.append(node)
        else:
            waiting += children_of(node)
    return found


def _facts_of(function: Any) -> tuple[object, ...]:
    """Return what a check reads of the body of a function without looking into it."""
    nodes = [*nodes_in(function)]
    shared = [each for each in nodes if isinstance(each, (ast.Global, ast.Nonlocal))]
    return (
        has_yield(function),
        is_abstract(function.body),
        is_refused(function.body),
        is_stub(function.body),
        {(type(each), name, each in function.body) for each in shared for name in each.names},
        {
            (each.value.id, each.attr)
            for each in nodes
            if isinstance(each, ast.Attribute)
            and isinstance(each.ctx, ast.Store)
            and isinstance(each.value, ast.Name)
        },
    )


def _is_string(node: Any) -> bool:
    return isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
